import { describe, expect, it, test } from "vitest";
import { dataset, type Dataset } from "../src/data/dataset.ts";
import { CpuDevice } from "../src/device/cpu.ts";
import type { Device } from "../src/device/device.ts";
import { baselines } from "../src/judge/baselines.ts";
import { collapse } from "../src/judge/collapse.ts";
import { evaluate } from "../src/judge/evaluate.ts";
import { estimateNll } from "../src/judge/nll.ts";
import { fitPpca } from "../src/judge/ppca.ts";
import { key } from "../src/random.ts";
import { atOnce, inParts, inTurns, turns, type WorkOptions, type WorkProgress } from "../src/turns.ts";
import { bernoulli } from "../src/vae/likelihoods/bernoulli.ts";
import { gaussianHead } from "../src/vae/likelihoods/gaussian_head.ts";
import { mixture } from "../src/vae/priors/mixture.ts";
import { Vae } from "../src/vae/vae.ts";
import { onEachDevice } from "./support/conformance.ts";
import { underClock } from "./support/event_loop.ts";

const [ROWS, D, L] = [38, 7, 3];
const bytes = Uint8Array.from({ length: ROWS * D }, (_, i) => (i * 71 + (i >> 2)) % 256);
const latents = Float32Array.from({ length: ROWS * L }, (_, i) => Math.sin(i));

interface Subject {
  readonly vae: Vae;
  readonly rows: Dataset;
}

type Work = (subject: Subject, options: WorkOptions) => Promise<unknown>;

/** Everything that works on rows, and what its progress ends at. */
const functions: Readonly<Record<string, readonly [Work, total: number]>> = {
  "sample of means": [({ vae }, options) => vae.sample(ROWS, key(1), options), ROWS],
  "sample of draws": [({ vae }, options) => vae.sample(ROWS, key(1), { draw: "sample", ...options }), ROWS],
  posterior: [({ vae, rows }, options) => vae.posterior(rows, options), ROWS],
  reconstruct: [({ vae, rows }, options) => vae.reconstruct(rows, ROWS - 1, options), ROWS - 1],
  decodeLatents: [({ vae }, options) => vae.decodeLatents(latents, options), ROWS],
  evaluate: [({ vae, rows }, options) => evaluate(vae, rows, options), ROWS],
  "evaluate with samples": [({ vae, rows }, options) => evaluate(vae, rows, { nllSamples: 5, ...options }), 6 * ROWS],
  estimateNll: [({ vae, rows }, options) => estimateNll(vae, rows, { samples: 19, ...options }), 19 * ROWS],
  collapse: [({ vae, rows }, options) => collapse(vae, rows, options), ROWS],
  baselines: [({ vae, rows }, options) => baselines(rows, rows, { likelihood: vae.config.likelihood, latent: 2, ...options }), 2 * ROWS],
  fitPpca: [async ({ rows }, options) => ({ ...(await fitPpca(rows, 2, options)), nll: undefined }), 2 * ROWS + 2 * D + 4],
};

/** A clock that stands still lets parts grow to the most; one that runs away leaves them at the fewest. */
const [STILL, RUNS] = [0, 50];

await onEachDevice((device) => {
  const gpu = device.name === "webgpu";
  const models: readonly ((device: Device) => Vae)[] = [
    (on) => new Vae(on, { input: D, hidden: [5], latent: L, likelihood: bernoulli(), seed: 9 }),
    (on) => new Vae(on, { input: D, hidden: [6, 5], latent: L, likelihood: gaussianHead(), prior: mixture({ components: 3 }), seed: 2 }),
  ];

  describe.each(Object.entries(functions))("%s", (_, [work, total]) => {
    test.each(models)("gives the same bits in small parts as in large ones, and the event loop a turn after each", async (model) => {
      const subject = { vae: model(device), rows: dataset(device, bytes, { columns: D, scale: 1 / 255 }) };
      const whole = await underClock(STILL, () => work(subject, {}));
      const parted = await underClock(RUNS, () => work(subject, {}));
      expect(parted.value).toEqual(whole.value);
      expect(parted.turns).toBeGreaterThanOrEqual(gpu ? 1 : Math.floor(total / 8));
      if (!gpu) expect(parted.turns).toBeGreaterThan(whole.turns);
      Object.values(subject).forEach((owner) => owner.dispose());
    });

    test("tells how far it is, never less than before, and in the end that all is done", async () => {
      const subject = { vae: models[0]!(device), rows: dataset(device, bytes, { columns: D, scale: 1 / 255 }) };
      const told: WorkProgress[] = [];
      await underClock(RUNS, () => work(subject, { onProgress: (progress) => told.push(progress) }));
      expect(told.at(-1)).toEqual({ done: total, total });
      if (!gpu) expect(told.length).toBeGreaterThan(1);
      told.slice(1).forEach(({ done }, i) => expect(done).toBeGreaterThan(told[i]!.done));
      expect(told.every((progress) => progress.total === total)).toBe(true);
      Object.values(subject).forEach((owner) => owner.dispose());
    });

    test("ends with the signal's reason, and leaves no memory behind", async () => {
      const subject = { vae: models[0]!(device), rows: dataset(device, bytes, { columns: D, scale: 1 / 255 }) };
      const { live } = device.memory();
      await expect(work(subject, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
      const abort = new AbortController();
      const stopped = work(subject, { signal: abort.signal, onProgress: () => abort.abort(new Error("in the middle")) });
      await expect(underClock(RUNS, () => stopped)).rejects.toThrow("in the middle");
      expect(device.memory().live).toBe(live);
      Object.values(subject).forEach((owner) => owner.dispose());
    });
  });
});

describe("turns", () => {
  it("are taken when the clock says so, and cost a look at it otherwise", async () => {
    await underClock(RUNS, () => Promise.resolve(expect(turns({}, 3)(1)).toBeInstanceOf(Promise)));
    await underClock(STILL, async () => {
      const turn = turns({}, 3);
      await turn(1);
      expect(turn(1)).toBeUndefined();
    });
  });

  it("say each number once", async () => {
    const told: number[] = [];
    await underClock(RUNS, async () => {
      const turn = turns({ onProgress: ({ done }) => told.push(done) }, 5);
      for (const more of [2, 0, 0, 3, 0]) await turn(more);
    });
    expect(told).toEqual([2, 5]);
  });

  it("end work that the signal comes in, at the next of them", async () => {
    const abort = new AbortController();
    const turn = turns({ signal: abort.signal }, 2);
    await turn(1);
    abort.abort();
    expect(() => turn(1)).toThrow(expect.objectContaining({ name: "AbortError" }));
  });

  it("let timers fire in work that waits for nothing", async () => {
    let fired = false;
    setTimeout(() => (fired = true), 0);
    const turn = turns({}, 0);
    for (let waited = 0; !fired && waited < 1e6; waited++) await turn();
    expect(fired).toBe(true);
  });
});

describe("a generator", () => {
  function* steps(): Generator<number, string> {
    yield 2;
    yield 1;
    return "done";
  }

  it("comes to the same at once and in turns, which count what it yields", async () => {
    const told: number[] = [];
    const { value } = await underClock(RUNS, () => inTurns(steps(), turns({ onProgress: ({ done }) => told.push(done) }, 3)));
    expect([value, atOnce(steps()), told]).toEqual(["done", "done", [2, 3]]);
  });
});

describe("parts of rows", () => {
  const partsOf = async (clock: number, rows: number, most: number, name = "cpu"): Promise<number[]> => {
    const counts: number[] = [];
    const note = (first: number, count: number): Promise<void> => {
      expect(first).toBe(counts.reduce((sum, n) => sum + n, 0));
      return Promise.resolve(void counts.push(count));
    };
    await underClock(clock, () => inParts({ rows, most, device: { name } }, turns({}, rows), note));
    return counts;
  };

  it("grow while there is time, to the most, and are multiples of four but for the last", async () => {
    expect(await partsOf(STILL, 130, 64)).toEqual([8, 16, 32, 64, 10]);
    expect(await partsOf(RUNS, 18, 64)).toEqual([8, 4, 4, 2]);
  });

  it("are the most that there may be where a GPU computes them, whatever the time", async () => {
    for (const clock of [STILL, RUNS]) expect(await partsOf(clock, 130, 64, "webgpu")).toEqual([64, 64, 2]);
  });

  it("hold the work of a device that computes in f64 too", async () => {
    const device = new CpuDevice({ precision: "f64" });
    const vae = new Vae(device, { input: D, hidden: [5], latent: L, likelihood: bernoulli(), seed: 9 });
    expect(await vae.decodeLatents(latents)).toBeInstanceOf(Float64Array);
  });
});
