import { describe, expect, test } from "vitest";
import { grad } from "../../../src/autodiff.ts";
import { batchOf, dataset } from "../../../src/data/dataset.ts";
import { CpuDevice } from "../../../src/device/cpu.ts";
import type { Device } from "../../../src/device/device.ts";
import { ones } from "../../../src/fill.ts";
import { add, bernoulliNll, sub } from "../../../src/ops/binary.ts";
import { continuousBernoulliQuantile } from "../../../src/ops/continuous_bernoulli.ts";
import { matmul } from "../../../src/ops/matmul.ts";
import { gaussianNll } from "../../../src/ops/probability.ts";
import { sum } from "../../../src/ops/reduce.ts";
import { broadcastTo, reshape, slice } from "../../../src/ops/shape_ops.ts";
import { continuousBernoulliLogNormaliser, continuousBernoulliMean } from "../../../src/ops/unary.ts";
import { key } from "../../../src/random.ts";
import { type Tensor, tensor } from "../../../src/tensor.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { continuousBernoulli } from "../../../src/vae/likelihoods/continuous_bernoulli.ts";
import { gaussian } from "../../../src/vae/likelihoods/gaussian.ts";
import { gaussianHead } from "../../../src/vae/likelihoods/gaussian_head.ts";
import { gaussianLearned } from "../../../src/vae/likelihoods/gaussian_learned.ts";
import type { Likelihood, OwnTensors } from "../../../src/vae/likelihoods/likelihood.ts";
import { expectSame, make } from "../../support/compare.ts";
import { checkGradient, normals, onEachDevice } from "../../support/conformance.ts";

interface Spec {
  readonly likelihood: Likelihood;
  /** −log p of each feature, from outputs and data of one shape. */
  readonly each: (outputs: Tensor, x: Tensor, logVar: Tensor) => Tensor;
  /** The distribution's variance, from one output (and log-variance) of a feature. */
  readonly variance: (output: number, logVar: number) => number;
}

const VARIANCE = 0.3;
const columnsOf = (outputs: Tensor, from: number, to: number): Tensor => slice(outputs, [0, from], [outputs.shape[0]!, to]);
const left = (outputs: Tensor): Tensor => columnsOf(outputs, 0, outputs.shape[1]! / 2);
const right = (outputs: Tensor): Tensor => columnsOf(outputs, outputs.shape[1]! / 2, outputs.shape[1]!);

const specs: readonly Spec[] = [
  {
    likelihood: bernoulli(),
    each: bernoulliNll,
    variance: (l) => Math.exp(-l) / (1 + Math.exp(-l)) ** 2,
  },
  {
    likelihood: continuousBernoulli(),
    each: (outputs, x) => sub(bernoulliNll(outputs, x), continuousBernoulliLogNormaliser(outputs)),
    variance: (l) => 1 / l ** 2 - 1 / (4 * Math.sinh(l / 2) ** 2),
  },
  {
    likelihood: gaussian({ variance: VARIANCE }),
    each: (means, x) => gaussianNll(means, Math.log(VARIANCE), x),
    variance: () => VARIANCE,
  },
  {
    likelihood: gaussianLearned({ floor: 0 }),
    each: (means, x, logVar) => gaussianNll(means, logVar, x),
    variance: (_, logVar) => Math.exp(logVar),
  },
  {
    likelihood: gaussianHead({ floor: 0 }),
    each: (outputs, x) => gaussianNll(left(outputs), right(outputs), x),
    variance: (_, logVar) => Math.exp(logVar),
  },
];
const named = specs.map((spec) => [spec.likelihood.name, spec] as const);
const own = (logVar: Tensor): OwnTensors => new Map([["likelihood.logVar", logVar]]);

/** Row s·B + i of h is scored on row i of x. */
const repeated = (x: Tensor, S: number): Tensor => reshape(broadcastTo(x, [S, ...x.shape]), [S * x.shape[0]!, x.shape[1]!]);

const unitData = (device: Device, B: number, D: number): Tensor =>
  tensor(
    device,
    Float64Array.from(normals(77, [B * D]).data, (v) => 1 / (1 + Math.exp(-v))),
    [B, D],
  );

await onEachDevice((device) => {
  describe.each(named)("%s", (_, { likelihood, each, variance }) => {
    test.each([
      [4, 1, 3, 5],
      [2, 3, 6, 65],
    ])("nll is the sum over features of its formula, and so are its gradients: B %i, S %i, H %i, D %i", async (B, S, H, D) => {
      const N = likelihood.columns(D);
      const [h, b, logVar] = make(device, [S * B, H], [N], [D]) as [Tensor, Tensor, Tensor];
      // outputs of size 1, as log-variances are
      const W = tensor(device, Float64Array.from(normals(7, [H, N], 1 / H).data), [H, N]);
      const x = unitData(device, B, D);
      const got = likelihood.nll(h, W, b, x, own(logVar));
      const want = sum(each(add(matmul(h, W), b), repeated(x, S), logVar), [1]);
      await expectSame("nll", got, want, H + D);
      const [cotangent] = make(device, [S * B]) as [Tensor];
      const wrt = likelihood.parameters ? [h, W, b, logVar] : [h, W, b];
      const [ours, theirs] = [grad(got, wrt, { cotangent }), grad(want, wrt, { cotangent })];
      for (const [i, name] of ["h", "W", "b", "logVar"].slice(0, wrt.length).entries()) {
        await expectSame(`gradient of ${name}`, ours[i]!, theirs[i]!, H + D + S * B);
      }
    });

    test("data may be bytes of a data set, picked by index", async () => {
      const N = likelihood.columns(7);
      const [h, W, b, logVar] = make(device, [6, 3], [3, N], [N], [7]) as [Tensor, Tensor, Tensor, Tensor];
      const bytes = Uint8Array.from({ length: 5 * 7 }, (_, i) => (i * 53) % 256);
      const data = dataset(device, bytes, { columns: 7, scale: 1 / 255 });
      const order = tensor(device, [4, 2, 0, 1], [4], "u32");
      const picked = [2, 0, 1].flatMap((r) => Array.from(bytes.subarray(r * 7, r * 7 + 7), (v) => v / 255));
      const rows = likelihood.nll(h, W, b, batchOf(data, 3, 1, order.slice), own(logVar));
      await expectSame("nll", rows, likelihood.nll(h, W, b, tensor(device, picked, [3, 7]), own(logVar)), 10);
      data.dispose();
    });

    test("draws have the distribution's mean and variance, within five standard errors", async () => {
      const [n, D] = [4000, 3];
      const logits = [-2, 0.4, 3];
      const logVars = [-1, 0, 1.5];
      const row = likelihood.columns(D) === D ? logits : [...logits, ...logVars];
      const outputs = broadcastTo(tensor(device, row, [1, row.length]), [n, row.length]);
      const tensors = own(tensor(device, logVars));
      const draws = await likelihood.sample(outputs, key(11), tensors).read();
      const means = await likelihood.mean(outputs, tensors).read();
      expect([draws.length, means.length]).toEqual([n * D, n * D]);
      for (let d = 0; d < D; d++) {
        const column = Array.from({ length: n }, (_, i) => draws[i * D + d]! - means[d]!);
        const moment = (power: number): number => column.reduce((total, x) => total + x ** power, 0) / n;
        const want = variance(logits[d]!, logVars[d]!);
        expect(Math.abs(moment(1)), `mean of column ${d}`).toBeLessThan(5 * Math.sqrt(want / n));
        expect(Math.abs(moment(2) - want), `variance of column ${d}`).toBeLessThan(5 * Math.sqrt((moment(4) - moment(2) ** 2) / n));
      }
      expect(await likelihood.sample(outputs, key(11), tensors).read()).toEqual(draws);
      expect(await likelihood.sample(outputs, key(12), tensors).read()).not.toEqual(draws);
    });
  });

  test("draws of pixels lie where the data does: Bernoulli's are 0 or 1, the continuous Bernoulli's between, at any logits", async () => {
    const logits = tensor(device, [-1000, -30, -1e-7, 0, 1e-3, 30, 1000, 2], [2, 4]);
    const many = reshape(broadcastTo(logits, [500, 2, 4]), [1000, 4]);
    const binary = await bernoulli().sample(many, key(1)).read();
    expect(new Set(binary)).toEqual(new Set([0, 1]));
    const grey = await continuousBernoulli().sample(many, key(1)).read();
    expect(grey.every((x) => x >= 0 && x <= 1)).toBe(true);
    expect(new Set(grey).size).toBeGreaterThan(2000);
  });

  test("the continuous Bernoulli's quantile is u at logits 0, and finite at ±1000", async () => {
    const u = Float32Array.of(2 ** -24, 0.25, 0.5, 0.75, 1 - 2 ** -24);
    const at = (l: number): Promise<ArrayLike<number>> => continuousBernoulliQuantile(tensor(device, [l, l, l, l, l]), tensor(device, u)).read();
    for (const l of [0, 1e-6, -1e-3, 0.7, -5, 40, 1000, -1000]) {
      const x = await at(l);
      u.forEach((p, i) => {
        // the side of negative logits has no overflow; both sides are 12 ulp of values up to 1, and F's slope is at most |l|
        const v = l > 0 ? 1 - p : p;
        const size = Math.abs(l);
        const inner = size === 0 ? v : -Math.log1p(v * Math.expm1(-size)) / size;
        expect(Math.abs(x[i]! - (l > 0 ? 1 - inner : inner)), `l ${l}, u ${p}: ${x[i]}`).toBeLessThanOrEqual(1e-6 + 16 * 2 ** -23);
      });
    }
  });

  test("a learned variance never falls below its floor, in loss and draws, and its gradient leads back from below", async () => {
    const floor = 0.01;
    const [h, W, b] = make(device, [3, 2], [2, 4], [4]) as [Tensor, Tensor, Tensor];
    const x = unitData(device, 3, 4);
    const low = tensor(device, [-100, -50, -20, -4.7]);
    const nll = gaussianLearned({ floor }).nll(h, W, b, x, own(low));
    const want = tensor(
      device,
      [-100, -50, -20, -4.7].map((v) => 0.5 * Math.log(Math.exp(2 * v) + floor ** 2)),
    );
    await expectSame("nll", nll, sum(gaussianNll(add(matmul(h, W), b), want, x), [1]), 20);
    const [gradient] = grad(nll, [low], { cotangent: ones(device, [3]) });
    // residuals are of size 1 and the variance 0.01: the loss falls as the variance grows
    expect((await gradient!.read())[3]).toBeLessThan(-1);
    const free = gaussianLearned({ floor: 0 }).nll(h, W, b, x, own(low));
    expect((await free.read()).every((value) => value > 1e6)).toBe(true);

    const outputs = broadcastTo(tensor(device, [0.5, -90], [1, 2]), [4000, 2]);
    for (const [likelihood, values, tensors] of [
      [gaussianLearned({ floor }), columnsOf(outputs, 0, 1), own(tensor(device, [-90]))],
      [gaussianHead({ floor }), outputs, own(low)],
    ] as const) {
      const draws = await likelihood.sample(values, key(5), tensors).read();
      const variance = Array.from(draws, (v) => (v - 0.5) ** 2).reduce((total, v) => total + v, 0) / draws.length;
      expect(Math.abs(variance - floor)).toBeLessThan(5 * floor * Math.sqrt(2 / 4000));
    }
  });

  test("a head's variance never falls below its floor, and the default floor leaves ordinary variances alone", async () => {
    const [h, W] = make(device, [3, 2], [2, 4]) as [Tensor, Tensor];
    const x = unitData(device, 3, 2);
    const b = tensor(device, [0, 0, -500, 0]);
    const far = await gaussianHead({ floor: 0.5 }).nll(h, W, b, x).read();
    expect(far.every((value) => Number.isFinite(value) && value < 1000)).toBe(true);
    const [plain] = make(device, [4]);
    const [floored, free] = await Promise.all([{}, { floor: 0 }].map((options) => gaussianHead(options).nll(h, W, plain!, x).read()));
    floored!.forEach((value, i) => expect(Math.abs(value - free![i]!)).toBeLessThanOrEqual(2 ** -22 * Math.abs(value)));
  });
});

describe("the formulas", () => {
  const f64 = (): CpuDevice => new CpuDevice({ precision: "f64" });

  test.each(named)("the gradient check passes for %s, by the layer and by its own parameters", async (_, { likelihood }) => {
    const N = likelihood.columns(5);
    const inputs = [normals(1, [4, 3]), normals(2, [3, N]), normals(3, [N])];
    const target = (device: Device): Tensor => unitData(device, 2, 5);
    if (!likelihood.parameters) await checkGradient((h, W, b) => likelihood.nll(h, W, b, target(h.device)), inputs);
    else await checkGradient((h, W, b, v) => likelihood.nll(h, W, b, target(h.device), own(v)), [...inputs, normals(4, [5])]);
  });

  test("the gradient check passes where the floor acts", async () => {
    const inputs = [normals(1, [4, 3]), normals(2, [3, 5]), normals(3, [5])];
    await checkGradient((h, W, b, v) => gaussianLearned({ floor: 1 }).nll(h, W, b, unitData(h.device, 4, 5), own(v)), [...inputs, normals(4, [5])]);
    const wide = [normals(1, [4, 3]), normals(2, [3, 10]), normals(3, [10])];
    await checkGradient((h, W, b) => gaussianHead({ floor: 1 }).nll(h, W, b, unitData(h.device, 4, 5)), wide);
  });

  test.each([-40, -3, -0.5, 0, 1e-3, 2, 2.5, 12])(
    "the continuous Bernoulli's density integrates to 1 at logits %d, with the stated mean",
    async (l) => {
      const device = f64();
      const n = 200_000;
      const x = Float64Array.from({ length: n }, (_, i) => (i + 0.5) / n);
      const logits = broadcastTo(tensor(device, l), [n]);
      const nll = await sub(bernoulliNll(logits, tensor(device, x)), continuousBernoulliLogNormaliser(logits)).read();
      let [total, mean] = [0, 0];
      nll.forEach((value, i) => ((total += Math.exp(-value) / n), (mean += (x[i]! * Math.exp(-value)) / n)));
      // the midpoint rule is off by (l/n)²/24
      expect(Math.abs(total - 1)).toBeLessThan(1e-8);
      expect(Math.abs(mean - (await continuousBernoulliMean(tensor(device, [l])).read())[0]!)).toBeLessThan(1e-8);
    },
  );

  test("the fixed variance acts", async () => {
    const device = f64();
    const one = tensor(device, [1], [1, 1]);
    const nll = async (variance: number): Promise<number> => {
      return (
        await gaussian({ variance })
          .nll(one, one, tensor(device, [0]), tensor(device, [3], [1, 1]))
          .read()
      )[0]!;
    };
    for (const variance of [0.25, 1, 9]) expect(await nll(variance)).toBeCloseTo(0.5 * (Math.log(2 * Math.PI * variance) + 4 / variance), 12);
  });
});
