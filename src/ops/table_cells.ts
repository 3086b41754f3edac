/** The cells of a table as kernels load them: missing or not, hidden, moved within the steps of their grid (lib/table_cells.wgsl). */
import type { Constants, Scalar, TypedArray } from "../kernel.ts";
import { philox, uniformOf } from "../random.ts";
import { type BatchRows, rowConstants, type RowNumbers } from "./rows.ts";
import { KINDS, WORDS } from "./table_columns.ts";

/** A descriptor as a kernel's CPU loop reads it. */
export interface Descriptor {
  readonly kind: number;
  readonly output: number;
  readonly count: number;
  readonly input: number;
  readonly step: number;
  readonly floor: number;
  readonly turns: number;
  readonly phase: number;
}

/** Whether a column holds levels. */
export const isLevel = ({ kind }: Descriptor): boolean => kind === KINDS.category || kind === KINDS.coded;

/** The descriptors of D columns in the words that a device holds. */
export function descriptorsOf(given: TypedArray, D: number): Descriptor[] {
  const words = Uint32Array.from(given.subarray(0, WORDS * D));
  const floats = new Float32Array(words.buffer);
  return Array.from({ length: D }, (_, j) => {
    const [kind, output, count, input] = words.subarray(WORDS * j) as unknown as [number, number, number, number];
    const [step, floor, turns, phase] = floats.subarray(WORDS * j + 4) as unknown as [number, number, number, number];
    return { kind, output, count, input, step, floor, turns, phase };
  });
}

export type NoiseParams = {
  offset: number;
  scale: number;
  shift: number;
  jitter0: number;
  jitter1: number;
  hide0: number;
  hide1: number;
  most: number;
};

/** The fields of lib/table_cells.wgsl in `struct Params`. */
export const cellFields = {
  offset: "step.u32",
  scale: "f32",
  shift: "f32",
  jitter0: "step.u32",
  jitter1: "step.u32",
  hide0: "step.u32",
  hide1: "step.u32",
  most: "f32",
} as const;

export const cellConstants = { U8: false, GATHER: false, JITTER: false, HIDE: false } as const;

/** The Params and constants of a batch, for lib/table_cells.wgsl. */
export function cellParams({
  offset,
  scale,
  shift,
  jitter,
  hide,
}: BatchRows): Readonly<Record<keyof NoiseParams, Scalar>> & { scale: number; shift: number; most: number } {
  const [jitter0, jitter1] = jitter?.words ?? [0, 0];
  const [hide0, hide1] = hide?.key.words ?? [0, 0];
  return { offset, scale, shift, jitter0, jitter1, hide0, hide1, most: hide?.most ?? 0 };
}

export function cellConstantsOf(batch: BatchRows): Constants {
  return { ...rowConstants(batch), JITTER: batch.jitter !== undefined, HIDE: batch.hide !== undefined };
}

/** Numbers that each row draws: one a column and one for itself, rounded up to whole blocks of four, so that a row begins with one. */
export const drawsOf = (D: number): number => 4 * (Math.floor(D / 4) + 1);

/** cell(m, j) of lib/table_cells.wgsl: NaN where it is missing or hidden, with JITTER a number with a step moved within it. */
export function cellLoader(
  x: TypedArray,
  index: TypedArray,
  descriptors: readonly Descriptor[],
  p: RowNumbers & NoiseParams,
  c: Constants,
): (m: number, j: number) => number {
  const D = descriptors.length;
  const jitter = uniforms(p.jitter0, p.jitter1);
  const hide = uniforms(p.hide0, p.hide1, 1);
  return (m, j) => {
    const row = c["GATHER"] ? index[p.offset + m]! : p.offset + m;
    const value = x[row * D + j]! * p.scale + p.shift;
    const column = descriptors[j]!;
    const { step, count } = column;
    const first = row * drawsOf(D);
    if (c["HIDE"] && hide(first + j) < p.most * hide(first + D)) return NaN;
    if (isLevel(column)) return value > -0.5 && value < count - 0.5 ? Math.floor(value + 0.5) : NaN;
    return c["JITTER"] && step > 0 ? value + (jitter(first + j) - 0.5) * step : value;
  };
}

/** Element i of a key's stream of uniform numbers, in a domain of its own. */
function uniforms(k0: number, k1: number, domain = 0): (i: number) => number {
  const block = new Uint32Array(4);
  let drawn = -1;
  return (i) => {
    if (i >>> 2 !== drawn) philox((drawn = i >>> 2), domain, 0, 0, k0, k1, block);
    return uniformOf(block[i & 3]!);
  };
}

/** Bit k of it is the sign of input k of a level: 32 signs, by a hash that mixes well (the finaliser of MurmurHash3, Appleby 2011). */
export function codeOf(level: number): number {
  let h = Math.imul(level + 1, 0x9e3779b1) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
  return (h ^ (h >>> 16)) >>> 0;
}
