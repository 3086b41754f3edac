/** Weights in f16: numbers are rounded to the nearest, products with them are those of the rounded numbers, and a decoder is off by no more than that explains. */
import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { openDevice } from "../../src/device/open.ts";
import { dense } from "../../src/ops/dense.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { key } from "../../src/random.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { gaussian } from "../../src/vae/likelihoods/gaussian.ts";
import { gaussianHead } from "../../src/vae/likelihoods/gaussian_head.ts";
import { gaussianLearned } from "../../src/vae/likelihoods/gaussian_learned.ts";
import type { Likelihood } from "../../src/vae/likelihoods/likelihood.ts";
import { Vae } from "../../src/vae/vae.ts";
import { normals, onEachDevice } from "../support/conformance.ts";
import { hasWebGpu } from "../support/raw_webgpu.ts";

/** All finite f16 numbers of at least 0, in order: multiples of 2^-24 below 2^-14, then 1024 to each power of two. */
const halves = Float64Array.from({ length: 31 * 1024 }, (_, i) => {
  const [exponent, units] = [Math.floor(i / 1024), i % 1024];
  return exponent === 0 ? units * 2 ** -24 : (1 + units / 1024) * 2 ** (exponent - 15);
});

const half = (device: Device, values: ArrayLike<number>, shape = [values.length]): Tensor => tensor(device, Float64Array.from(values), shape, "f16");

async function rounded(device: Device, values: ArrayLike<number>): Promise<number[]> {
  const t = half(device, values);
  const read = [...(await t.read())];
  t.dispose();
  return read;
}

const shapes: readonly (readonly [B: number, K: number, N: number])[] = [
  [1, 1, 1],
  [3, 4, 5],
  [65, 7, 63],
  [17, 33, 127],
  [70, 130, 66],
];

/** Sizes that no tile and no word divides, with numbers below 2^-14 among the weights. */
function decoderOf(device: Device, likelihood: Likelihood): Vae {
  const tiny = (fanIn: number, fanOut: number): { weight: Float64Array; bias: Float64Array } => ({
    weight: Float64Array.from(normals(fanIn, [fanIn * fanOut]).data, (v, i) => (i % 7 === 0 ? v * 2 ** -17 : v / Math.sqrt(fanIn))),
    bias: Float64Array.from(normals(fanOut, [fanOut]).data),
  });
  return new Vae(device, { input: 37, hidden: [33, 65], latent: 5, likelihood, seed: 0, init: tiny });
}

await onEachDevice((device) => {
  test("every f16 number stays what it is, and so do infinities and NaN", async () => {
    const all = [...halves, ...halves.map((value) => -value), Infinity, -Infinity, NaN];
    expect((await rounded(device, all)).findIndex((value, i) => !Object.is(value, all[i]))).toBe(-1);
  });

  test("numbers between two of f16 go to the nearer, from the middle to the even one, and from 65520 on to infinity", async () => {
    const next = (i: number): number => halves[i + 1] ?? 65536;
    const middles = halves.map((value, i) => (value + next(i)) / 2);
    const above = (i: number): number => (i === halves.length - 1 ? Infinity : next(i));
    const cases = [
      [middles, (i: number) => (i % 2 === 0 ? halves[i]! : above(i))],
      [middles.map((value) => value * (1 - 2 ** -40)), (i: number) => halves[i]!],
      [middles.map((value) => value * (1 + 2 ** -40)), above],
    ] as const;
    for (const [values, want] of cases) {
      expect((await rounded(device, values)).findIndex((value, i) => value !== want(i))).toBe(-1);
      const negative = values.map((value) => -value);
      expect((await rounded(device, negative)).findIndex((value, i) => value !== -want(i))).toBe(-1);
    }
  });

  test.each(shapes)("dense [%i, %i]·[_, %i] with W in f16 is dense with the rounded numbers in f32, to the last bit", async (B, K, N) => {
    const [x, W, b] = [normals(1, [B, K]), normals(2, [K, N]), normals(3, [N])].map(({ data, shape }) =>
      tensor(device, Float64Array.from(data), shape),
    );
    const inHalf = half(device, await W!.read(), [K, N]);
    const same = tensor(device, Float64Array.from(await inHalf.read()), [K, N]);
    for (const activation of ["identity", "relu"] as const) {
      const [got, want] = [dense(x!, inHalf, b!, { activation }), dense(x!, same, b!, { activation })];
      expect(await got.read()).toEqual(await want.read());
    }
  });

  test("weights below 2^-14 are read as they are, or as 0 where a GPU flushes them", async () => {
    const tiny = halves.slice(1, 1024);
    const y = await dense(tensor(device, [1], [1, 1]), half(device, tiny, [1, 1023]), tensor(device, new Float64Array(1023))).read();
    const wrong = y.findIndex((value, i) => value !== tiny[i] && (device.name !== "webgpu" || value !== 0));
    expect(wrong).toBe(-1);
  });

  test.each([gaussian(), gaussianHead()])("each output of a decoder in f16 is within the bound of the exact one, with $name", async (likelihood) => {
    const vae = decoderOf(device, likelihood);
    const z = normals(4, [19, 5]);
    const decoder = await vae.decoder({ precision: "f16" });
    const got = await decoder.decodeLatents(Float64Array.from(z.data));
    const { values, bounds } = await exactDecode(vae, z.data, 19);
    const misses = [...got].filter((value, i) => !(Math.abs(value - values[i]!) <= bounds[i]!));
    expect(misses).toEqual([]);
    expect(got, "as in f32").not.toEqual(await vae.decodeLatents(Float64Array.from(z.data)));
    [decoder, vae].forEach((owner) => owner.dispose());
  });

  test.each([bernoulli(), gaussianLearned()])("a decoder stays what it was when the model changes and goes, with $name", async (likelihood) => {
    const vae = decoderOf(device, likelihood);
    const z = Float64Array.from(normals(5, [10, 5]).data);
    const [same, inHalf] = [await vae.decoder(), await vae.decoder({ precision: "f16" })];
    const draws = { draw: "sample" } as const;
    const of = async (model: Pick<Vae, "decodeLatents" | "sample">): Promise<unknown[]> => [
      await model.decodeLatents(z),
      await model.sample(9, key(1)),
      await model.sample(9, key(1), draws),
    ];
    const [whole, before] = [await of(vae), await of(inHalf)];
    expect(await of(same)).toEqual(whole);
    for (const { slice } of vae.parameters.tensors.values()) device.write(slice, new Float32Array(slice.length).fill(2));
    expect(await of(vae)).not.toEqual(whole);
    vae.dispose();
    expect([await of(same), await of(inHalf)]).toEqual([whole, before]);
    [same, inHalf].forEach((owner) => owner.dispose());
    await expect(inHalf.sample(1, key(0))).rejects.toThrow("dense: W was disposed");
  });

  test("weights in f16 take half the memory on webgpu, and all of it is given back", async () => {
    const vae = decoderOf(device, bernoulli());
    const before = device.memory();
    const bytesOf = async (precision: "f32" | "f16"): Promise<number> => {
      const decoder = await vae.decoder({ precision });
      const bytes = device.memory().liveBytes - before.liveBytes;
      decoder.dispose();
      return bytes;
    };
    const weights = 5 * 65 + 65 * 33 + 33 * 37;
    expect((await bytesOf("f32")) - (await bytesOf("f16"))).toBe(device.name === "webgpu" ? 2 * weights : 0);
    expect(device.memory().live).toBe(before.live);
    vae.dispose();
  });

  test.each([65505, -1e30, NaN, Infinity])("a weight of %d is refused before anything is allocated", async (value) => {
    const vae = decoderOf(device, bernoulli());
    const { slice } = vae.parameters.tensors.get("output.weight")!;
    const values = await device.read(slice);
    values[2 * 37 + 3] = value;
    device.write(slice, values);
    const { live } = device.memory();
    await expect(vae.decoder({ precision: "f16" })).rejects.toThrow(
      `decoder: weights in f16 lie within ±65504, got ${Math.fround(value)} in output.weight [33, 37] at row 2, column 3 (use precision "f32")`,
    );
    expect(device.memory().live).toBe(live);
    (await vae.decoder()).dispose();
    vae.dispose();
  });
});

/** What the decoder makes of z in f64, and how far f16 weights and f32 sums may be from it, element by element. */
async function exactDecode(vae: Vae, z: ArrayLike<number>, rows: number): Promise<{ values: Float64Array; bounds: Float64Array }> {
  let [h, off]: Float64Array[] = [Float64Array.from(z, Math.fround), new Float64Array(z.length)];
  for (const layer of ["decoder.0", "decoder.1", "output"]) {
    const [W, b] = [vae.parameters.tensors.get(`${layer}.weight`)!, vae.parameters.tensors.get(`${layer}.bias`)!];
    [h, off] = layerOf(h!, off!, rows, await W.read(), await b.read());
    if (layer !== "output") h = h.map((value) => Math.max(value, 0)); // brings no two numbers further apart
  }
  // a Gaussian head's second half is its log-variances
  const [columns, D] = [h!.length / rows, vae.config.input];
  const means = (all: Float64Array): Float64Array => all.filter((_, i) => i % columns < D);
  return { values: means(h!), bounds: means(off!) };
}

/** x·W + b for inputs that are off by `off`: |Δy| ≤ Σ (off·(|W| + δ) + |h|·δ) + (K + 8)·2^-23·Σ (|h| + off)·(|W| + δ), δ = max(2^-11·|W|, 2^-25). */
function layerOf(h: Float64Array, off: Float64Array, rows: number, W: ArrayLike<number>, b: ArrayLike<number>): [Float64Array, Float64Array] {
  const [K, N] = [h.length / rows, b.length];
  const y = new Float64Array(rows * N);
  const bound = new Float64Array(rows * N);
  for (let i = 0; i < y.length; i++) {
    const [m, n] = [Math.floor(i / N), i % N];
    let magnitude = Math.abs(b[n]!);
    y[i] = b[n]!;
    for (let k = 0; k < K; k++) {
      const [x, e, w] = [h[m * K + k]!, off[m * K + k]!, W[k * N + n]!];
      const delta = Math.max(2 ** -11 * Math.abs(w), 2 ** -25);
      y[i]! += x * w;
      bound[i]! += e * (Math.abs(w) + delta) + Math.abs(x) * delta;
      magnitude += (Math.abs(x) + e) * (Math.abs(w) + delta);
    }
    bound[i]! += (K + 8) * 2 ** -23 * magnitude;
  }
  return [y, bound];
}

describe("weights in f16 are refused", () => {
  test("by all ops but dense, and where a gradient would go through them", async () => {
    const device = new CpuDevice();
    const [x, W, b] = [tensor(device, [1, 2], [1, 2]), half(device, [1, 2, 3, 4], [2, 2]), tensor(device, [0, 0])];
    expect(() => matmul(x, W)).toThrow("matmul: b is f32, got f16");
    expect(() => dense(W, W, b)).toThrow("dense: x is f32, got f16");
    expect(() => dense(x, W, half(device, [0, 0]))).toThrow("dense: b is f32, got f16");
    expect(() => grad(dense(x, W, b), [x], { cotangent: x })).toThrow(
      "dense: gradients are through f32 weights, got W in f16 of [2, 2] (use the model's own)",
    );
    await device.close();
  });

  test("under another name", async () => {
    const device = new CpuDevice();
    const wrong = decoderOf(device, bernoulli()).decoder({ precision: "half" as "f16" });
    await expect(wrong).rejects.toThrow('decoder: precision is "f32" or "f16", got "half"');
    await device.close();
  });
});

test.runIf(hasWebGpu())("info names that weights in f16 are packed, which takes no feature of the adapter", async () => {
  const device = await openDevice("webgpu");
  expect(device.info.adapter).toContain(", f16 weights packed, ");
  await device.close();
});
