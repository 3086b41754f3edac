/** What a ladder of kernels is: one computation, each rung of which does one thing more than the rung before. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Key, permutation, type Shader } from "elbograd";
import type { Subject } from "elbograd/lab";

export interface Rung {
  readonly name: string;
  /** The kernel with its operands. All rungs of a ladder have the same operands at the same sizes. */
  readonly subject: Subject;
  readonly device: "webgpu" | "wasm" | "cpu";
  readonly threads?: number;
  /** Only adapters with subgroups compile it. */
  readonly subgroups?: boolean;
}

export interface Ladder {
  readonly name: string;
  /** What it is judged by: arithmetic, or the memory that it reads and writes. */
  readonly unit: "GFLOP/s" | "GB/s";
  readonly rungs: readonly Rung[];
}

/** Where the shaders are: the benches run from build/, their shaders stay here. */
export const FOLDER: string = join(dirname(createRequire(import.meta.url).resolve("elbograd/package.json")), "bench/kernels");

/** A complete shader of this folder: `matmul/naive`. */
export function shaderNamed(name: string): Shader {
  return { name, source: readFileSync(join(FOLDER, `${name}.wgsl`), "utf8"), uses: [] };
}

/**
 * Whole numbers from −15 to 15 without 0, in an order that the key decides. Sums of fewer than 2^24/225 products of them are exact in f32 in any
 * order, so that a rung is right if it is equal, and one forgotten term shows.
 */
export function wholeNumbers(count: number, of: Key): Float64Array {
  return Float64Array.from(permutation(of, count), (i) => (i % 2 === 0 ? 1 : -1) * (1 + ((i >> 1) % 15)));
}
