/** The golden trajectories of the optimizers: parameters after each of a few steps with given gradients. */
import type { Device } from "../../device/device.ts";
import { FormatError } from "../../formats/format_error.ts";
import { adam, adamW } from "../../nn/adam.ts";
import { clipByNorm } from "../../nn/clip.ts";
import type { FlatOptimizer } from "../../nn/optimizer.ts";
import { Parameters } from "../../nn/parameters.ts";
import { rmsprop } from "../../nn/rmsprop.ts";
import { sgd } from "../../nn/sgd.ts";
import type { Agreement } from "./agreement.ts";
import { type GoldenCase, type GoldenTensor, numbers, parseGolden } from "./golden.ts";

interface Hyper {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly alpha: number;
}

interface Trajectory {
  readonly id: string;
  readonly optimizer: string;
  readonly hyper: Hyper;
  readonly extra: { readonly clip_norm?: number; readonly lr_gamma?: number } | null;
  readonly p0: GoldenTensor;
  readonly grads: GoldenTensor;
  readonly trajectory: GoldenTensor;
}

/** The cases of optim_golden.json; FormatError for an optimizer that there is none of. */
export function optimizerCases(text: string): GoldenCase[] {
  const { cases } = parseGolden<{ cases: readonly Trajectory[] }>("optim_golden.json", text, "cases");
  return cases.map((c) => {
    const make = optimizerOf(c);
    return { id: c.id, of: c.id, run: (device) => runTrajectory(device, c, make) };
  });
}

/** The optimizer of a case: "adam_l2", "sgd_nesterov" and the like are named by their first word. */
function optimizerOf({ id, optimizer, hyper: h }: Trajectory): (parameters: Parameters) => FlatOptimizer {
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
      throw new FormatError(`optim_golden.json: optimizer is one of adam, adamw, sgd, rmsprop, got "${optimizer}" in case ${id}`);
  }
}

/** |got − want| ≤ 1e-6·max(1, |want|) after every step. */
async function runTrajectory(device: Device, c: Trajectory, make: (parameters: Parameters) => FlatOptimizer): Promise<Agreement[]> {
  const [steps, n] = c.trajectory.shape as readonly [number, number];
  const parameters = new Parameters(device, [{ name: "p", shape: [n], values: numbers(c.p0) }]);
  try {
    const optimizer = make(parameters);
    const [gradients, trajectory] = [numbers(c.grads), numbers(c.trajectory)];
    const comparisons: Agreement[] = [];
    for (let t = 0; t < steps; t++) {
      device.write(parameters.gradients[0]!.slice, gradients.slice(t * n, (t + 1) * n));
      if (c.extra?.clip_norm !== undefined) clipByNorm(parameters, c.extra.clip_norm);
      optimizer.step(c.hyper.lr * (c.extra?.lr_gamma ?? 1) ** t);
      const want = trajectory.slice(t * n, (t + 1) * n);
      const tolerance = want.map((w) => 1e-6 * Math.max(1, Math.abs(w)));
      comparisons.push({ what: `parameters after step ${t + 1}`, got: await parameters.tensors.get("p")!.read(), want, tolerance });
    }
    return comparisons;
  } finally {
    parameters.dispose();
  }
}
