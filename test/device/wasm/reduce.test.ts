/** Reductions of the wasm device: exact to the rounding of the result, in any layout, and equal bit for bit in any number of parts. */
import { describe, expect, it } from "vitest";
import type { Kernel, TypedArray } from "../../../src/kernel.ts";
import { blockNormsKernel } from "../../../src/nn/clip.ts";
import { elboSumsKernel } from "../../../src/ops/elbo_sums.ts";
import { reduceMax, type ReduceParams, reduceSum, splitShape } from "../../../src/ops/reduce_kernel.ts";
import { sizeOf } from "../../../src/shape.ts";
import { normals } from "../../support/conformance.ts";
import { type Launch, onCpu, onWasm } from "../../support/wasm_launch.ts";

const numbers = (n: number, seed = 1): Float32Array<ArrayBuffer> => Float32Array.from(normals(seed, [n]).data);

interface Given {
  readonly x?: Float32Array;
  readonly accumulate?: 0 | 1;
  readonly chunk?: number;
}

/** A reduction of an array of such a shape over some axes. */
function launchOf(kernel: Kernel<ReduceParams>, shape: readonly number[], axes: readonly number[], given: Given = {}): Launch {
  const { x = numbers(sizeOf(shape)), accumulate = 0, chunk = 4096 } = given;
  const split = splitShape(shape, axes);
  const parts = Math.max(1, Math.ceil(split.count / chunk));
  const n = sizeOf(split.kept) * parts;
  const params = { n, parts, chunk, accumulate, ...split };
  return { kernel: kernel, inputs: [x], outputs: [numbers(n, 2)], params };
}

/** Results in one piece and in three are the same bits; they are given back. */
function inPieces(launch: Launch): readonly TypedArray[] {
  const whole = onWasm(launch);
  if (!whole) throw new Error(`${launch.kernel.name} has no SIMD form for ${JSON.stringify(launch.params)}`);
  expect(onWasm(launch, 3)).toEqual(whole);
  return whole;
}

/**
 * Both add in f64, in different orders, and round once: they differ where a half-way point lies between them, and so by no more than one ulp
 * of the sum and the f64 rounding of its terms.
 */
function expectSums(launch: Launch, count: number): void {
  const [got, want] = [inPieces(launch)[0]!, onCpu(launch)[0]!];
  const largest = Array.from(launch.inputs[0]!).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const agrees = (value: number, i: number): boolean =>
    Object.is(value, want[i]) || Math.abs(value - want[i]!) <= 2 ** -23 * Math.abs(want[i]!) + count ** 2 * 2 ** -52 * largest;
  expect([...got].filter((value, i) => !agrees(value, i))).toEqual([]);
}

const layouts: readonly (readonly [shape: readonly number[], axes: readonly number[], chunk?: number])[] = [
  ...[1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 15, 16, 17, 63, 64, 65, 1000].map((n) => [[n], [0]] as const),
  [[10_007], [0]],
  [[5, 257], [1]],
  [[3, 8193], [1]],
  [[37, 10], [1]],
  [[6, 1000], [1], 64],
  [[257, 5], [0]],
  [[50, 16], [0]],
  [[50, 35], [0]],
  [[9000, 3], [0]],
  [[100, 37], [0], 32],
  [[3, 20, 21], [1]],
  [[3, 100, 21], [1], 32],
  [
    [4, 5, 6, 7],
    [0, 1],
  ],
  [
    [4, 5, 6, 7],
    [2, 3],
  ],
  [
    [4, 5, 6, 7],
    [0, 1, 2, 3],
  ],
  [
    [1, 5, 1, 7],
    [0, 1, 2],
  ],
  [[6, 7], []],
  [[1, 7], [0]],
];
const title = (shape: readonly number[], axes: readonly number[], chunk = 4096): string =>
  `[${shape.join(", ")}] over [${axes.join(", ")}] by ${chunk}`;
const cases = layouts.map(([shape, axes, chunk]) => [title(shape, axes, chunk), shape, axes, chunk ?? 4096] as const);

describe("the sum of", () => {
  it.each(cases)("%s is rounded once, from f64", (_, shape, axes, chunk) => {
    expectSums(launchOf(reduceSum, shape, axes, { chunk }), splitShape(shape, axes).count);
  });

  it.each(cases)("%s goes on from what is there", (_, shape, axes, chunk) => {
    const launch = launchOf(reduceSum, shape, axes, { chunk, accumulate: 1 });
    const hasParts = Number(launch.params["parts"]) > 1;
    // parts are written, never added to: that is left to the specification
    if (hasParts) expect(onWasm(launch)).toBe(undefined);
    else expectSums(launch, splitShape(shape, axes).count + 1);
  });

  it("a hundred thousand losses does not drift, along rows or columns", () => {
    const n = 100_000;
    const losses = numbers(n).map((z) => 551.3155 + z);
    const exact = losses.reduce((sum, loss) => sum + loss, 0);
    for (const shape of [[n], [n, 1, 1]]) {
      const [got] = inPieces(launchOf(reduceSum, shape, [0], { x: losses, chunk: n }));
      expect(got![0]).toBe(Math.fround(exact));
    }
    const twice = Float32Array.from({ length: 2 * n }, (_, i) => losses[i >> 1]!);
    const [columns] = inPieces(launchOf(reduceSum, [n, 2], [0], { x: twice, chunk: n }));
    expect([...columns!]).toEqual([Math.fround(exact), Math.fround(exact)]);
  });

  it.each([1, 6, 13, 40])("%i numbers with NaN or infinities among them is what it is in f64, and so is one that overflows on the way", (n) => {
    for (let at = 0; at < n; at++) {
      for (const special of [[NaN], [Infinity], [-Infinity, Infinity], [3e38, 3e38, -3e38, -3e38]]) {
        const x = numbers(n);
        special.forEach((value, i) => (x[(at + 5 * i) % n] = value));
        const repeated = Float32Array.from({ length: 4 * n }, (_, i) => x[i >> 2]!);
        expectSums(launchOf(reduceSum, [n], [0], { x }), n);
        expectSums(launchOf(reduceSum, [n, 4], [0], { x: repeated }), n);
      }
    }
  });
});

describe("the maximum of", () => {
  it.each(cases)("%s is the specification's", (_, shape, axes, chunk) => {
    const launch = launchOf(reduceMax, shape, axes, { chunk });
    expect(inPieces(launch)).toEqual(onCpu(launch));
  });

  it.each([1, 4, 7, 8, 19, 40])("%i numbers is NaN wherever NaN stands, 0 of −0 and 0, and an infinity where there is one", (n) => {
    for (let at = 0; at < n; at++) {
      for (const [rest, special] of [
        [1, NaN],
        [Infinity, NaN],
        [-0, 0],
        [-Infinity, -Infinity],
        [-1, Infinity],
        [-2, -1],
      ] as const) {
        const x = new Float32Array(n).fill(rest);
        x[at] = special;
        const rows = launchOf(reduceMax, [n], [0], { x });
        const columns = launchOf(reduceMax, [n, 3], [0], { x: Float32Array.from({ length: 3 * n }, (_, i) => x[Math.floor(i / 3)]!) });
        expect(inPieces(rows)[0]).toEqual(Float32Array.of(special));
        expect(inPieces(columns)[0]).toEqual(Float32Array.of(special, special, special));
      }
    }
  });
});

it("what lies in no even rows or columns is left to the specification, and so is the sum of nothing", () => {
  const scattered = launchOf(reduceSum, [4, 5, 6], [0, 2]);
  const nothing = launchOf(reduceSum, [4, 0], [1]);
  expect([onWasm(scattered), onWasm(nothing)]).toEqual([undefined, undefined]);
});

it.each([1, 63, 64, 65, 130, 1000])("block norms of %i elements neither overflow nor vanish", (n) => {
  for (const scale of [1e-30, 1, 1e30]) {
    const x = numbers(n).map((value) => value * scale);
    const launch = { kernel: blockNormsKernel as unknown as Kernel, inputs: [x], outputs: [numbers(Math.ceil(n / 64))], params: { n, block: 64 } };
    const [got, want] = [inPieces(launch)[0]!, onCpu(launch)[0]!];
    got.forEach((value, i) => expect(Math.abs(value / want[i]! - 1)).toBeLessThanOrEqual(2 ** -23));
  }
});

it.each([
  [1, 1, 0],
  [7, 3, 2],
  [128, 128, 1],
  [4099, 1000, 0],
])("the sums of %i losses and %i divergences are rounded once, in slot %3$i", (M, B, slot) => {
  const [nll, kl] = [numbers(M).map((z) => 551.3155 + z), numbers(B, 3).map((z) => 25 + z)];
  const params = { M, B, slot, nll_weight: 1 / M, kl_weight: 0.3 / B };
  const launch = { kernel: elboSumsKernel as unknown as Kernel, inputs: [nll, kl], outputs: [numbers(12)], params };
  const [got, want] = [inPieces(launch)[0]!, onCpu(launch)[0]!];
  got.forEach((value, i) => expect(Math.abs(value - want[i]!)).toBeLessThanOrEqual(2 ** -23 * Math.abs(want[i]!)));
});
