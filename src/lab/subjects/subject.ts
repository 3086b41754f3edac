/** What a kernel is checked and timed on: its operands, as a function of sizes. */
import { type Check, isPlain } from "../../check.ts";
import type { Constants, Kernel, Params, TypedArray } from "../../kernel.ts";
import type { Key } from "../../random.ts";

/** Sizes by the field's names, and flags as 0 or 1: `{ M: 128, N: 400, K: 784, transposeB: 1 }`. */
export type Sizes = Readonly<Record<string, number>>;

/** The operands of one launch. */
export interface Operands<P extends Params = Params> {
  /** The values of each input, in f64 where they are f32 on the device; null for an absent one. */
  readonly inputs: readonly (TypedArray | null)[];
  /** The length of each output, or its values before the launch where they matter; null for an absent one. */
  readonly outputs: readonly (number | TypedArray | null)[];
  readonly params: P;
  readonly constants?: Constants;
}

/** What runs a kernel on operands takes this. */
export const OPERANDS: Check = [
  "is { inputs, outputs, params }",
  (value) => isPlain(value) && Array.isArray(value["inputs"]) && Array.isArray(value["outputs"]) && isPlain(value["params"]),
  undefined,
  "subjectOf(name).operands(sizes, key) makes them",
];

/** A kernel, and what it is checked and timed on, as a function of sizes. */
export interface Subject<P extends Params = Params> {
  readonly kernel: Kernel<P>;
  /** The sizes that it is timed at, unless others are asked for. */
  readonly sizes: Sizes;
  /** The sizes that it is checked at: small ones, and those just below, at and above what tiles, vectors and workgroups hold. */
  readonly edges: readonly Sizes[];
  /** Sizes left out are as in `sizes`. Throws RangeError for sizes that it cannot have. Random values come from the key alone. */
  operands(sizes: Sizes, key: Key): Operands<P>;
  /** What the outputs are to be, in f64; by default what the kernel's own loop computes in f64. */
  oracle?(operands: Operands<P>): readonly (TypedArray | null)[];
  /** How many terms the longest sum has that one element is made of; by default 1. */
  terms?(sizes: Sizes): number;
  /** What WGSL allows the functions that it calls to be off, absolutely, beyond what rounding of their arguments explains; by default 0. */
  bound?(operands: Operands<P>): number;
  /** The inputs, by number, that are only compared: results jump with them, and no rounding moves them. By default none. */
  readonly exact?: readonly number[];
}
