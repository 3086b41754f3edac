/** A training step explained: what is said of each launch is so, and the totals are what WebGPU was really asked for. */
import { afterAll, describe, expect, test } from "vitest";
import type { Workload } from "../../../bench/workloads.ts";
import { grad } from "../../../src/autodiff.ts";
import { dataset } from "../../../src/data/dataset.ts";
import type { Device } from "../../../src/device/device.ts";
import { textOf } from "../../../src/device/webgpu/compose.ts";
import { texts } from "../../../src/device/webgpu/texts.ts";
import { fill } from "../../../src/fill.ts";
import type { Kernel } from "../../../src/kernel.ts";
import { formulas } from "../../../src/lab/formulas.ts";
import type { Counts } from "../../../src/lab/trace/count_webgpu.ts";
import { trace, type Trace, type TraceTotals } from "../../../src/lab/trace/trace.ts";
import { adam } from "../../../src/nn/adam.ts";
import { clipByValueKernel } from "../../../src/nn/clip.ts";
import { mul } from "../../../src/ops/binary.ts";
import { denseLayers } from "../../../src/ops/dense.ts";
import { matmul } from "../../../src/ops/matmul.ts";
import { concat } from "../../../src/ops/shape_ops.ts";
import { key } from "../../../src/random.ts";
import { tensor } from "../../../src/tensor.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { elbo } from "../../../src/vae/objectives/elbo.ts";
import { Trainer } from "../../../src/vae/training/trainer.ts";
import type { TrainerOptions } from "../../../src/vae/training/trainer_options.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { countedWebGpu, hasWebGpu } from "../../support/raw_webgpu.ts";

/** As few rounds as there can be. */
const QUICK = { timeMs: 0 };
type Shape = Pick<Workload, "input" | "hidden" | "latent">;
const TINY: Shape = { input: 12, hidden: [16], latent: 3 };

function trainerOn(device: Device, { input, hidden, latent }: Shape = TINY, options: Partial<TrainerOptions> = {}): Trainer {
  const bytes = Uint8Array.from({ length: 80 * input }, (_, i) => 37 * i);
  const vae = new Vae(device, { input, hidden, latent, likelihood: bernoulli(), seed: 0 });
  return new Trainer(vae, dataset(device, bytes, { columns: input, scale: 1 / 255 }), { batchSize: 4, seed: 1, ...options });
}

const opsOf = ({ launches }: Trace): string[] => launches.map(({ op }) => op);
const holdsOf = ({ launches }: Trace, launch: number): (string | undefined)[] => launches[launch]!.operands.map(({ holds }) => holds);

await onEachDevice((device) => {
  test("the launches of a step are listed in order, from the first layer to the optimizer", async () => {
    const step = await trace(trainerOn(device), QUICK);
    const ops = opsOf(step);
    expect(ops.slice(0, 6)).toEqual(["dense_relu", "heads", "dense_relu", "dense_bernoulli_nll", "elbo_sums", "dense_grad"]);
    expect(ops.at(-1)).toBe("adam");
    expect(step.launches.map(({ number }) => number)).toEqual(ops.map((_, i) => i + 1));
    expect(step).toMatchObject({ device: device.name, adapter: device.info.adapter, software: device.info.software, clock: "host" });
  });

  test("each launch says its formula, and the line of its shader where what is its own begins", async () => {
    const { launches } = await trace(trainerOn(device), QUICK);
    const places = launches.map(({ file, line, kernel, formula }) => {
      expect(formula).toBe(formulas[kernel!.wgsl.name]);
      return `${file}: ${textOf(kernel!.wgsl).split("\n")[line! - 1]!.split("(")[0]}`;
    });
    expect(places).toContain("dense.wgsl: fn store");
    expect(places).toContain("dense_bernoulli_nll.wgsl: fn loss");
    expect(places).toContain("adam.wgsl: fn main");
  });

  test("operands are what the shader calls them, and parameters, gradients and earlier outputs have their names", async () => {
    const step = await trace(trainerOn(device), QUICK);
    expect(step.launches[0]!.operands.map(({ name }) => name)).toEqual(["x", "index", "W", "b", "y", "s"]);
    expect(holdsOf(step, 0)).toEqual(["data", "order", "encoder.0.weight", "encoder.0.bias", undefined, undefined]);
    expect(holdsOf(step, 1).slice(0, 4)).toEqual(["dense_relu.y of launch 1", undefined, "heads.weight", "heads.bias"]);
    expect(holdsOf(step, 4)).toEqual(["dense_bernoulli_nll.nll of launch 4", "heads.kl of launch 2", "sums"]);
    const last = step.launches.length - 1;
    expect(holdsOf(step, last)).toEqual(["gradient of all parameters", "all parameters", "adam.m", "adam.v"]);
    const written = step.launches.flatMap(({ operands }) => operands.flatMap(({ role, holds }) => (role === "output" && holds ? [holds] : [])));
    for (const layer of ["encoder.0", "heads", "decoder.0", "output"]) {
      expect(written).toContain(`gradient of ${layer}.weight`);
      expect(written).toContain(`gradient of ${layer}.bias`);
    }
  });

  test("sizes, work and bytes are those of the launch, and the totals are their sums", async () => {
    const { launches, totals } = await trace(trainerOn(device), QUICK);
    expect(launches[0]).toMatchObject({ params: { M: 4, N: 16, K: 12 }, constants: { U8: true, GATHER: true }, flops: 2 * 4 * 16 * 12 });
    const onWebGpu = device.name === "webgpu";
    // in whole vectors, with 256 bytes in the place of what is absent
    expect(launches[0]!.operands.map(({ bytes }) => bytes)).toEqual([960, 320, 4 * 12 * 16, 4 * 16, 4 * 4 * 16, onWebGpu ? 256 : 0]);
    const sum = (name: "bytes" | "flops" | "ms"): number => launches.reduce((all, { [name]: value = 0 }) => all + value, 0);
    expect(totals).toMatchObject({ launches: launches.length, bytesMoved: sum("bytes"), flops: sum("flops"), ms: sum("ms") });
    for (const { ms } of launches) expect(ms).toBeGreaterThan(0);
    if (onWebGpu) expect(totals).toMatchObject({ dispatches: launches.length, submits: 1, buffersCreated: 0, bindGroupsCreated: 0 });
    else expect(Object.keys(totals).sort()).toEqual(["bytesMoved", "flops", "launches", "ms"]);
  });

  test("a trainer stays where it is, bit for bit, and no memory is kept", async () => {
    const trainer = trainerOn(device);
    trainer.steps(3);
    trainer.keep(); // what it keeps is not the trace's
    const value = async (): Promise<unknown> => [trainer.step, await device.read(trainer.vae.parameters.value), await trainer.sums()];
    const before = await value();
    await trace(trainer, QUICK); // captures the step, which stays
    const live = device.memory().live;
    await trace(trainer, QUICK);
    expect(await value()).toEqual(before);
    expect(device.memory().live).toBe(live);
  });

  test("a step of one's own is explained as well, with its copies and with launches that have nothing to do", async () => {
    const [a, b, none] = [tensor(device, [1, 2, 3, 4], [2, 2]), tensor(device, [5, 6], [2, 1]), tensor(device, new Float32Array(0), [0])];
    const kept = device.alloc("f32", 2, "unscoped");
    const live = device.memory().live;
    const step = await trace(
      device,
      () => {
        const product = matmul(a, b);
        device.copy(product.slice, kept);
        device.run(fill, [], [none.slice], { n: 0, value: 1 });
        mul(product, product);
      },
      QUICK,
    );
    expect(opsOf(step)).toEqual(["matmul", "copy", "fill", "mul"]);
    expect(step.launches[1]).toMatchObject({ formula: "to[i] = from[i]", bytes: 16 });
    expect(holdsOf(step, 1)[0]).toBe("matmul.c of launch 1");
    expect(step.launches[2]!.grid).toBeUndefined();
    if (device.name === "webgpu") expect(step.totals).toMatchObject({ launches: 4, dispatches: 2, submits: 1 });
    expect([...(await device.read(kept))]).toEqual([17, 39]);
    expect(device.memory().live).toBe(live);
  });

  test("what cannot be traced is refused, and nothing is kept of it", async () => {
    const live = device.memory().live;
    await expect(trace(device, undefined as never)).rejects.toThrow(
      "trace: takes a trainer, or a device and a function that runs one step, got undefined",
    );
    await expect(trace(device, () => undefined, QUICK)).rejects.toThrow("trace: the step launches something, got nothing (run it eagerly");
    await expect(trace(device, () => Promise.resolve() as never, QUICK)).rejects.toThrow("scope: the function is synchronous, got a promise from it");
    const failing = (): void => {
      mul(tensor(device, [1]), 2);
      throw new Error("no");
    };
    await expect(trace(device, failing, QUICK)).rejects.toThrow("no");
    expect(device.memory().live).toBe(live);
  });

  afterAll(() => device.close());
});

/** A dense layer of the package, whose text somebody has changed, and a clipping without anything of the library. */
const ownDense: Kernel = {
  ...(denseLayers.relu.forward as unknown as Kernel),
  wgsl: { ...denseLayers.relu.forward.wgsl, name: "mine/dense.wgsl", source: `// y = max(x·W + b, 0), my way${texts["dense"]!}` },
};
const ownClip: Kernel = {
  ...(clipByValueKernel as unknown as Kernel),
  wgsl: {
    name: "my_clip",
    uses: [],
    source: `
      // g[i] = g[i], with small workgroups
      struct Params { n: u32, limit: u32 }
      @group(0) @binding(0) var<storage, read_write> mine: array<f32>;
      @group(1) @binding(0) var<uniform> params: Params;
      @compute @workgroup_size(64)
      fn main(@builtin(global_invocation_id) id: vec3u) { if (id.x < params.n) { mine[id.x] = mine[id.x]; } }`,
  },
  grid: ({ n }) => [Math.ceil((n as number) / 64)],
};

type Compared = Required<Omit<TraceTotals, "launches" | "flops" | "ms">>;

/** The totals that are WebGPU's, and the counts of the wrapped objects over one step more. */
async function compared(
  run: (device: Device) => { trace(): Promise<Trace>; step(): void },
  options = {},
): Promise<{ step: Trace; counts: Compared }> {
  const { device, counts, reset } = await countedWebGpu(options);
  const { trace: explain, step: once } = run(device);
  const step = await explain();
  // a trace has held memory that the pool now hands out in another order: the steady state comes again
  for (let i = 0; i === 0 || (i < 16 && counts.buffersCreated + counts.bindGroupsCreated > 0); i++) {
    await new Promise((submitted) => setTimeout(submitted, 0));
    reset();
    once();
    await Promise.resolve();
  }
  const seen: Counts = { ...counts };
  await device.close();
  expect(seen).toMatchObject({ pipelinesCreated: 0, modulesCreated: 0 });
  const { dispatches, submits, writes, writeBytes, buffersCreated, bindGroupsCreated, bytesMoved } = seen;
  return { step, counts: { dispatches, submits, writes, writeBytes, buffersCreated, bindGroupsCreated, bytesMoved } };
}

describe.skipIf(!hasWebGpu())("the totals equal the counts of the wrapped WebGPU objects", () => {
  const replace = { dense_relu: ownDense, clip_by_value: ownClip };
  const clip = { value: 1 };
  const cases: [title: string, shape: Shape, trainer: Partial<TrainerOptions>, replace: object][] = [
    ["of one hidden layer, captured", { input: 50, hidden: [40], latent: 4 }, {}, {}],
    ["of one hidden layer, launch by launch", { input: 50, hidden: [40], latent: 4 }, { capture: false }, {}],
    ["of two hidden layers, captured", { input: 50, hidden: [40, 33], latent: 5 }, {}, {}],
    ["with kernels of one's own, captured", TINY, { clip }, replace],
    ["with kernels of one's own, launch by launch", TINY, { clip, capture: false }, replace],
  ];

  test.each(cases)("%s", async (_, shape, trainer, own) => {
    const run = (device: Device) => {
      const traced = trainerOn(device, shape, trainer);
      return { trace: () => trace(traced, QUICK), step: () => traced.steps(1) };
    };
    const { step, counts } = await compared(run, { replace: own });
    expect(counts.dispatches).toBe(step.launches.length);
    expect(counts.bytesMoved).toBeGreaterThan(0);
    expect(step.totals).toMatchObject(counts);
  });

  test("of a training loop of one's own, which writes and copies", async () => {
    const run = (device: Device) => {
      const vae = new Vae(device, { ...TINY, likelihood: bernoulli(), seed: 0 });
      const optimizer = adam()(vae.parameters);
      const x = tensor(
        device,
        Float32Array.from({ length: 48 }, (_, i) => (i % 5) / 4),
        [4, 12],
      );
      const step = (): void =>
        device.scope(() => {
          device.write(x.slice, new Float32Array(48).fill(0.5));
          const { objective, z } = elbo(vae, x, { noise: key(1) });
          concat([z, z], 0);
          grad(objective, [...vae.parameters.tensors.values()], { into: vae.parameters.gradients });
          optimizer.update(optimizer.at(1));
        });
      return { trace: () => trace(device, step, { ...QUICK, parameters: vae.parameters }), step };
    };
    const { step, counts } = await compared(run);
    expect(counts.writes).toBeGreaterThan(1);
    expect(step.totals).toMatchObject(counts);
    expect(holdsOf(step, 0)).toContain("encoder.0.weight");
  });

  test("and a kernel of one's own is listed by its own file, grid, names and first line", async () => {
    const run = (device: Device) => {
      const traced = trainerOn(device, TINY, { clip });
      return { trace: () => trace(traced, QUICK), step: () => traced.steps(1) };
    };
    const { launches } = (await compared(run, { replace })).step;
    expect(launches[0]).toMatchObject({
      op: "dense_relu",
      file: "mine/dense.wgsl",
      formula: "y = max(x·W + b, 0), my way",
      core: "lib/gemm_registers.wgsl",
    });
    const clipping = launches.find(({ op }) => op === "clip_by_value")!;
    const n = clipping.params["n"] as number;
    expect(clipping).toMatchObject({ file: "my_clip.wgsl", line: 7, grid: [Math.ceil(n / 64), 1, 1], formula: "g[i] = g[i], with small workgroups" });
    expect(clipping.operands).toMatchObject([{ name: "mine", holds: "gradient of all parameters" }]);
  });
});
