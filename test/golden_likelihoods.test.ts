/** The nine golden VAEs once more, through the class Vae, its likelihoods and `elbo`: values, all gradients and five Adam steps. */
import { test } from "vitest";
import { grad } from "../src/autodiff.ts";
import type { Device } from "../src/device/device.ts";
import { Adam } from "../src/nn/adam.ts";
import { add, gaussianKl, mul } from "../src/ops/binary.ts";
import { slice } from "../src/ops/shape_ops.ts";
import type { ActivationName } from "../src/ops/unary_table.ts";
import { type Tensor, tensor } from "../src/tensor.ts";
import { elbo } from "../src/vae/elbo.ts";
import { bernoulli, gaussian, gaussianHead, gaussianLearned, type Likelihood } from "../src/vae/likelihoods.ts";
import { Vae } from "../src/vae/vae.ts";
import { onEachDevice } from "./conformance.ts";
import { numbers } from "./golden.ts";
import { beside, cases, expectClose, type GoldenVae, joinedHeads, type Layer } from "./golden_vae.ts";

function likelihoodOf({ likelihood, x_var: variance = 1 }: GoldenVae["config"]): Likelihood {
  if (likelihood === "bernoulli_logits") return bernoulli();
  if (likelihood === "gaussian_fixed") return gaussian({ variance });
  return likelihood === "gaussian_dim_logvar" ? gaussianLearned() : gaussianHead();
}

const ourName = (name: string): string =>
  name
    .replace(/^dec\.x_logvar$/, "likelihood.logVar")
    .replace(/^enc\.(\d)/, "encoder.$1")
    .replace(/^dec\.(\d)/, "decoder.$1")
    .replace(/^dec\.out/, "output")
    .replace(/\.W$/, ".weight")
    .replace(/\.b$/, ".bias");

/** Golden parameters, or gradients by them, under our names; a head for the log-variances is part of the output layer, after the means. */
function named(params: GoldenVae["params"]): Map<string, Layer> {
  const all = new Map([...joinedHeads(params)].filter(([name]) => !/x_logvar\./.test(name)).map(([name, layer]) => [ourName(name), layer]));
  for (const part of ["W", "b"]) {
    const head = params[`dec.x_logvar.${part}`];
    if (head) all.set(ourName(`dec.out.${part}`), beside(params[`dec.out.${part}`]!, head));
  }
  return all;
}

const activationOf = (name: string): ActivationName => (name === "leaky_relu" ? "leakyRelu" : (name as ActivationName));

function build(device: Device, { config, params }: GoldenVae): Vae {
  const vae = new Vae(device, {
    input: config.x_dim,
    hidden: config.enc_hidden,
    latent: config.latent,
    activation: activationOf(config.enc_act),
    decoderHidden: config.dec_hidden,
    decoderActivation: activationOf(config.dec_act),
    likelihood: likelihoodOf(config),
    seed: 0,
  });
  const values = named(params);
  for (const [name, { slice }] of vae.parameters.tensors) device.write(slice, values.get(name)!.values);
  return vae;
}

/** What `decode` makes of the golden outputs: probabilities of logits, or the means themselves. */
function meansOf({ config, expected }: GoldenVae): Float64Array {
  const outputs = numbers(expected.recon);
  return config.likelihood === "bernoulli_logits" ? outputs.map((l) => 1 / (1 + Math.exp(-l))) : outputs;
}

await onEachDevice((device) => {
  test.each(cases.map((c) => [c.id, c] as const))("%s", async (_id, c) => {
    const { batch: B, latent: L, beta } = c.config;
    const { expected: want, torch_float32_max_abs_dev: dev } = c;
    const vae = build(device, c);
    const parameters = [...vae.parameters.tensors];
    const x = tensor(device, numbers(c.x), c.x.shape);
    const noises = numbers(c.noise_steps);
    const pass = (t: number) => elbo(vae, x, { beta, noise: tensor(device, noises.slice(t * B * L, (t + 1) * B * L), [B, L]) });

    const { objective, reconstruction, kl, z, meanLogVar } = pass(0);
    const [mean, logVar] = [slice(meanLogVar, [0, 0], [B, L]), slice(meanLogVar, [0, L], [B, 2 * L])];
    const close = (what: string, got: Tensor, values: Float64Array, of: string): Promise<void> => expectClose(device, what, got, values, dev[of]!);
    await close("mean", mean, numbers(want.mu), "mu");
    await close("logVar", logVar, numbers(want.logvar), "logvar");
    await close("z", z, numbers(want.z), "z");
    await close("decoded", vae.decode(z), meansOf(c), "recon");
    await close("reconstruction", reconstruction, numbers(want.recon_term), "recon_term");
    await close("kl", kl, numbers(want.kl), "kl");
    await close("kl per dimension", gaussianKl(mean, logVar), numbers(want.kl_per_dim), "kl");
    await close("elbo", mul(add(reconstruction, kl), -1), numbers(want.elbo), "elbo");
    await close("objective", objective, Float64Array.of(want.objective), "objective");

    const tensors = parameters.map(([, t]) => t);
    const wanted = named(want.grads);
    for (const [i, gradient] of grad(objective, tensors).entries()) {
      const [name] = parameters[i]!;
      await close(`gradient of ${name}`, gradient, wanted.get(name)!.values, "grads");
    }

    const adam = new Adam(vae.parameters);
    for (const [t, value] of want.adam5.objective_before_each_step.entries()) {
      const step = pass(t);
      await close(`objective before step ${t + 1}`, step.objective, Float64Array.of(value), "objective");
      grad(step.objective, tensors, { into: vae.parameters.gradients });
      adam.step();
    }
    const trained = named(want.adam5.params);
    for (const [name, t] of parameters) await close(`${name} after five steps`, t, trained.get(name)!.values, "adam5_params");
    vae.dispose();
  });
});
