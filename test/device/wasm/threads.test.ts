/** The threads of the wasm device: the same bits for any number of them, and what happens when one is missing, late, or dies. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dataset } from "../../../src/data/dataset.ts";
import type { Device } from "../../../src/device/device.ts";
import { openDevice } from "../../../src/device/open.ts";
import type * as Threads from "../../../src/device/threads.node.ts";
import { matmul } from "../../../src/ops/matmul.ts";
import { uniform } from "../../../src/ops/random_ops.ts";
import { key } from "../../../src/random.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { Trainer } from "../../../src/vae/training/trainer.ts";
import { Vae } from "../../../src/vae/vae.ts";

const THREADS = "../../../src/device/threads.node.ts";

/** A model that is large enough for every launch of its step to be shared, on images of bytes. */
function trainerOn(device: Device): { vae: Vae; trainer: Trainer } {
  const bytes = Uint8Array.from({ length: 300 * 200 }, (_, i) => (i * 7919) % 256);
  const vae = new Vae(device, { input: 200, hidden: [130], latent: 20, likelihood: bernoulli(), seed: 0 });
  const trainer = new Trainer(vae, dataset(device, bytes, { columns: 200, scale: 1 / 255 }), { batchSize: 99, learningRate: 1e-3, seed: 1 });
  return { vae, trainer };
}

describe("1, 2, 3 and 7 threads", () => {
  it("give the same bits after 100 training steps", async () => {
    const runs = [];
    for (const threads of [1, 2, 3, 7]) {
      const device = await openDevice("wasm", { threads });
      const { vae, trainer } = trainerOn(device);
      trainer.steps(100);
      runs.push({ value: await device.read(vae.parameters.value), sums: await trainer.sums() });
      await device.close();
    }
    for (const run of runs) expect(run).toEqual(runs[0]);
  });

  it.each([
    [64, 64, 64],
    [130, 300, 70],
    [5, 1000, 333],
    [1001, 9, 64],
  ])("give the same bits of %i×%i×%i, transposed or not", async (M, N, K) => {
    const products = async (threads: number): Promise<unknown[]> => {
      const device = await openDevice("wasm", { threads });
      const [a, b, at, bt] = [
        uniform(device, [M, K], key(1)),
        uniform(device, [K, N], key(2)),
        uniform(device, [K, M], key(1)),
        uniform(device, [N, K], key(2)),
      ];
      const results = [matmul(a, b), matmul(at, b, { transposeA: true }), matmul(a, bt, { transposeB: true })];
      const values = await Promise.all(results.map((c) => c.read()));
      await device.close();
      return values;
    };
    const want = await products(1);
    for (const threads of [2, 3, 7]) expect(await products(threads)).toEqual(want);
  });
});

describe("info", () => {
  it("says how many threads there are: as many as cores unless asked otherwise, but at most 8", async () => {
    const [some, three, one] = [await openDevice("wasm"), await openDevice("wasm", { threads: 3 }), await openDevice("wasm", { threads: 1 })];
    const cores = Math.min(8, availableParallelism());
    expect(some.info.adapter).toBe(`WebAssembly SIMD128, ${cores} ${cores === 1 ? "thread" : "threads"}`);
    expect([three.info.adapter, one.info.adapter]).toEqual(["WebAssembly SIMD128, 3 threads", "WebAssembly SIMD128, 1 thread"]);
    expect(one.info.note).toBeUndefined();
    for (const device of [some, three, one]) await device.close();
  });

  it.each([0, -1, 1.5, 65, NaN])("%d threads are refused", async (threads) => {
    await expect(openDevice("wasm", { threads })).rejects.toThrow(
      new RangeError(`openDevice: threads is a whole number from 1 to 64, got ${threads}`),
    );
  });
});

/** Relaxed SIMD: Node 20 has it behind a flag. */
describe("relaxed products", () => {
  const program = `
    const { openDevice, uniform, matmul, key } = await import("elbograd");
    const results = [];
    for (const relaxed of [false, true]) {
      const device = await openDevice("wasm", { relaxed });
      const c = matmul(uniform(device, [70, 300], key(1)), uniform(device, [300, 90], key(2)));
      results.push({ ...device.info, c: [...(await c.read())] });
      await device.close();
    }
    console.log(JSON.stringify(results));`;
  type Result = { readonly adapter: string; readonly note?: string; readonly c: number[] };
  const run = (...flags: string[]): Result[] =>
    JSON.parse(execFileSync(process.execPath, [...flags, "--input-type=module", "-e", program], { encoding: "utf8" })) as Result[];

  it("are the strict ones up to rounding, and named by info", () => {
    const [strict, relaxed] = run("--experimental-wasm-relaxed-simd");
    expect(strict!.adapter).not.toContain("relaxed");
    expect(relaxed!.adapter).toMatch(/, relaxed FMA$/);
    relaxed!.c.forEach((c, i) => expect(Math.abs(c - strict!.c[i]!)).toBeLessThanOrEqual(300 * 2 ** -24 * 2 * strict!.c[i]!));
    // a fused product and sum is rounded once: some of 6300 sums of 300 terms must differ, or nothing was relaxed
    expect(relaxed!.c).not.toEqual(strict!.c);
  });

  it("are strict where there is no relaxed SIMD, and a note says so", () => {
    const [strict, relaxed] = run("--no-experimental-wasm-relaxed-simd");
    expect(relaxed!.c).toEqual(strict!.c);
    expect(relaxed!.note).toBe("strict products: there is no relaxed SIMD here");
  });
});

describe("a worker", () => {
  const started: { source: string; ended: (why: string) => void; stopped: boolean }[] = [];
  /** What is done to the text of workers before they start. */
  let alter: (source: string) => string;

  beforeEach(() => {
    started.length = 0;
    alter = (source) => source;
    vi.resetModules();
    vi.doMock(THREADS, async (original) => {
      const real = await original<typeof Threads>();
      return {
        ...real,
        startThread(source: string, argument: unknown, events: Threads.ThreadEvents) {
          const entry = { source, ended: events.ended, stopped: false };
          started.push(entry);
          const thread = real.startThread(alter(source), argument, events);
          return {
            stop() {
              entry.stopped = true;
              return thread.stop();
            },
          };
        },
      };
    });
  });

  afterEach(() => {
    vi.doUnmock(THREADS);
    vi.resetModules();
  });

  const open = async (threads: number): Promise<Device> => (await import("../../../src/device/open.ts")).openDevice("wasm", { threads });
  const product = async (device: Device, n: number): Promise<ArrayLike<number>> => {
    const [ops, random, { key: fresh }] = await Promise.all([
      import("../../../src/ops/matmul.ts"),
      import("../../../src/ops/random_ops.ts"),
      import("../../../src/random.ts"),
    ]);
    const a = random.uniform(device, [n, n], fresh(1));
    return ops.matmul(a, a).read();
  };

  it("is started for each thread but the main one, and stopped when the device is closed", async () => {
    const device = await open(4);
    expect(started.length).toBe(3);
    await device.close();
    expect(started.map(({ stopped }) => stopped)).toEqual([true, true, true]);
  });

  it.each([
    ["throws at once", '() => { throw new Error("planted"); }', "planted"],
    ["ends at once", "() => process.exit(1)", "it ended"],
    ["does not start within 10 seconds", "() => setInterval(() => undefined, 1000)", "they did not start within 10 s"],
  ])("that %s is found out when the device is opened, which then has one thread and says why", async (_, source, why) => {
    alter = (text) => (started.length === 2 ? source : text);
    const device = await open(4);
    expect(started.map(({ stopped }) => stopped)).toEqual([true, true, true]);
    expect(device.info.adapter).toBe(`WebAssembly SIMD128, 1 thread (threads were refused: ${why})`);
    expect(device.info.note).toBe(`one thread: ${why}`);
    const alone = await openDevice("wasm", { threads: 1 });
    expect(await product(device, 300)).toEqual(await product(alone, 300));
    await device.close();
    await alone.close();
  });

  it("that may not even be made is found out in the same way", async () => {
    alter = () => {
      throw new Error("Access to this API has been restricted");
    };
    const device = await open(3);
    expect(device.info.note).toBe("one thread: Access to this API has been restricted");
    expect(Array.from(await product(device, 2))).toHaveLength(4);
    await device.close();
  });

  it("that is late is not waited for in a launch: the main thread does its part", async () => {
    alter = () => "(argument, ready) => { ready(); setInterval(() => undefined, 1000); }";
    const device = await open(3);
    const alone = await openDevice("wasm", { threads: 1 });
    expect(await product(device, 300)).toEqual(await product(alone, 300));
    await device.close();
    await alone.close();
  });

  it.each([
    ["hangs", "{ for (;;); }"],
    ["throws", '{ throw new Error("planted"); }'],
    ["ends", "{ process.exit(1); }"],
  ])("that %s in the middle of a launch: the pending call rejects within a second, and the next one says why", async (_, fault) => {
    alter = (source) => source.replace("const work = (at, end) => {", `const work = () => ${fault}; const unused = (at, end) => {`);
    expect(alter(started[0]?.source ?? (await import("../../../src/device/wasm/worker.ts")).WORKER)).toContain(fault);
    const device = await open(2);
    // workers take a moment to start, and until then the main thread does all
    const failure = (async () => {
      for (;;) await product(device, 200);
    })();
    await expect(failure).rejects.toThrow(/^wasm: worker 1 died/);
    await expect(failure).rejects.toMatchObject({ name: "DeviceLostError" });
    expect(() => device.alloc("f32", 1)).toThrow(/^wasm: worker 1 died/);
    expect((await device.lost).message).toMatch(/^wasm: worker 1 died/);
    expect(started[0]!.stopped).toBe(true);
  });

  it("that dies between two launches: training rejects, and says why", async () => {
    const device = await open(2);
    const [{ train }, { dataset: data }, { Vae: Model }, { bernoulli: likelihood }] = await Promise.all([
      import("../../../src/vae/training/train.ts"),
      import("../../../src/data/dataset.ts"),
      import("../../../src/vae/vae.ts"),
      import("../../../src/vae/likelihoods/bernoulli.ts"),
    ]);
    const vae = new Model(device, { input: 64, hidden: [64], latent: 8, likelihood: likelihood(), seed: 0 });
    const images = data(device, new Uint8Array(200 * 64).fill(7), { columns: 64, scale: 1 / 255 });
    const reports = (async () => {
      for await (const report of train(vae, images, { epochs: 1e6, batchSize: 50, seed: 1 })) {
        if (report.epoch === 2) started[0]!.ended("out of memory");
      }
    })();
    await expect(reports).rejects.toThrow("wasm: worker 1 died: out of memory");
  });
});

describe("a page that is not cross-origin isolated", () => {
  afterEach(() => {
    vi.doUnmock(THREADS);
    vi.resetModules();
  });

  it("gets one thread, and a note that says so once", async () => {
    vi.resetModules();
    const browser = await import("../../../src/device/threads.browser.ts");
    vi.doMock(THREADS, () => browser);
    const { openWasm } = await import("../../../src/device/wasm/wasm.ts");
    const [device, one] = [await openWasm({ threads: 4 }), await openWasm({ threads: 1 })];
    expect(device.info.adapter).toBe("WebAssembly SIMD128, 1 thread (threads were refused: no SharedArrayBuffer)");
    expect(device.info.note).toMatch(/^one thread: no SharedArrayBuffer \(serve the page with Cross-Origin-Opener-Policy: same-origin/);
    expect([one.info.adapter, one.info.note]).toEqual(["WebAssembly SIMD128, 1 thread", undefined]);
    await device.close();
    await one.close();
  });
});
