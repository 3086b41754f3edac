/** The twelve trajectories that PyTorch computed in f64: each optimizer, gradients that are ordinary, sparse, tiny and huge, clipping and a schedule. */
import { expect, test } from "vitest";
import { adam, adamW } from "../src/nn/adam.ts";
import { clipByNorm } from "../src/nn/clip.ts";
import type { FlatOptimizer } from "../src/nn/optimizer.ts";
import { Parameters } from "../src/nn/parameters.ts";
import { rmsprop } from "../src/nn/rmsprop.ts";
import { sgd } from "../src/nn/sgd.ts";
import { onEachDevice } from "./conformance.ts";
import { golden, type GoldenTensor, numbers } from "./golden.ts";

interface Hyper {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly alpha: number;
}

interface Case {
  readonly id: string;
  readonly optimizer: string;
  readonly hyper: Hyper;
  readonly extra: { readonly clip_norm?: number; readonly lr_gamma?: number } | null;
  readonly p0: GoldenTensor;
  readonly grads: GoldenTensor;
  readonly trajectory: GoldenTensor;
}

const { cases } = golden<{ cases: readonly Case[] }>("optim_golden.json");

/** The optimizer of a case: "adam_l2", "sgd_nesterov" and the like are named by their first word. */
function optimizerOf({ optimizer, hyper: h }: Case): (parameters: Parameters) => FlatOptimizer {
  const common = { learningRate: h.lr, weightDecay: h.weight_decay };
  switch (optimizer.split("_")[0]) {
    case "adam":
      return adam({ ...common, beta1: h.betas[0], beta2: h.betas[1], epsilon: h.eps });
    case "adamw":
      return adamW({ ...common, beta1: h.betas[0], beta2: h.betas[1], epsilon: h.eps });
    case "sgd":
      return sgd({ ...common, momentum: h.momentum, nesterov: h.nesterov });
    case "rmsprop":
      return rmsprop({ ...common, alpha: h.alpha, epsilon: h.eps });
    default:
      throw new Error(`no optimizer for ${optimizer}`);
  }
}

test("the reference data has twelve trajectories", () => {
  expect(cases.map(({ id }) => id.replace("_ordinary", ""))).toEqual([
    ...["adam", "adam_sparse", "adam_tiny_huge", "adam_custom", "adam_l2", "adamw"],
    ...["sgd", "sgd_momentum", "sgd_nesterov", "rmsprop", "adam_clipnorm", "adam_explr"],
  ]);
});

await onEachDevice((device) => {
  test.each(cases.map((c) => [c.id, c] as const))("%s", async (_, c) => {
    const [steps, n] = c.trajectory.shape as readonly [number, number];
    const parameters = new Parameters(device, [{ name: "p", shape: [n], values: numbers(c.p0) }]);
    const optimizer = optimizerOf(c)(parameters);
    const [gradients, trajectory] = [numbers(c.grads), numbers(c.trajectory)];
    for (let t = 0; t < steps; t++) {
      device.write(parameters.gradients[0]!.slice, gradients.slice(t * n, (t + 1) * n));
      if (c.extra?.clip_norm !== undefined) clipByNorm(parameters, c.extra.clip_norm);
      optimizer.step(c.hyper.lr * (c.extra?.lr_gamma ?? 1) ** t);
      const got = await parameters.tensors.get("p")!.read();
      got.forEach((value, i) => {
        const want = trajectory[t * n + i]!;
        expect(Math.abs(value - want), `step ${t + 1}, element ${i}: ${value}, want ${want}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(want)));
      });
    }
    parameters.dispose();
  });
});
