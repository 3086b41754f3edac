/** The trained model of golden/ (golden/README.md), what an evaluator finds on it, and the images that it is judged on. */
import { type Dataset, dataset } from "../../src/data/dataset.ts";
import type { Device } from "../../src/device/device.ts";
import { fromHalves } from "../../src/device/half.ts";
import { unpackBits } from "../../src/formats/bits.ts";
import { parseNpy } from "../../src/formats/npy.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { Vae } from "../../src/vae/vae.ts";
import { goldenBytes } from "./files.ts";
import { golden } from "./golden.ts";

interface Judged {
  readonly manifest: readonly { readonly name: string; readonly shape: readonly number[]; readonly offset: number }[];
  readonly deterministic: {
    readonly mean_kl: number;
    readonly kl_per_dim: readonly number[];
    readonly var_of_mu: readonly number[];
    readonly active_units_var_gt_0_01: number;
    readonly recon_nll_at_mu_mean: number;
    readonly mu_first3: readonly (readonly number[])[];
    readonly logvar_first3: readonly (readonly number[])[];
    readonly recon_nll_at_mu_first10: readonly number[];
    readonly noise_3x10x50: readonly number[];
    readonly log_w_3x10: readonly (readonly number[])[];
  };
  readonly monte_carlo: { readonly neg_elbo_mean_500_samples: number; readonly nll_500: number; readonly per_image_sd_of_nll: number };
}

export const judged: Judged = golden<Judged>("trained_vae.json");

const IMAGES = 1000;
const PIXELS = 784;
export const LATENT = 50;

/** The last `length` values of f16 in a file: what comes before is its header. */
async function halves(file: string, length: number): Promise<Float32Array> {
  const bytes = await goldenBytes(file);
  return fromHalves(new Uint16Array(bytes.slice(bytes.length - 2 * length).buffer));
}

const NAMES: Readonly<Record<string, string>> = { enc: "encoder", dec: "decoder", W: "weight", b: "bias" };
/** `enc.0.W` to `encoder.0.weight`. */
const ourName = (name: string): string =>
  name
    .replace("dec.out", "output")
    .split(".")
    .map((part) => NAMES[part] ?? part)
    .join(".");

/** The 784-200-200-50 model with the weights of the file. */
export async function trainedVae(device: Device): Promise<Vae> {
  const sizes = judged.manifest.map(({ shape }) => shape.reduce((a, b) => a * b));
  const flat = await halves(
    "trained_vae_f16.npy",
    sizes.reduce((a, b) => a + b),
  );
  const values = new Map(judged.manifest.map(({ name, offset }, i) => [ourName(name), flat.subarray(offset, offset + sizes[i]!)]));
  const vae = new Vae(device, { input: PIXELS, hidden: [200, 200], latent: LATENT, likelihood: bernoulli(), activation: "tanh", seed: 0 });
  for (const [name, { slice, shape }] of vae.parameters.tensors) device.write(slice, values.get(name) ?? headsOf(values, name, shape[0]!));
  return vae;
}

/** Means and log-variances side by side: rows of 2L columns, or for the bias one. */
function headsOf(values: ReadonlyMap<string, Float32Array>, name: string, rows: number): Float32Array {
  const part = name.split(".")[1]!;
  const [mean, logVar] = [values.get(`encoder.mu.${part}`)!, values.get(`encoder.logvar.${part}`)!];
  const both = new Float32Array(2 * mean.length);
  for (let row = 0; row < (part === "bias" ? 1 : rows); row++) {
    both.set(mean.subarray(row * LATENT, (row + 1) * LATENT), 2 * row * LATENT);
    both.set(logVar.subarray(row * LATENT, (row + 1) * LATENT), (2 * row + 1) * LATENT);
  }
  return both;
}

/** The first images of the fixed binarised test set, as bytes of 0 and 1. */
export async function binaryImages(count: number = IMAGES): Promise<Uint8Array> {
  const file = "mnist_test_bin1000_packed.npy";
  const { data } = parseNpy(await goldenBytes(file), file);
  return unpackBits(data as Uint8Array, IMAGES, PIXELS, file).subarray(0, count * PIXELS);
}

export async function binaryDataset(device: Device, count?: number): Promise<Dataset> {
  return dataset(device, await binaryImages(count), { columns: PIXELS });
}
