import { describe, expect, test } from "vitest";
import { dataset } from "../../../src/data/dataset.ts";
import { CpuDevice } from "../../../src/device/cpu.ts";
import { continuousBernoulliQuantile } from "../../../src/ops/continuous_bernoulli.ts";
import { sigmoid } from "../../../src/ops/unary.ts";
import type { Tensor } from "../../../src/tensor.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { composedNll } from "../../../src/vae/likelihoods/composed_nll.ts";
import { continuousBernoulli } from "../../../src/vae/likelihoods/continuous_bernoulli.ts";
import { gaussian } from "../../../src/vae/likelihoods/gaussian.ts";
import { gaussianHead } from "../../../src/vae/likelihoods/gaussian_head.ts";
import { gaussianLearned } from "../../../src/vae/likelihoods/gaussian_learned.ts";
import type { Likelihood } from "../../../src/vae/likelihoods/likelihood.ts";
import { likelihoodNamed, likelihoodNames } from "../../../src/vae/likelihoods/registry.ts";
import { make } from "../../support/compare.ts";

const all: readonly Likelihood[] = [bernoulli(), continuousBernoulli(), gaussian({ variance: 0.3 }), gaussianLearned(), gaussianHead({ floor: 0 })];

describe("names and options", () => {
  test("every likelihood is itself again by its name and its options as JSON", () => {
    expect(likelihoodNames).toEqual(all.map(({ name }) => name));
    for (const likelihood of [...all, gaussianLearned({ floor: 0.25 })]) {
      const { name, options } = likelihoodNamed(likelihood.name, JSON.parse(JSON.stringify(likelihood.options)) as Record<string, number>);
      expect([name, options]).toEqual([likelihood.name, likelihood.options]);
    }
    expect(likelihoodNamed("gaussian").options).toEqual({ variance: 1 });
    expect(likelihoodNamed("gaussianHead", { floor: 0.1 }).options).toEqual({ floor: 0.1 });
  });

  test("unknown names, unknown options and impossible values are refused", () => {
    expect(() => likelihoodNamed("poisson")).toThrow(
      new RangeError('likelihood: the likelihoods are bernoulli, continuousBernoulli, gaussian, gaussianLearned, gaussianHead, got "poisson"'),
    );
    expect(() => likelihoodNamed("constructor")).toThrow(RangeError);
    expect(() => likelihoodNamed("gaussian", { floor: 1 })).toThrow(new TypeError('gaussian: the options are { variance }, got "floor"'));
    expect(() => likelihoodNamed("bernoulli", { floor: 1 })).toThrow(new TypeError('bernoulli: there are no options, got "floor"'));
    for (const variance of [0, -1, NaN, Infinity]) {
      expect(() => gaussian({ variance })).toThrow(new RangeError(`gaussian: variance is a positive number, got ${variance}`));
    }
    expect(() => gaussian({ variance: "1" as unknown as number })).toThrow(new TypeError('gaussian: variance is a positive number, got "1"'));
    for (const floor of [-1e-9, NaN, Infinity]) {
      expect(() => gaussianLearned({ floor })).toThrow(new RangeError(`gaussianLearned: floor is a variance of at least 0, got ${floor}`));
      expect(() => gaussianHead({ floor })).toThrow(new RangeError(`gaussianHead: floor is a variance of at least 0, got ${floor}`));
    }
  });

  test("data that a distribution cannot have made is refused with its first offender", () => {
    const device = new CpuDevice();
    const data = dataset(device, Uint8Array.of(0, 1, 0, 255, 1, 7), { columns: 3 });
    for (const likelihood of all) {
      const check = (): void => likelihood.check(data);
      if (likelihood.name.startsWith("gaussian")) check();
      else {
        const rule = "data must lie in [0, 1], found 255 at row 1, column 0 (divide by 255, or use gaussian())";
        expect(check).toThrow(new RangeError(`${likelihood.name}: ${rule}`));
      }
    }
  });

  test("wrong operands are refused in one line", () => {
    const device = new CpuDevice();
    const [h, W, b, x] = make(device, [4, 3], [3, 5], [5], [4, 5]) as [Tensor, Tensor, Tensor, Tensor];
    expect(() => gaussianLearned().nll(h, W, b, x)).toThrow('gaussianLearned: own holds "likelihood.logVar", got none (pass the model\'s tensors)');
    expect(() => continuousBernoulli().nll(h, W, b, make(device, [3, 5])[0]!)).toThrow(
      "nll: the rows of h are a multiple of the rows of x, got h [4, 3] and x [3, 5] (S samples are rows s·B + i)",
    );
    expect(() => composedNll(h, W, b, make(device, [4, 1])[0]!, (outputs) => sigmoid(outputs))).toThrow(
      "nll: a loss for each feature has shape [1, 4, 1], got [1, 4, 5] (outputs are [4, 5])",
    );
    expect(() => continuousBernoulliQuantile(x, b)).toThrow("continuousBernoulliQuantile: logits and u have one shape, got [4, 5] and [5]");
  });
});
