/** The nine golden VAEs (golden/README.md) through the class Vae and `elbo`, the path that trains: values, all gradients and five Adam steps. */
import { grad } from "../../autodiff.ts";
import type { Device } from "../../device/device.ts";
import { Adam } from "../../nn/adam.ts";
import { add, gaussianKl, mul } from "../../ops/binary.ts";
import { slice } from "../../ops/shape_ops.ts";
import type { ActivationName } from "../../ops/activation.ts";
import { type Tensor, tensor } from "../../tensor.ts";
import { bernoulli } from "../../vae/likelihoods/bernoulli.ts";
import { gaussian } from "../../vae/likelihoods/gaussian.ts";
import { gaussianHead } from "../../vae/likelihoods/gaussian_head.ts";
import { gaussianLearned } from "../../vae/likelihoods/gaussian_learned.ts";
import type { Likelihood } from "../../vae/likelihoods/likelihood.ts";
import { elbo } from "../../vae/objectives/elbo.ts";
import { Vae } from "../../vae/vae.ts";
import type { Agreement } from "./agreement.ts";
import { type GoldenCase, numbers, parseGolden } from "./golden.ts";
import { beside, type GoldenVae, joinedHeads, type Layer, vaeTolerance } from "./golden_vae.ts";

/** The cases of vae_golden.json. */
export function vaeCases(text: string): GoldenCase[] {
  const { cases } = parseGolden<{ cases: readonly GoldenVae[] }>("vae_golden.json", text, "cases");
  return cases.map((c) => ({ id: c.id, of: c.id, run: (device) => runVae(device, c) }));
}

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
export function named(params: GoldenVae["params"]): Map<string, Layer> {
  const all = new Map([...joinedHeads(params)].filter(([name]) => !/x_logvar\./.test(name)).map(([name, layer]) => [ourName(name), layer]));
  for (const part of ["W", "b"]) {
    const head = params[`dec.x_logvar.${part}`];
    if (head) all.set(ourName(`dec.out.${part}`), beside(params[`dec.out.${part}`]!, head));
  }
  return all;
}

const activationOf = (name: string): ActivationName => (name === "leaky_relu" ? "leakyRelu" : (name as ActivationName));

/** The model with the golden parameters. */
export function build(device: Device, { config, params }: GoldenVae): Vae {
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

/** A tensor, what it should hold, and the name of what PyTorch's own f32 error is given for. */
type Quantity = readonly [what: string, got: Tensor, want: Float64Array, of: string];

/** The quantities of the first step, and its gradients. */
function firstStep({ config, expected: want, ...c }: GoldenVae, vae: Vae, pass: (t: number) => ReturnType<typeof elbo>): Quantity[] {
  const { batch: B, latent: L } = config;
  const { objective, reconstruction, kl, z, meanLogVar } = pass(0);
  const [mean, logVar] = [slice(meanLogVar, [0, 0], [B, L]), slice(meanLogVar, [0, L], [B, 2 * L])];
  const wanted = named(want.grads);
  const parameters = [...vae.parameters.tensors];
  const gradients = grad(
    objective,
    parameters.map(([, t]) => t),
  );
  return [
    ["mean", mean, numbers(want.mu), "mu"],
    ["logVar", logVar, numbers(want.logvar), "logvar"],
    ["z", z, numbers(want.z), "z"],
    ["decoded", vae.decode(z), meansOf({ config, expected: want, ...c }), "recon"],
    ["reconstruction", reconstruction, numbers(want.recon_term), "recon_term"],
    ["kl", kl, numbers(want.kl), "kl"],
    ["kl per dimension", gaussianKl(mean, logVar), numbers(want.kl_per_dim), "kl"],
    ["elbo", mul(add(reconstruction, kl), -1), numbers(want.elbo), "elbo"],
    ["objective", objective, Float64Array.of(want.objective), "objective"],
    ...parameters.map(([name], i): Quantity => [`gradient of ${name}`, gradients[i]!, wanted.get(name)!.values, "grads"]),
  ];
}

async function runVae(device: Device, c: GoldenVae): Promise<Agreement[]> {
  const { batch: B, latent: L, beta } = c.config;
  const vae = build(device, c);
  const noises = numbers(c.noise_steps);
  const noise = (t: number): Tensor => tensor(device, noises.slice(t * B * L, (t + 1) * B * L), [B, L]);
  const pass = (t: number): ReturnType<typeof elbo> => elbo(vae, tensor(device, numbers(c.x), c.x.shape), { beta, noise: noise(t) });
  const compared = async ([what, got, want, of]: Quantity): Promise<Agreement> => {
    const values = await got.read();
    return { what, got: values, want, tolerance: vaeTolerance(device, want, c.torch_float32_max_abs_dev[of]!) };
  };
  try {
    const first = device.scope(() => firstStep(c, vae, pass));
    const comparisons = [];
    for (const quantity of first) comparisons.push(await compared(quantity));
    first.forEach(([, t]) => t.dispose());

    const adam = new Adam(vae.parameters);
    for (const [t, value] of c.expected.adam5.objective_before_each_step.entries()) {
      const objective = device.scope(() => {
        const step = pass(t);
        grad(step.objective, [...vae.parameters.tensors.values()], { into: vae.parameters.gradients });
        adam.step();
        return step.objective;
      });
      comparisons.push(await compared([`objective before step ${t + 1}`, objective, Float64Array.of(value), "objective"]));
      objective.dispose();
    }
    const trained = named(c.expected.adam5.params);
    for (const [name, t] of vae.parameters.tensors) {
      comparisons.push(await compared([`${name} after five steps`, t, trained.get(name)!.values, "adam5_params"]));
    }
    return comparisons;
  } finally {
    vae.dispose();
  }
}
