/** The four plain Adam trajectories that PyTorch computed in f64: ordinary, sparse, tiny and huge gradients, custom constants. */
import { expect, test } from "vitest";
import { Adam } from "../src/nn/adam.ts";
import { Parameters } from "../src/nn/parameters.ts";
import { onEachDevice } from "./conformance.ts";
import { golden, type GoldenTensor, numbers } from "./golden.ts";

interface Case {
  readonly id: string;
  readonly optimizer: string;
  readonly hyper: { readonly lr: number; readonly betas: readonly [number, number]; readonly eps: number };
  readonly p0: GoldenTensor;
  readonly grads: GoldenTensor;
  readonly trajectory: GoldenTensor;
}

const cases = golden<{ cases: readonly Case[] }>("optim_golden.json").cases.filter(({ optimizer }) => optimizer === "adam");

test("the reference data has the four plain Adam trajectories", () => {
  expect(cases.map(({ id }) => id)).toEqual(["adam_ordinary", "adam_sparse", "adam_tiny_huge", "adam_custom"]);
});

await onEachDevice((device) => {
  test.each(cases.map((c) => [c.id, c] as const))("%s", async (_, c) => {
    const [steps, n] = c.trajectory.shape as readonly [number, number];
    const { lr, betas, eps } = c.hyper;
    const parameters = new Parameters(device, [{ name: "p", shape: [n], values: numbers(c.p0) }]);
    const adam = new Adam(parameters, { learningRate: lr, beta1: betas[0], beta2: betas[1], epsilon: eps });
    const [gradients, trajectory] = [numbers(c.grads), numbers(c.trajectory)];
    for (let t = 0; t < steps; t++) {
      device.write(parameters.gradients[0]!.slice, gradients.slice(t * n, (t + 1) * n));
      adam.step();
      const got = await parameters.tensors.get("p")!.read();
      got.forEach((value, i) => {
        const want = trajectory[t * n + i]!;
        expect(Math.abs(value - want), `step ${t + 1}, element ${i}: ${value}, want ${want}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(want)));
      });
    }
    parameters.dispose();
  });
});
