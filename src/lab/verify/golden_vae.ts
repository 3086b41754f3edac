/** A golden VAE as vae_golden.json has it, its parameters as the engine holds them, and how close to it one has to be. */
import type { Device } from "../../device/device.ts";
import { type GoldenTensor, numbers } from "./golden.ts";

export interface GoldenVae {
  readonly id: string;
  readonly config: {
    readonly x_dim: number;
    readonly enc_hidden: readonly number[];
    readonly enc_act: string;
    readonly latent: number;
    readonly dec_hidden: readonly number[];
    readonly dec_act: string;
    readonly likelihood: "bernoulli_logits" | "gaussian_fixed" | "gaussian_dim_logvar" | "gaussian_head_logvar";
    readonly beta: number;
    readonly batch: number;
    readonly x_var?: number;
  };
  readonly params: Readonly<Record<string, GoldenTensor>>;
  readonly x: GoldenTensor;
  readonly noise_steps: GoldenTensor;
  readonly expected: Readonly<Record<"mu" | "logvar" | "z" | "recon" | "recon_term" | "kl_per_dim" | "kl" | "elbo", GoldenTensor>> & {
    readonly objective: number;
    readonly grads: Readonly<Record<string, GoldenTensor>>;
    readonly adam5: { readonly objective_before_each_step: readonly number[]; readonly params: Readonly<Record<string, GoldenTensor>> };
  };
  readonly torch_float32_max_abs_dev: Readonly<Record<string, number>>;
}

/** A parameter as the engine holds it. */
export interface Layer {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** The columns of two tensors of one shape side by side, first those of `left`. */
export function beside(left: GoldenTensor, right: GoldenTensor): Layer {
  const columns = left.shape.at(-1)!;
  const [first, second] = [numbers(left), numbers(right)];
  const values = Float64Array.from({ length: 2 * first.length }, (_, i) => {
    const [row, column] = [Math.floor(i / (2 * columns)), i % (2 * columns)];
    return column < columns ? first[row * columns + column]! : second[row * columns + column - columns]!;
  });
  return { shape: left.shape.with(-1, 2 * columns), values };
}

/** The heads' two layers are one in memory: means first, then log-variances. */
export function joinedHeads(params: GoldenVae["params"]): Map<string, Layer> {
  const joined = new Map<string, Layer>();
  for (const [name, t] of Object.entries(params)) {
    if (name.startsWith("enc.logvar.")) continue;
    if (!name.startsWith("enc.mu.")) joined.set(name, { shape: t.shape, values: numbers(t) });
    else joined.set(name.replace("enc.mu", "heads"), beside(t, params[name.replace("mu", "logvar")]!));
  }
  return joined;
}

/**
 * |got − want| ≤ 1e-6·max(1, |want|) + 8·(PyTorch's own f32 error); on a GPU another 32 ulp, the bound that WGSL sets for exp (3 + 2|x| ulp) at
 * the largest arguments of these models, |x| < 15.
 */
export function vaeTolerance(device: Device, want: Float64Array, torchError: number): Float64Array {
  const driver = device.name === "cpu" ? 0 : 32 * 2 ** -23;
  return want.map((w) => (1e-6 + driver) * Math.max(1, Math.abs(w)) + 8 * torchError);
}
