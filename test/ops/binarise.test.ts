import { expect, test } from "vitest";
import { batchOf, dataset } from "../../src/data/dataset.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import { word } from "../../src/kernel.ts";
import { binarise } from "../../src/ops/binarise.ts";
import type { BatchRows } from "../../src/ops/rows.ts";
import { rowsToTensor } from "../../src/ops/rows_to_tensor.ts";
import { forEachBits, type Key, key, uniformOf } from "../../src/random.ts";
import { tensor } from "../../src/tensor.ts";
import { onEachDevice } from "../support/conformance.ts";

const [ROWS, D] = [37, 11];
const bytes = Uint8Array.from({ length: ROWS * D }, (_, i) => (i * 89 + (i >> 3)) % 256);

/** The draws of all rows: uniform number i of the key against value i, both as f32 holds them. */
function drawn(from: Key): number[] {
  const draws: number[] = [];
  const [k0, k1] = from.words;
  forEachBits(k0, k1, bytes.length, (i, bits) => draws.push(uniformOf(bits) < Math.fround(bytes[i]! * Math.fround(1 / 255)) ? 1 : 0));
  return draws;
}

const rowsOf = (values: readonly number[], rows: readonly number[]): number[] => rows.flatMap((r) => values.slice(r * D, (r + 1) * D));
const read = async (batch: BatchRows): Promise<number[]> => Array.from(await batch.device.read(batch.data));

await onEachDevice((device) => {
  test("binarise draws each value as a Bernoulli variable, equal bit for bit on every device", async () => {
    const data = dataset(device, bytes, { columns: D, scale: 1 / 255 });
    const from = key(5).fold(3);
    const batch = binarise(batchOf(data, ROWS), from);
    expect(await read(batch)).toEqual(drawn(from));
    expect({ ...batch, device: 0, data: 0 }).toEqual({ device: 0, data: 0, index: null, offset: 0, rows: ROWS, columns: D, scale: 1, shift: 0 });
    expect(await read(binarise(batchOf(data, ROWS), key(6)))).not.toEqual(drawn(from));
    data.dispose();
  });

  test("a row's draw does not depend on the batch that it is in, nor on the bytes being numbers", async () => {
    const data = dataset(device, bytes, { columns: D, scale: 1 / 255 });
    const numbers = dataset(
      device,
      Float32Array.from(bytes, (v) => Math.fround(v * Math.fround(1 / 255))),
      { columns: D },
    );
    const order = tensor(device, [9, 36, 0, 17, 17, 2], [6], "u32");
    for (const source of [data, numbers]) {
      expect(await read(binarise(batchOf(source, 4, 1, order.slice), key(1)))).toEqual(rowsOf(drawn(key(1)), [36, 0, 17, 17]));
      expect(await read(binarise(batchOf(source, 5, 30), key(1)))).toEqual(rowsOf(drawn(key(1)), [30, 31, 32, 33, 34]));
    }
    [data, numbers].forEach((owner) => owner.dispose());
  });

  test("key and offset may come from the step row", async () => {
    const data = dataset(device, bytes, { columns: D, scale: 1 / 255 });
    const [k0, k1] = key(8).words;
    const order = tensor(
      device,
      Array.from({ length: ROWS }, (_, i) => ROWS - 1 - i),
      [ROWS],
      "u32",
    );
    let batch: BatchRows | undefined;
    device.step({ k0: "u32", k1: "u32", offset: "u32" }, { k0, k1, offset: 7 }, () => {
      batch = binarise(batchOf(data, 2, word("offset"), order.slice), { words: [word("k0"), word("k1")] });
    });
    expect(await read(batch!)).toEqual(rowsOf(drawn(key(8)), [ROWS - 8, ROWS - 9]));
    data.dispose();
  });

  test("zeros and ones stay what they are, and grey values come up as often as they say", async () => {
    const binary = tensor(device, [0, 1, 1, 0, 1, 0], [2, 3]);
    expect(await read(binarise(binary, key(2)))).toEqual([0, 1, 1, 0, 1, 0]);
    const n = 20_000;
    const grey = tensor(device, new Float64Array(n).fill(0.3), [n / 4, 4]);
    const mean = (await read(binarise(grey, key(3)))).reduce((total, x) => total + x, 0) / n;
    expect(Math.abs(mean - 0.3)).toBeLessThan(5 * Math.sqrt(0.21 / n));
  });

  test("rowsToTensor is the values of a batch; where they lie as they are, it copies nothing", async () => {
    const data = dataset(device, bytes, { columns: D, scale: 2 / 255, shift: -1 });
    const order = tensor(device, [5, 1, 1], [3], "u32");
    const want = rowsOf([...bytes], [1, 1]).map((v) => v * Math.fround(2 / 255) - 1);
    const got = rowsToTensor(batchOf(data, 2, 1, order.slice));
    expect([got.shape, got.tracked]).toEqual([[2, D], false]);
    // one rounding of the product and one of the sum, each of numbers up to 2
    (await got.read()).forEach((v, i) => expect(Math.abs(v - want[i]!)).toBeLessThanOrEqual(2 ** -23));
    const plain = dataset(device, Float32Array.of(1, 2, 3, 4, 5, 6), { columns: 3 });
    const { live } = device.memory();
    const same = rowsToTensor(batchOf(plain, 1));
    expect(device.memory().live).toBe(live);
    expect([same.shape, Array.from(await same.read())]).toEqual([
      [1, 3],
      [1, 2, 3],
    ]);
    expect(Array.from(await rowsToTensor(batchOf(plain, 1, 1)).read())).toEqual([4, 5, 6]);
    expect(rowsToTensor(same)).toBe(same);
    [data, plain].forEach((owner) => owner.dispose());
  });
});

test("binarise draws the same in f64, and wants rows", async () => {
  const device = new CpuDevice({ precision: "f64" });
  expect(await read(binarise(batchOf(dataset(device, bytes, { columns: D, scale: 1 / 255 }), ROWS), key(4)))).toEqual(drawn(key(4)));
  expect(() => binarise(tensor(device, [1, 0]), key(0))).toThrow(new RangeError("binarise: x has rank 2, [rows, columns], got [2] (reshape it)"));
});
