/** Element-wise functions of operands that broadcast: a table, and one loop over rows. */
import type { Body, Local } from "../emit/assembler.ts";
import { type Elementwise, elementwise, storeEach } from "../emit/elementwise.ts";
import { f32x4, f64x2, i32, i32x4, type Type, v128, type Value } from "../emit/instructions.ts";
import { pow, promoted } from "../math/extended.ts";
import * as math from "../math/math.ts";
import type { Bound, SimdKernel, SimdKernels } from "./kernel.ts";

type Vector = Value<"v128">;
const { add, sub, mul, div } = f32x4;

/** y of operands as many as its kernel has. */
type Combine = (body: Body, ...operands: readonly [Vector, Vector, Vector]) => Vector;

const decay = (body: Body, x: Vector): Vector => math.exp(body, math.negativeAbs(x));

/** log(exp(a) + exp(b)) = max(a, b) + log(1 + exp(−|a − b|)), where a = b takes the short way: ∞ − ∞ is NaN. */
const logAddExp: Combine = (body, a, b) => {
  const rest = math.log1p(body, decay(body, body.local(sub(a, b))));
  return v128.bitselect(add(a, Math.LN2), add(f32x4.max(a, b), rest), f32x4.eq(a, b));
};

/** a^(b − 1)·b, and 0 at b = 0. */
const powGradBase: Combine = (body, a, b) => {
  const [low, high] = promoted(body, b);
  const power = pow(body, a, [body.local(f64x2.sub(low, 1)), body.local(f64x2.sub(high, 1))]);
  return v128.and(mul(b, power), f32x4.ne(b, 0));
};

/** a^b·log(a), and 0 at a = 0 for b ≥ 0. */
const powGradExponent: Combine = (body, a, b) => {
  const derivative = mul(pow(body, a, promoted(body, b)), math.log(body, a));
  return v128.andnot(derivative, v128.and(f32x4.eq(a, 0), f32x4.ge(b, 0)));
};

/** 1 where a > b, ½ where a = b, else 0. */
const above: Combine = (_, a, b) => {
  const share = v128.or(math.indicator(f32x4.gt(a, b)), mul(math.indicator(f32x4.eq(a, b)), 0.5));
  return math.orNan(math.orNan(share, a), b);
};

/** Each by its kernel's name, with its shader: src/ops/binary_kernel.ts says the same in f64. */
const table: Readonly<Record<string, readonly [shader: string, Combine]>> = {
  add: ["add", (_, a, b) => add(a, b)],
  sub: ["sub", (_, a, b) => sub(a, b)],
  mul: ["mul", (_, a, b) => mul(a, b)],
  div: ["div", (_, a, b) => div(a, b)],
  pow: ["pow", (body, a, b) => pow(body, a, promoted(body, b))],
  maximum: ["maximum", (_, a, b) => f32x4.max(a, b)],
  minimum: ["minimum", (_, a, b) => f32x4.min(a, b)],
  logAddExp: ["log_add_exp", logAddExp],
  bernoulliNll: ["bernoulli_nll", (body, l, x) => math.bernoulliNll(body, l, x, decay(body, l))],
  gaussianKl: ["gaussian_kl", (body, mean, logVar) => add(mul(mul(mean, 0.5), mean), mul(math.expm1Minus(body, logVar), 0.5))],
  above: ["above", above],
  pow_grad_base: ["pow_grad_base", powGradBase],
  pow_grad_exponent: ["pow_grad_exponent", powGradExponent],
  bernoulli_nll_grad: ["bernoulli_nll_grad", (body, l, x) => math.bernoulliNllGrad(body, l, x, decay(body, l))],
};

/** The condition is of whole numbers. */
const where: Combine = (_, condition, a, b) => v128.bitselect(b, a, i32x4.eq(condition, 0));

const RANK = 4;

type Address = Local<"i32">;

/** An operand: where it starts, and how many elements lie between neighbours of each dimension. */
interface Operand {
  readonly at: Address;
  readonly strides: readonly Address[];
}

/** Runs `row` at the start of each row of the operands; `sizes` are those of the dimensions before the last. */
function byRows(body: Body, [size, ...sizes]: readonly Address[], operands: readonly Operand[], row: (starts: readonly Address[]) => void): void {
  if (!size) return row(operands.map(({ at }) => at));
  const moving = operands.map(({ at, strides: [stride, ...strides] }) => ({ at: body.local(at), bytes: i32.shl(stride!, 2), strides }));
  body.range(0, size, 1, () => {
    byRows(body, sizes, moving, row);
    for (const { at, bytes } of moving) body.advance(at, bytes);
  });
}

/** Reads an operand of one row: along it with stride 1, and its first element again and again with stride 0. */
function reader(body: Body, start: Address, along: Address, isAlong: Vector): (offset: Address) => Vector {
  const first = body.local(v128.load32_splat(start));
  return (offset) => body.local(v128.bitselect(v128.load(i32.add(start, i32.and(offset, along))), first, isAlong));
}

/** y, the sizes, and for each operand where it starts and its strides. */
const parametersFor = (operands: number): readonly "i32"[] => Array.from({ length: 1 + RANK + operands * (1 + RANK) }, () => "i32");

/** y[i] = f(a[i], b[i], …). */
function rows(name: string, count: number, f: Combine): Elementwise<readonly Type[]> {
  return elementwise<readonly Type[]>(name, parametersFor(count), (body, ...locals) => {
    const [y, ...rest] = locals as Address[];
    const sizes = rest.slice(0, RANK);
    const operands = Array.from({ length: count }, (_, i): Operand => {
      const [at, ...strides] = rest.slice(RANK + i * (1 + RANK)) as [Address, ...Address[]];
      return { at, strides: strides.slice(0, RANK) };
    });
    // all bits where the last stride is 1, none where it is 0
    const masks = operands.map(({ strides }) => body.local(i32.sub(0, strides[RANK - 1]!)));
    const vectorMasks = masks.map((mask) => body.local(i32x4.splat(mask)));
    byRows(body, sizes.slice(0, RANK - 1), operands, (starts) => {
      const readers = starts.map((start, i) => reader(body, start, masks[i]!, vectorMasks[i]!));
      const n = sizes[RANK - 1]!;
      storeEach(body, y!, n, (offset) => f(body, ...(readers.map((read) => read(offset)) as [Vector, Vector, Vector])));
      body.advance(y!, i32.shl(n, 2));
    });
  });
}

type Strides = readonly number[];

/** A kernel whose operands have these strides. Rows whose elements lie further apart than 1 are left to the specification. */
function rowsKernel<P extends { readonly shape: Strides }>(
  shader: string,
  { routine, work }: Elementwise<readonly Type[]>,
  stridesOf: (params: P) => readonly Strides[],
): SimdKernel {
  return {
    shader,
    bind({ engine, inputs, outputs: [y], params }: Bound<P & Bound["params"]>) {
      const { shape } = params;
      const strides = stridesOf(params);
      if (strides.some((operand) => operand[RANK - 1]! > 1)) return undefined;
      const run = engine.function(routine);
      const size = shape.reduce((product, n) => product * n, 1);
      // the first dimension that there is to split
      const d = Math.min(
        RANK - 1,
        Math.max(
          0,
          shape.findIndex((n) => n > 1),
        ),
      );
      const count = shape[d]!;
      const argumentsOf = (from: number, to: number): number[] => [
        y! + 4 * from * (size / count),
        ...shape.with(d, to - from),
        ...strides.flatMap((operand, i) => [inputs[i]! + 4 * from * operand[d]!, ...operand]),
      ];
      const whole = argumentsOf(0, count);
      const part = (from: number, to: number): void => run(...(to - from === count ? whole : argumentsOf(from, to)));
      return () => engine.split(count, d === RANK - 1 ? 16 : 1, work(size), part);
    },
  };
}

type BinaryParams = { readonly shape: Strides; readonly a_strides: Strides; readonly b_strides: Strides };
type WhereParams = BinaryParams & { readonly condition_strides: Strides };

const binaryKernel = (shader: string, name: string, f: Combine): SimdKernel =>
  rowsKernel(shader, rows(name, 2, f), ({ a_strides, b_strides }: BinaryParams) => [a_strides, b_strides]);

export const binaryKernels: SimdKernels = {
  ...Object.fromEntries(Object.entries(table).map(([name, [shader, f]]) => [name, binaryKernel(shader, name, f)])),
  where: rowsKernel("where", rows("where", 3, where), (params: WhereParams) => [params.condition_strides, params.a_strides, params.b_strides]),
};
