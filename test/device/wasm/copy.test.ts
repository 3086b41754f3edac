/** Kernels of the wasm device that move or update flat memory: the specification's results, in one part or several. */
import { describe, expect, it } from "vitest";
import { accumulate, fill } from "../../../src/fill.ts";
import type { Kernel, Params, TypedArray } from "../../../src/kernel.ts";
import { adamKernel } from "../../../src/nn/adam.ts";
import { clipByNormKernel, clipByValueKernel } from "../../../src/nn/clip.ts";
import { rmspropKernel } from "../../../src/nn/rmsprop.ts";
import { sgdKernel } from "../../../src/nn/sgd.ts";
import { gatherRowsKernel } from "../../../src/ops/gather_rows.ts";
import { rowsToTensorKernel } from "../../../src/ops/rows_to_tensor.ts";
import { stridedCopy } from "../../../src/ops/strided.ts";
import { padded } from "../../../src/shape.ts";
import { normals } from "../../support/conformance.ts";
import { type Launch, onCpu, onWasm } from "../../support/wasm_launch.ts";

const numbers = (n: number, seed = 1): Float32Array<ArrayBuffer> => Float32Array.from(normals(seed, [n]).data);

function launchOf(kernel: unknown, inputs: Launch["inputs"], outputs: readonly TypedArray[], params: Params, constants = {}): Launch {
  return { kernel: kernel as Kernel, inputs, outputs, params, constants };
}

/** Equal to the bit to the specification's. */
function expectSame(launch: Launch): void {
  const want = onCpu(launch);
  for (const pieces of [1, 3]) expect(onWasm(launch, pieces)).toEqual(want);
}

type Strides = readonly [name: string, shape: readonly number[], x: readonly number[], y: readonly number[], offsets?: readonly [number, number]];

const copies: readonly Strides[] = [
  ["nothing but one element", [], [], []],
  ["neighbours", [37], [1], [1]],
  ["rows apart", [5, 7], [9, 1], [7, 1], [3, 0]],
  ["rows into a wider matrix", [5, 7], [7, 1], [11, 1], [0, 4]],
  ["a row repeated", [4, 9], [0, 1], [9, 1]],
  ["a column repeated", [5, 6], [1, 0], [6, 1]],
  ["one number repeated", [3, 5], [0, 0], [5, 1]],
  ["a middle dimension repeated", [2, 3, 4, 5], [20, 0, 5, 1], [60, 20, 5, 1]],
  ["a matrix transposed", [6, 11], [1, 6], [11, 1]],
  ["a matrix transposed, by its rows", [6, 11], [11, 1], [1, 6]],
  ["a narrow matrix transposed", [2, 13], [1, 2], [13, 1]],
  ["a batch of transposed matrices", [3, 5, 6], [30, 1, 5], [30, 6, 1]],
  ["four dimensions permuted", [2, 3, 4, 5], [1, 40, 10, 2], [60, 20, 5, 1]],
  ["four dimensions reversed", [5, 4, 3, 2], [1, 5, 20, 60], [24, 6, 2, 1]],
];

describe("strided_copy moves", () => {
  it.each(copies.map((c) => [c[0], c] as const))("%s", (_, [, shape, x, y, [x_offset, y_offset] = [0, 0]]) => {
    const n = shape.reduce((product, size) => product * size, 1);
    const reach = (strides: readonly number[], offset: number): number =>
      shape.reduce((last, size, d) => last + (size - 1) * strides[d]!, offset) + 1;
    const params = { shape: padded(shape, 1), x_strides: padded(x, 0), y_strides: padded(y, 0), n, x_offset, y_offset };
    for (const accumulate of [0, 1]) {
      expectSame(launchOf(stridedCopy, [numbers(reach(x, x_offset))], [numbers(reach(y, y_offset), 2)], { ...params, accumulate }));
    }
  });

  it("only what has neighbours somewhere: every second element is left to the specification", () => {
    const params = { shape: [1, 1, 1, 4], x_strides: [0, 0, 0, 2], y_strides: [0, 0, 0, 1], n: 4, x_offset: 0, y_offset: 0, accumulate: 0 };
    expect(onWasm(launchOf(stridedCopy, [numbers(8)], [numbers(4)], params))).toBe(undefined);
  });
});

describe("rows", () => {
  it.each([1, 3, 4, 10, 33])("of %i are gathered, and an index beyond the last row reads the last row", (columns) => {
    const index = Uint32Array.of(2, 0, 4, 99, 1, 0xffffffff, 2);
    const launch = launchOf(gatherRowsKernel, [numbers(5 * columns), index], [numbers(7 * columns, 2)], { n: 7 * columns, rows: 5, columns });
    expectSame(launch);
  });

  it.each([1, 3, 4, 10, 33])("of %i become numbers, from bytes or f32, gathered or not, scaled and shifted", (columns) => {
    const index = Uint32Array.of(1, 3, 0, 4, 4, 2);
    const data = { u8: Uint8Array.from({ length: 5 * columns }, (_, i) => i * 53), f32: numbers(5 * columns) };
    for (const U8 of [true, false]) {
      for (const GATHER of [true, false]) {
        const inputs = [U8 ? data.u8 : data.f32, GATHER ? index : null];
        const params = { n: 4 * columns, columns, offset: 1, scale: 2, shift: -0.5 };
        expectSame(launchOf(rowsToTensorKernel, inputs, [numbers(4 * columns, 2)], params, { U8, GATHER }));
      }
    }
  });
});

describe("a flat buffer", () => {
  const SIZES = [1, 3, 4, 6, 64, 101];

  it.each(SIZES)("of %i is filled, added to, and clipped by value", (n) => {
    const x = numbers(n);
    x[n >> 1] = NaN;
    x[0] = -Infinity;
    expectSame(launchOf(fill, [], [numbers(n)], { n, value: -0.1 }));
    expectSame(launchOf(accumulate, [x], [numbers(n, 2)], { n }));
    expectSame(launchOf(clipByValueKernel, [], [x], { n, limit: 0.5 }));
    expectSame(launchOf(clipByValueKernel, [], [x], { n, limit: Infinity }));
  });

  it.each(SIZES)("of %i is clipped by norm, keeps its zeros where the norm is NaN, and its bits where it is short enough", (n) => {
    const g = numbers(n).map((value, i) => (i % 3 === 2 ? 0 : i % 5 === 4 ? -0 : value));
    const launch = (norms: readonly number[], max_norm: number): Launch =>
      launchOf(clipByNormKernel, [Float32Array.from(norms)], [g], { n, block: 4096, blocks: norms.length, max_norm });
    for (const norms of [[NaN], [1, 2, NaN], [Infinity, 1], [3], [3, 4, 12]]) {
      // the factor is rounded to f32 before it is multiplied with, and not only the product
      const want = onCpu(launch(norms, 6))[0]!;
      for (const pieces of [1, 3]) {
        const got = onWasm(launch(norms, 6), pieces)![0]!;
        expect(got.findIndex((value, i) => !(Object.is(value, want[i]) || Math.abs(value - want[i]!) <= 2 ** -23 * Math.abs(want[i]!)))).toBe(-1);
      }
    }
    expect(onWasm(launch([3, 4], 5.1))).toEqual([g]);
  });

  const fixed = { weight_decay: 0.01, learning_rate: 0.05 };
  const updates: readonly (readonly [name: string, kernel: unknown, states: number, params: Params, constants?: Record<string, boolean>])[] = [
    [
      "adam",
      adamKernel,
      2,
      {
        ...{ beta1: 0.9, one_minus_beta1: 0.1, beta2: 0.99, one_minus_beta2: 0.01, epsilon: 1e-8 },
        ...{ weight_decay: 0.01, step_size: 0.05, correction: 1.7, decay: 0.02 },
      },
    ],
    ["sgd", sgdKernel, 1, { ...fixed, momentum: 0 }],
    ["sgd with momentum", sgdKernel, 1, { ...fixed, momentum: 0.9 }, { MOMENTUM: true }],
    ["sgd that looks ahead", sgdKernel, 1, { ...fixed, momentum: 0.9 }, { MOMENTUM: true, NESTEROV: true }],
    ["rmsprop", rmspropKernel, 1, { ...fixed, alpha: 0.99, one_minus_alpha: 0.01, epsilon: 1e-8 }],
  ];

  it.each(updates.map((u) => [u[0], u] as const))(
    "is updated by %s, to a few roundings of its largest term",
    (_, [, kernel, states, params, constants]) => {
      for (const n of SIZES) {
        const positive = numbers(n, 7).map((value) => value ** 2 + 0.1);
        const state = Array.from({ length: states }, (_, i) => (i === states - 1 ? positive : numbers(n, 5)));
        const launch = launchOf(kernel, [numbers(n, 3)], [numbers(n, 4), ...state], { n, ...params }, constants);
        const [got, want] = [onWasm(launch)!, onCpu(launch)];
        expect(onWasm(launch, 3)).toEqual(got);
        // up to eight operations, on numbers of up to 16
        got.forEach((y, k) => expect(y.findIndex((value, i) => !(Math.abs(value - want[k]![i]!) <= 8 * 2 ** -24 * 16))).toBe(-1));
        expect(got[0]).not.toEqual(launch.outputs[0]);
      }
    },
  );
});
