/** Dense layers and their gradients, by activation. */
import type { TypedArray } from "../../kernel.ts";
import { type ActivationName, activationNames, activations } from "../../ops/activation.ts";
import { denseLayers } from "../../ops/dense.ts";
import type { Subject } from "./subject.ts";
import { type Draw, subject } from "./subject_of.ts";

interface Rows {
  readonly data: TypedArray;
  readonly index: Uint32Array | null;
  readonly numbers: { readonly offset: number; readonly scale: number; readonly shift: number };
  readonly constants: { readonly U8: boolean; readonly GATHER: boolean };
}

/** `rows` rows of a data set that has three more: as bytes or numbers, in order or picked by index, from the second on. */
export function dataRows(draw: Draw, rows: number, columns: number, { U8, GATHER }: { U8: number; GATHER: number }): Rows {
  const length = (rows + 3) * columns;
  return {
    data: U8 ? draw.bytes(length) : draw.uniforms(length),
    index: GATHER ? draw.indices(rows + 1, rows + 3) : null,
    numbers: { offset: 1, scale: U8 ? 1 / 255 : 1, shift: 0 },
    constants: { U8: U8 === 1, GATHER: GATHER === 1 },
  };
}

const sizes = { M: 128, N: 400, K: 784 };

/** Weights of a size that keeps sums near 1. */
export const weights = (draw: Draw, inputs: number, outputs: number): Float64Array => draw.normals(inputs * outputs, 1 / Math.sqrt(inputs));

/** What is kept of the forward pass for the derivative f': s or y; null for the identity. */
function savedOf(f: ActivationName, length: number, draw: Draw): Float64Array | null {
  if (f === "identity") return null;
  const { needs, f: valueOf, a = 0 } = activations[f];
  const s = draw.normals(length);
  return needs === "x" ? s : s.map((value) => Math.fround(valueOf(value, a, 0)));
}

/** A cotangent's factors: one for each row, or one number for all. */
const rowFactors = (draw: Draw, M: number, ROWS: number): { rows: Float64Array | null; row: number } => ({
  rows: ROWS ? draw.normals(M) : null,
  row: ROWS ? 1 : 0.5,
});

function layerSubjects(f: ActivationName): readonly Subject[] {
  const { act, forward, gradInput, gradWeight, gradBoth } = denseLayers[f];
  const a = act.a;

  const dense = subject(forward, {
    sizes: { ...sizes, KEEP: 0, HALF: 0, U8: 0, GATHER: 0 },
    edges: [
      { M: 1, N: 1, K: 1 },
      { M: 17, N: 33, K: 37 },
      { M: 33, N: 130, K: 31, KEEP: 1, U8: 1, GATHER: 1 },
      ...(f === "identity" ? [{ M: 16, N: 128, K: 32 }, { M: 9, N: 31, K: 33, HALF: 1 }] : []), // prettier-ignore
    ],
    operands({ M, N, K, KEEP, HALF, U8, GATHER }, draw) {
      const { data, index, numbers, constants } = dataRows(draw, M, K, { U8, GATHER });
      return {
        inputs: [data, index, weights(draw, K, N), draw.normals(N)],
        outputs: [M * N, KEEP ? M * N : null],
        params: { M, N, K, a, ...numbers },
        constants: { KEEP: KEEP === 1, HALF: HALF === 1, ...constants },
      };
    },
    terms: ({ K }) => K + 1,
  });

  const input = subject(gradInput, {
    sizes: { ...sizes, ROWS: 0, accumulate: 0 },
    edges: [
      { M: 1, N: 1, K: 1 },
      { M: 17, N: 37, K: 33 },
      { M: 33, N: 31, K: 130, ROWS: 1, accumulate: 1 },
    ],
    operands({ M, N, K, ROWS, accumulate }, draw) {
      const { rows, row } = rowFactors(draw, M, ROWS);
      return {
        inputs: [draw.normals(M * N), savedOf(f, M * N, draw), rows, weights(draw, K, N)],
        outputs: [accumulate ? draw.normals(M * K) : M * K],
        params: { M, N, K, a, row, accumulate },
        constants: { ROWS: ROWS === 1 },
      };
    },
    terms: ({ N }) => N + 1,
  });

  const weight = subject(gradWeight, {
    sizes: { ...sizes, ROWS: 0, U8: 0, GATHER: 0, accumulate: 0 },
    edges: [
      { M: 1, N: 1, K: 1 },
      { M: 37, N: 33, K: 17, accumulate: 1 },
      { M: 31, N: 130, K: 33, ROWS: 1, U8: 1, GATHER: 1 },
    ],
    operands({ M, N, K, ROWS, U8, GATHER, accumulate }, draw) {
      const { data, index, numbers, constants } = dataRows(draw, M, K, { U8, GATHER });
      const { rows, row } = rowFactors(draw, M, ROWS);
      return {
        inputs: [data, index, draw.normals(M * N), savedOf(f, M * N, draw), rows],
        outputs: accumulate ? [draw.normals(K * N), draw.normals(N)] : [K * N, N],
        params: { M, N, K, a, row, ...numbers, weight_mode: accumulate, bias_mode: accumulate },
        constants: { ROWS: ROWS === 1, ...constants },
      };
    },
    terms: ({ M }) => M + 1,
  });

  const both = subject(gradBoth, {
    sizes: { M: 128, N: 784, K: 400, ROWS: 0, accumulate: 0 },
    edges: [
      { M: 1, N: 1, K: 1 },
      { M: 17, N: 33, K: 37, accumulate: 1 },
      { M: 33, N: 130, K: 31, ROWS: 1 },
    ],
    operands({ M, N, K, ROWS, accumulate }, draw) {
      const { rows, row } = rowFactors(draw, M, ROWS);
      return {
        inputs: [draw.normals(M * K), draw.normals(M * N), savedOf(f, M * N, draw), rows, weights(draw, K, N)],
        outputs: accumulate ? [draw.normals(M * K), draw.normals(K * N), draw.normals(N)] : [M * K, K * N, N],
        params: { M, N, K, a, row, offset: 0, scale: 1, shift: 0, weight_mode: accumulate, bias_mode: accumulate, accumulate },
        constants: { ROWS: ROWS === 1 },
      };
    },
    terms: ({ M, N }) => Math.max(M, N) + 1,
  });

  return [dense, both, input, weight];
}

export const layers: readonly Subject[] = activationNames.flatMap(layerSubjects);
