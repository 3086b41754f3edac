/** What a kernel is to compute, and how far f32 may be off: both from one specification in f64, without knowing what it computes. */
import { roundedToHalves } from "../../device/half.ts";
import type { Kernel, ParamType, Params, TypedArray } from "../../kernel.ts";
import { forEachBits, uniformOf } from "../../random.ts";
import { streams } from "../../streams.ts";
import { breathe } from "../../breathe.ts";
import type { Operands } from "../subjects/subject.ts";

/** One output: its values, and by how much each may be off. */
export interface ExpectedOutput {
  readonly want: TypedArray;
  readonly tolerance: Float64Array;
}

export interface Specification {
  readonly kernel: Kernel;
  /** Computes the outputs; by default the kernel's own loop does, in f64. */
  oracle?(operands: Operands): readonly (TypedArray | null)[];
  /** Of the longest sum. */
  readonly terms: number;
  readonly bound: number;
  readonly exact: readonly number[];
}

const ULP = 2 ** -23;
/** Smaller numbers may be flushed to 0, also inside of a formula. */
const FLUSHED = 2 ** -126;
/** How many times the operands are moved. */
const SAMPLES = 8;
/** An output that changes by more than this share when its operands change by an ulp has no digits to compare. */
const NO_DIGITS = 2 ** -8;
const ABSENT = new Float64Array(0);

/**
 * |got − want| ≤ (K + 8)·(2^-23·|want| + σ) + bound, K the terms of the longest sum. σ is what a rounding of every operand does to an element: the
 * root mean square over runs of the specification in f64 with each operand x as x·(1 + ξ·2^-23), ξ of variance 1. A sum of K terms in any order is the
 * exact sum of terms that are off by at most K roundings (Higham 2002, section 4.2), which with independent roundings is a multiple of σ well below
 * K (Higham and Mary 2019); 8 more are for what comes before and after. exp(x) may be off by 3 + 2|x| ulp, log, division and pow the like: as
 * if their arguments and results were rounded two or three times, which this also counts. `bound` is for the rest: sin, cos, WGSL's log in normals.
 * A tolerance that is given takes the place of all this.
 */
export async function expected(
  specification: Specification,
  operands: Operands,
  seed: number,
  given?: number,
): Promise<readonly (ExpectedOutput | null)[]> {
  const { kernel, terms, bound, exact } = specification;
  const held = asHeld(kernel, operands);
  const outputs = evaluate(specification, held);
  if (given !== undefined) return outputs.map((want) => want && { want, tolerance: new Float64Array(want.length).fill(given) });
  const squares = outputs.map((want) => new Float64Array(want?.length ?? 0));
  for (let sample = 0; sample < SAMPLES; sample++) {
    await breathe();
    evaluate(specification, moved(kernel, held, exact, seed, sample)).forEach((values, o) => {
      const [want, sums] = [outputs[o], squares[o]!];
      if (want) values!.forEach((value, i) => (sums[i]! += ((value - want[i]!) ** 2 || 0) / SAMPLES));
    });
  }
  return outputs.map((want, o) => {
    if (!want) return null;
    if (kernel.outputs[o]!.startsWith("u")) return { want, tolerance: new Float64Array(want.length) };
    checkDigits(kernel, o, want, squares[o]!);
    const tolerance = squares[o]!.map((square, i) => (terms + 8) * (ULP * Math.abs(want[i]!) + Math.sqrt(square) + FLUSHED) + bound);
    return { want, tolerance };
  });
}

function checkDigits({ name }: Kernel, o: number, want: TypedArray, squares: Float64Array): void {
  let most = 0;
  for (const value of want) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  const i = squares.findIndex((square) => Math.sqrt(square) > NO_DIGITS * most);
  if (i < 0) return;
  throw new RangeError(
    `${name}: output ${o} has no digits to check at [${i}], rounding its operands changes ${want[i]} by ${Math.sqrt(squares[i]!)} ` +
      "(name inputs that are only compared as exact, or give a tolerance)",
  );
}

/** The operands as a device holds them: what is f32 there rounded to it, in f64 here. */
function asHeld({ inputs, params }: Kernel, operands: Operands): Operands {
  const rounded = (x: TypedArray): TypedArray => (x instanceof Uint32Array || x instanceof Uint8Array ? x : Float64Array.from(x, Math.fround));
  const halves = Boolean(operands.constants?.["HALF"]);
  return {
    ...operands,
    inputs: operands.inputs.map((x, i) => x && (halves && inputs[i] === "weight" ? Float64Array.from(roundedToHalves(x)) : rounded(x))),
    outputs: operands.outputs.map((x) => (x === null || typeof x === "number" ? x : rounded(x))),
    params: mapFloats(params, operands.params, Math.fround),
  };
}

/** Whole numbers of a kernel that only counts stay what they are; numbers that it computes with are moved by an ulp or so. */
function moved(kernel: Kernel, operands: Operands, exact: readonly number[], seed: number, sample: number): Operands {
  let arrays = 0;
  const each = <T>(length: number, change: (i: number, factor: number) => T): void => {
    const [k0, k1] = streams.rounding(seed, sample, arrays++).words;
    forEachBits(k0, k1, length, (i, bits) => change(i, 1 + ULP * Math.sqrt(3) * (2 * uniformOf(bits) - 1)));
  };
  const array = (x: TypedArray): TypedArray => {
    if (x instanceof Uint32Array) return x;
    const y = Float64Array.from(x);
    each(y.length, (i, factor) => (y[i]! *= factor));
    return y;
  };
  const number = (value: number): number => {
    let result = value;
    each(1, (_, factor) => (result = value * factor));
    return result;
  };
  return {
    ...operands,
    inputs: operands.inputs.map((x, i) => (x === null || exact.includes(i) ? x : array(x))),
    outputs: operands.outputs.map((x) => (x === null || typeof x === "number" ? x : array(x))),
    params: mapFloats(kernel.params, operands.params, number),
  };
}

function mapFloats(types: Readonly<Record<string, ParamType>>, params: Params, f: (value: number) => number): Params {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, types[name]?.endsWith("f32") ? f(value as number) : value]));
}

function evaluate({ kernel, oracle }: Specification, operands: Operands): readonly (TypedArray | null)[] {
  if (oracle) return oracle(operands);
  const outputs = operands.outputs.map((o, i) => {
    if (o === null) return null;
    const length = typeof o === "number" ? o : o.length;
    const values = kernel.outputs[i]!.startsWith("u32") ? new Uint32Array(length) : new Float64Array(length).fill(NaN);
    if (typeof o !== "number") values.set(o);
    return values;
  });
  kernel.cpu(
    operands.inputs.map((x) => x ?? ABSENT),
    outputs.map((y) => y ?? ABSENT),
    operands.params,
    { ...kernel.constants, ...operands.constants },
  );
  return outputs;
}
