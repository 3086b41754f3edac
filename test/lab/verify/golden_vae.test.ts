/**
 * Nine VAEs whose every quantity PyTorch computed in f64 (golden/README.md): values, all gradients and five Adam steps, through the fused ops
 * and through the plain composition that specifies them.
 */
import { describe, expect, test } from "vitest";
import { grad } from "../../../src/autodiff.ts";
import { Adam } from "../../../src/nn/adam.ts";
import { Parameters } from "../../../src/nn/parameters.ts";
import { add, bernoulliNll, gaussianKl, mul } from "../../../src/ops/binary.ts";
import { dense } from "../../../src/ops/dense.ts";
import { denseBernoulliNll, denseGaussianNll } from "../../../src/ops/dense_nll.ts";
import { weightedSums } from "../../../src/ops/elbo_sums.ts";
import { heads } from "../../../src/ops/heads.ts";
import { matmul } from "../../../src/ops/matmul.ts";
import { gaussianNll } from "../../../src/ops/probability.ts";
import { sum } from "../../../src/ops/reduce.ts";
import { slice } from "../../../src/ops/shape_ops.ts";
import { elu, exp, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "../../../src/ops/unary.ts";
import type { ActivationName } from "../../../src/ops/activation.ts";
import { type Tensor, tensor } from "../../../src/tensor.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { numbers } from "../../support/golden.ts";
import { cases, expectClose, type GoldenVae, joinedHeads } from "../../support/golden_vae.ts";

const ACTIVATIONS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  identity: (x) => x,
  relu,
  tanh,
  sigmoid,
  softplus,
  gelu,
  silu,
  elu,
  leaky_relu: leakyRelu,
};

interface Pass {
  readonly mean: Tensor;
  readonly logVar: Tensor;
  readonly z: Tensor;
  readonly outputs: Tensor;
  readonly reconstruction: Tensor;
  readonly kl: Tensor;
  readonly objective: Tensor;
}

type Latent = Pick<Pass, "mean" | "logVar" | "z" | "kl">;

function fusedHeads(h: Tensor, p: (name: string) => Tensor, noise: Tensor, B: number, L: number): Latent {
  const { z, kl, meanLogVar } = heads(h, p("heads.W"), p("heads.b"), noise);
  return { mean: slice(meanLogVar, [0, 0], [B, L]), logVar: slice(meanLogVar, [0, L], [B, 2 * L]), z, kl };
}

function composedHeads(both: Tensor, noise: Tensor, B: number, L: number): Latent {
  const [mean, logVar] = [slice(both, [0, 0], [B, L]), slice(both, [0, L], [B, 2 * L])];
  return { mean, logVar, z: add(mean, mul(exp(mul(logVar, 0.5)), noise)), kl: sum(gaussianKl(mean, logVar), [1]) };
}

/** One forward pass, fused or as the composition of plain ops. */
function forward({ config }: GoldenVae, P: ReadonlyMap<string, Tensor>, x: Tensor, noise: Tensor, fused: boolean): Pass {
  const { latent: L, batch: B, beta, likelihood } = config;
  const p = (name: string): Tensor => P.get(name)!;
  const layer = (input: Tensor, name: string, act: string): Tensor => {
    const name2 = (act === "leaky_relu" ? "leakyRelu" : act) as ActivationName;
    if (fused) return dense(input, p(`${name}.W`), p(`${name}.b`), { activation: name2 });
    return ACTIVATIONS[act]!(add(matmul(input, p(`${name}.W`)), p(`${name}.b`)));
  };
  let h = x;
  config.enc_hidden.forEach((_, i) => (h = layer(h, `enc.${i}`, config.enc_act)));

  const { mean, logVar, z, kl } = fused ? fusedHeads(h, p, noise, B, L) : composedHeads(layer(h, "heads", "identity"), noise, B, L);
  let d = z;
  config.dec_hidden.forEach((_, i) => (d = layer(d, `dec.${i}`, config.dec_act)));
  const outputs = layer(d, "dec.out", "identity");
  const [W, b] = [p("dec.out.W"), p("dec.out.b")];
  const fixed = Math.log(config.x_var ?? 1);
  let reconstruction: Tensor;
  if (likelihood === "bernoulli_logits") reconstruction = fused ? denseBernoulliNll(d, W, b, x) : sum(bernoulliNll(outputs, x), [1]);
  else if (likelihood === "gaussian_head_logvar") reconstruction = sum(gaussianNll(outputs, layer(d, "dec.x_logvar", "identity"), x), [1]);
  else {
    const variance = likelihood === "gaussian_fixed" ? fixed : p("dec.x_logvar");
    reconstruction = fused ? denseGaussianNll(d, W, b, variance, x) : sum(gaussianNll(outputs, variance, x), [1]);
  }
  const objective = fused ? weightedSums(reconstruction, kl, { nll: 1 / B, kl: beta / B }) : mul(sum(add(reconstruction, mul(kl, beta))), 1 / B);
  return { mean, logVar, z, outputs, reconstruction, kl, objective };
}

await onEachDevice((device) => {
  describe.each([
    ["fused", true],
    ["composed", false],
  ] as const)("%s", (_, fused) => {
    test.each(cases.map((c) => [c.id, c] as const))("%s", async (_id, c) => {
      const { batch: B, latent: L } = c.config;
      const names = [...joinedHeads(c.params)];
      const parameters = new Parameters(
        device,
        names.map(([name, spec]) => ({ name, ...spec })),
      );
      const x = tensor(device, numbers(c.x), c.x.shape);
      const noises = numbers(c.noise_steps);
      const noiseOf = (t: number): Tensor => tensor(device, noises.slice(t * B * L, (t + 1) * B * L), [B, L]);
      const dev = c.torch_float32_max_abs_dev;

      const pass = forward(c, parameters.tensors, x, noiseOf(0), fused);
      const want = c.expected;
      await expectClose(device, "mean", pass.mean, numbers(want.mu), dev["mu"]!);
      await expectClose(device, "logVar", pass.logVar, numbers(want.logvar), dev["logvar"]!);
      await expectClose(device, "z", pass.z, numbers(want.z), dev["z"]!);
      await expectClose(device, "outputs", pass.outputs, numbers(want.recon), dev["recon"]!);
      await expectClose(device, "reconstruction", pass.reconstruction, numbers(want.recon_term), dev["recon_term"]!);
      await expectClose(device, "kl", pass.kl, numbers(want.kl), dev["kl"]!);
      await expectClose(device, "klPerDim", gaussianKl(pass.mean, pass.logVar), numbers(want.kl_per_dim), dev["kl"]!);
      await expectClose(device, "elbo", mul(add(pass.reconstruction, pass.kl), -1), numbers(want.elbo), dev["elbo"]!);
      await expectClose(device, "objective", pass.objective, Float64Array.of(want.objective), dev["objective"]!);

      const gradients = grad(pass.objective, [...parameters.tensors.values()]);
      const wanted = [...joinedHeads(want.grads)];
      for (const [i, [name, spec]] of wanted.entries()) {
        expect(name).toBe(names[i]![0]);
        await expectClose(device, `gradient of ${name}`, gradients[i]!, spec.values, dev["grads"]!);
      }

      const adam = new Adam(parameters);
      for (const [t, objective] of want.adam5.objective_before_each_step.entries()) {
        const step = forward(c, parameters.tensors, x, noiseOf(t), fused);
        await expectClose(device, `objective before step ${t + 1}`, step.objective, Float64Array.of(objective), dev["objective"]!);
        grad(step.objective, [...parameters.tensors.values()], { into: parameters.gradients });
        adam.step();
      }
      for (const [name, spec] of joinedHeads(want.adam5.params)) {
        await expectClose(device, `${name} after five steps`, parameters.tensors.get(name)!, spec.values, dev["adam5_params"]!);
      }
      parameters.dispose();
    });
  });
});
