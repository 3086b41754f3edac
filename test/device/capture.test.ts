import { expect, test } from "vitest";
import { accumulate, fill, full } from "../../src/fill.ts";
import { word } from "../../src/kernel.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { uniform } from "../../src/ops/random_ops.ts";
import { tensor } from "../../src/tensor.ts";
import { onEachDevice } from "../support/conformance.ts";

const layout = { beta: "f32", k0: "u32", k1: "u32" } as const;
const rows = Array.from({ length: 40 }, (_, i) => ({ beta: 0.1 * i, k0: i, k1: 2 * i }));

await onEachDevice((device) => {
  /** total += beta·uniform(key) + 0.5, on ten elements. */
  const body = (total: ReturnType<typeof tensor>) => (): void =>
    device.scope(() => {
      const noise = uniform(device, [10], { words: [word("k0"), word("k1")] });
      const step = add(mul(noise, full(device, [10], word("beta"))), 0.5);
      device.run(accumulate, [step.slice], [total.slice], { n: 10 });
    });

  test("eager and captured steps give the same bits", async () => {
    const [eager, captured] = [tensor(device, new Float32Array(10)), tensor(device, new Float32Array(10))];
    for (const row of rows) device.step(layout, row, body(eager));
    const step = device.capture(layout, body(captured));
    step.replay(rows.slice(0, 7));
    step.replay(rows.slice(7));
    step.dispose();
    expect(await captured.read()).toEqual(await eager.read());
    expect((await eager.read())[3]).toBeGreaterThan(20);
  });

  test("a captured step owns its memory until it is disposed of", async () => {
    const total = tensor(device, new Float32Array(10));
    const before = device.memory();
    const step = device.capture(layout, body(total));
    expect(device.memory().liveBytes).toBe(before.liveBytes);
    const other = tensor(device, new Float32Array(10).fill(7));
    step.replay(rows);
    expect(new Set(await other.read())).toEqual(new Set([7]));
    other.dispose();
    step.dispose();
    expect(() => step.replay(rows)).toThrow("replay: this captured step was disposed");
    expect(device.memory().live).toBe(before.live);
  });

  test("more plain numbers than a row has room for take further rows", async () => {
    const total = tensor(device, new Float32Array(10));
    const step = device.capture({}, () =>
      device.scope(() => {
        for (let i = 1; i <= 50; i++) device.run(accumulate, [full(device, [10], i).slice], [total.slice], { n: 10 });
      }),
    );
    step.replay([{}, {}]);
    expect((await total.read())[9]).toBe(2 * 1275);
    device.scope(() => {
      for (let i = 1; i <= 50; i++) device.run(accumulate, [full(device, [10], i).slice], [total.slice], { n: 10 });
    });
    expect((await total.read())[9]).toBe(3 * 1275);
    step.dispose();
  });

  test("a row that changes between steps of one turn is seen by each", async () => {
    const out = Array.from({ length: 3 }, () => device.alloc("f32", 4));
    const row = { beta: 0 };
    for (const [i, slice] of out.entries()) {
      row.beta = i + 1;
      device.step({ beta: "f32" }, row, () => device.run(fill, [], [slice], { n: 4, value: word("beta") }));
    }
    expect((await Promise.all(out.map((slice) => device.read(slice)))).map((values) => values[0])).toEqual([1, 2, 3]);
  });

  test("copies are recorded too, in order", async () => {
    const [a, b] = [tensor(device, [1, 2, 3, 4]), tensor(device, [0, 0, 0, 0])];
    const step = device.capture({}, () => {
      device.copy(a.slice, b.slice);
      device.run(accumulate, [b.slice], [a.slice], { n: 4 });
    });
    step.replay([{}, {}, {}]);
    expect([...(await a.read())]).toEqual([8, 16, 24, 32]);
    expect([...(await b.read())]).toEqual([4, 8, 12, 16]);
    step.dispose();
  });

  test("what makes no sense in a recording is refused", async () => {
    const t = tensor(device, [1, 2]);
    expect(() => device.capture({}, () => device.write(t.slice, new Float32Array(2)))).toThrow("write: not possible inside of capture");
    expect(() => device.capture({}, () => device.step({}, {}, () => undefined))).toThrow("step: a step is already running");
    let reading: Promise<unknown> | undefined;
    device
      .capture({}, () => {
        reading = t.read();
      })
      .dispose();
    await expect(reading).rejects.toThrow("read: not possible inside of capture");
    expect([...(await t.read())]).toEqual([1, 2]);
  });

  test("a word that the row does not have is named", () => {
    const t = tensor(device, [1, 2]);
    const launch = (): void => device.run(fill, [], [t.slice], { n: 2, value: word("gamma") });
    expect(() => (launch(), device.trim())).toThrow(/word "gamma"/);
    expect(() => device.step(layout, rows[0]!, launch)).toThrow(/word "gamma"/);
    expect(() => device.step({ gamma: "f32" }, {}, launch)).toThrow('step: the row has no value for its word "gamma"');
    expect(() => device.run(fill, [], [t.slice], { n: word("n"), value: 0 })).toThrow("fill: parameter n is u32 and cannot come from the step row");
    const many = Object.fromEntries(Array.from({ length: 49 }, (_, i) => [`w${i}`, "f32" as const]));
    expect(() => device.capture(many, () => undefined)).toThrow("step: a row has at most 48 words, got 49");
  });
});
