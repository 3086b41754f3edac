/** The loss of a table's rows: against its composition of other ops, and where cells are missing, odd or hidden. */
import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { batchOf, dataset } from "../../src/data/dataset.ts";
import type { Device } from "../../src/device/device.ts";
import { openDevice } from "../../src/device/open.ts";
import { full } from "../../src/fill.ts";
import { add, mul, sub } from "../../src/ops/binary.ts";
import { encodeColumns } from "../../src/ops/encode_columns.ts";
import { mixedDraw, mixedMean } from "../../src/ops/mixed_draw.ts";
import { mixedNll } from "../../src/ops/mixed_nll.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { sum } from "../../src/ops/reduce.ts";
import { concat, slice } from "../../src/ops/shape_ops.ts";
import { logSoftmax, logSumExp } from "../../src/ops/softmax.ts";
import { type ColumnOfTable, layoutOf, type TableLayout } from "../../src/ops/table_columns.ts";
import { log, reciprocal, softplus, square } from "../../src/ops/unary.ts";
import { key } from "../../src/random.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { expectSame, make } from "../support/compare.ts";
import { onEachDevice } from "../support/conformance.ts";

const COLUMNS: readonly ColumnOfTable[] = [
  { kind: "number", components: 1, step: 0, floor: 0.1 },
  { kind: "category", levels: 3 },
  { kind: "number", components: 3, step: 0.5, floor: 0.2 },
  { kind: "category", levels: 40 },
  { kind: "number", components: 2, step: 0, floor: 0.1, cycle: { turns: 0.25, phase: 0.125 } },
  { kind: "category", levels: 1 },
];
const _ = NaN;
/** A cell of each column is missing once, a row has none, and one has all. */
const ROWS = [
  [0.5, 2, -1.5, 39, 0.25, 0],
  [_, 0, 0.5, 7, -1, 0],
  [1.25, _, 1, 0, 2, 0],
  [-2, 1, _, 12, 0.5, 0],
  [0, 2, 0, _, 1.5, 0],
  [3, 0, 2.5, 3, _, _],
  [_, _, _, _, _, _],
];
const layout = layoutOf(COLUMNS);
const [B, D, S, H] = [ROWS.length, COLUMNS.length, 2, 4];

const wordsOn = (device: Device, { words }: TableLayout): Tensor => tensor(device, words, [words.length], "u32");
const numbersOn = (device: Device, values: readonly number[], shape: readonly number[]): Tensor => tensor(device, values, shape);

/** −log p of one column, [S·B], by ops that have tests of their own; `x` are the cells of its rows. */
function composed(device: Device, outputs: Tensor, column: ColumnOfTable, x: readonly number[]): Tensor {
  const M = outputs.shape[0]!;
  const cells = Array.from({ length: M }, (__, m) => x[m % x.length]!);
  const seen = numbersOn(device, cells.map((value) => (value === value ? 1 : 0)), [M]); // prettier-ignore
  if (column.kind === "category") {
    const chosen = numbersOn(device, cells.flatMap((value) => Array.from({ length: column.levels }, (__, k) => (k === value ? -1 : 0))), [M, column.levels]); // prettier-ignore
    return sum(mul(logSoftmax(outputs), chosen), [1]);
  }
  const { components: C, step, floor } = column;
  const part = (first: number): Tensor => slice(outputs, [0, first], [M, first + C]);
  const means = part(C > 1 ? C : 0);
  const deviations = add(softplus(part(C > 1 ? 2 * C : 1)), floor);
  const logWeights = C > 1 ? logSoftmax(part(0)) : full(device, [M, 1], 0);
  const root = 0.5 * Math.log(2 * Math.PI);
  const points = step > 0 ? [-1, 0, 1].map((q) => [q * Math.sqrt(0.15) * step, q === 0 ? 4 / 9 : 5 / 18] as const) : [[0, 1] as const];
  const terms = points.flatMap(([by, weight]) => {
    const values = cells.map((value) => (value === value ? value + by : 0));
    const t = mul(sub(numbersOn(device, values.flatMap((v) => new Array<number>(C).fill(v)), [M, C]), means), reciprocal(deviations)); // prettier-ignore
    const normals = sub(add(logWeights, Math.log(0.99 * weight) - root), add(mul(square(t), 0.5), log(deviations)));
    const wide = numbersOn(device, values.map((v) => Math.log(0.01 * weight) - v * v / 32 - Math.log(4) - root), [M, 1]); // prettier-ignore
    return [normals, wide];
  });
  return mul(mul(logSumExp(concat(terms, 1), [1]), -1), seen);
}

/** Σj of the above, from h·W + b. */
function plainNll(device: Device, h: Tensor, W: Tensor, b: Tensor): Tensor {
  const outputs = add(matmul(h, W), b);
  return layout.columns
    .map(({ column, output, outputs: own }, j) =>
      composed(
        device,
        slice(outputs, [0, output], [S * B, output + own]),
        column,
        ROWS.map((row) => row[j]!),
      ),
    )
    .reduce((total, nll) => add(total, nll));
}

await onEachDevice((device) => {
  const words = wordsOn(device, layout);
  const x = numbersOn(device, ROWS.flat(), [B, D]);

  test("mixedNll is dense and the sum of what each column's law says, with its gradients, whichever cell is missing", async () => {
    const [h, W, b] = make(device, [S * B, H], [H, layout.outputs], [layout.outputs]) as [Tensor, Tensor, Tensor];
    const [got, want] = [mixedNll(h, W, b, x, layout, words), plainNll(device, h, W, b)];
    await expectSame("nll", got, want, 100);
    for (const cotangent of [make(device, [S * B])[0]!, full(device, [S * B], 0.125)]) {
      const [a, c] = [grad(got, [h, W, b], { cotangent }), grad(want, [h, W, b], { cotangent })];
      for (const [i, name] of ["h", "W", "b"].entries()) await expectSame(`gradient of ${name}`, a[i]!, c[i]!, 400);
    }
    const values = await got.read();
    expect([values[B - 1], values[2 * B - 1]], "a row of which nothing is seen").toEqual([0, 0]);
  });

  test("rows are picked by index, and a hidden cell is one that is missing, for the loss and for the encoder alike", async () => {
    const data = dataset(device, ROWS.flat(), { columns: D });
    const order = tensor(device, [6, 3, 0, 1], [4], "u32");
    const hide = { key: key(5), most: 0.9 };
    const batch = { ...batchOf(data, 3, 1, order.slice), hide };
    const [h, b] = make(device, [3, 1], [layout.outputs]) as [Tensor, Tensor];
    const W = full(device, [1, layout.outputs], 0);
    const inputs = await encodeColumns(batch, layout, words).read();
    const seen = [3, 0, 1].map((row, i) =>
      layout.columns.map(({ column, input, inputs: own }, j) => {
        const part = inputs.subarray(i * layout.inputs + input, i * layout.inputs + input + own);
        return (column.kind === "number" ? part[1] === 1 : part.some((value) => value !== 0)) ? ROWS[row]![j]! : NaN;
      }),
    );
    const hidden = seen.flat().filter((value) => value !== value).length;
    expect(hidden).toBeGreaterThan(2);
    expect(hidden).toBeLessThan(16);
    await expectSame("nll", mixedNll(h, W, b, batch, layout, words), mixedNll(h, W, b, numbersOn(device, seen.flat(), [3, D]), layout, words), 50);
    data.dispose();
  });

  test("noise within the steps moves only numbers that have a step, by less than half of one, and not its row's other draws", async () => {
    const jittered = encodeColumns({ ...batchOf(dataset(device, ROWS.flat(), { columns: D }), B), jitter: key(3) }, layout, words);
    const [moved, still] = [await jittered.read(), await encodeColumns(x, layout, words).read()];
    const at = layout.columns[2]!.input;
    for (let i = 0; i < moved.length; i++) {
      const by = Math.abs(moved[i]! - still[i]!);
      if (i % layout.inputs === at && still[i + 1] === 1) expect(by).toBeLessThan(0.25);
      else expect(by).toBe(0);
    }
    expect(moved[at]).not.toBe(still[at]);
  });

  test("nothing overflows at logits ±1000, far-off numbers, and scales from none to huge", async () => {
    const outputs = new Array<number>(layout.outputs).fill(0).map((__, k) => (k % 3 === 0 ? 1000 : k % 3 === 1 ? -1000 : 0));
    const far = [1e9, 0, -1e9, 0, 1e4, 0, 0, 2, 0, 39, 0, 0];
    const h = full(device, [2, 1], 0);
    const W = full(device, [1, layout.outputs], 0);
    const b = tensor(device, outputs);
    const nll = mixedNll(h, W, b, numbersOn(device, far, [2, D]), layout, words);
    for (const value of await nll.read()) expect(Number.isFinite(value), String(value)).toBe(true);
    for (const value of await grad(nll, [b], { cotangent: full(device, [2], 1) })[0]!.read())
      expect(Number.isFinite(value), String(value)).toBe(true);
  });

  test("draws have the shares, means and deviations of their laws, and means are those of the mixture", async () => {
    const columns: readonly ColumnOfTable[] = [{ kind: "category", levels: 3 }, { kind: "number", components: 2, step: 0, floor: 0.5 }]; // prettier-ignore
    const own = layoutOf(columns);
    const N = 4096;
    const row = [0, Math.log(2), Math.log(5), 0, Math.log(3), -2, 2, -40, -40];
    const outputs = numbersOn(device, Array.from({ length: N }, () => row).flat(), [N, row.length]);
    const ownWords = wordsOn(device, own);
    const drawn = await mixedDraw(outputs, own, ownWords, key(1)).read();
    const levels = drawn.filter((__, i) => i % 2 === 0);
    [1 / 8, 2 / 8, 5 / 8].forEach((p, k) =>
      expect(Math.abs(levels.filter((v) => v === k).length / N - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / N)),
    );
    const numbers = Array.from(drawn.filter((__, i) => i % 2 === 1));
    const mean = numbers.reduce((total, v) => total + v, 0) / N;
    const variance = numbers.reduce((total, v) => total + (v - mean) ** 2, 0) / N;
    expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(3.25 / N));
    expect(Math.abs(variance - 3.25)).toBeLessThan(0.4);
    const [level, number] = await mixedMean(outputs, own, ownWords).read();
    expect(level).toBe(2);
    expect(number).toBeCloseTo(1, 5);
    const later = await mixedDraw(slice(outputs, [1024, 0], [N, row.length]), own, ownWords, { ...key(1), firstRow: 1024 }).read();
    expect(Array.from(later)).toEqual(Array.from(drawn.subarray(2048)));
  });
});

describe("what is refused", () => {
  test("other columns, other outputs, other words", async () => {
    const device = await openDevice("cpu");
    const [h, W, b] = make(device, [2, 1], [1, layout.outputs], [layout.outputs]) as [Tensor, Tensor, Tensor];
    const words = wordsOn(device, layout);
    expect(() => mixedNll(h, W, b, full(device, [2, 3], 0), layout, words)).toThrow("mixedNll: x has the table's 6 columns, got [2, 3]");
    expect(() => mixedNll(h, slice(W, [0, 0], [1, 5]), slice(b, [0], [5]), full(device, [2, D], 0), layout, words)).toThrow(
      `mixedNll: W has ${layout.outputs} outputs, got [1, 5]`,
    );
    expect(() => encodeColumns(full(device, [2, D], 0), layout, tensor(device, [1, 2], [2], "u32"))).toThrow(
      "encodeColumns: words are layout.words on the device, [48], got [2]",
    );
    expect(() => mixedMean(full(device, [2, 3], 0), layout, words)).toThrow(`mixedMean: outputs have shape [rows, ${layout.outputs}], got [2, 3]`);
    await device.close();
  });
});
