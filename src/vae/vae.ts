/** The variational autoencoder of dense layers (Kingma and Welling 2014). */
import { ANY, checkOptions, type Checks, checkValue, COUNT, DEVICE, KEY, type Numbers, numbersOf, oneOf } from "../check.ts";
import { batchOf, type Dataset } from "../data/dataset.ts";
import type { Device } from "../device/device.ts";
import type { KeyWords, TypedArray } from "../kernel.ts";
import { Parameters } from "../nn/parameters.ts";
import { conditionalDense } from "../ops/conditional_dense.ts";
import { dense } from "../ops/dense.ts";
import { heads, type Heads, type HeadsOptions } from "../ops/heads.ts";
import type { BatchRows } from "../ops/rows.ts";
import { slice } from "../ops/shape_ops.ts";
import type { ActivationName } from "../ops/activation.ts";
import type { Key } from "../random.ts";
import { streams } from "../streams.ts";
import { type Tensor, tensor } from "../tensor.ts";
import { inParts, type Parts, type Turn, turns, WORK, type WorkOptions } from "../turns.ts";
import { checkColumns, checkFinite } from "./check_data.ts";
import { constantsOf } from "./constants.ts";
import type { DecodeOptions, Posterior, SampleOptions, VaeConfig, Weights } from "./config.ts";
import { Decoder, type DecoderOptions } from "./decoder.ts";
import { checkGiven, labelsGiven, labelsOf } from "./labels.ts";
import { checkConfig, conditionName, decoderHiddenOf, parameterSpecs } from "./parameter_specs.ts";
import type { OwnTensors } from "./likelihoods/likelihood.ts";
import type { Prior, PriorModel } from "./priors/prior.ts";
import { standardNormal } from "./priors/standard_normal.ts";

/** The most rows that are encoded or decoded in one go, and that are drawn. */
const BATCH = 512;
const DRAWS = 4096;

/** The key of a z that nobody looks at. */
const NO_NOISE: KeyWords = { words: [0, 0] };

const LABEL: Checks<keyof DecodeOptions> = { ...WORK, label: ANY };
const SAMPLE: Checks<keyof SampleOptions> = { ...LABEL, draw: oneOf(["mean", "sample"]) };

/** A variational autoencoder of dense layers: q(z|x) = N(mean, exp(logVar)) from the encoder, p(x|z) from the decoder (Kingma and Welling 2014). */
export class Vae {
  readonly device: Device;
  /** A frozen copy of what it was made with. */
  readonly config: VaeConfig;
  readonly parameters: Parameters;
  /** p(z). */
  readonly prior: Prior;
  /** What the likelihood's kernels read besides parameters. */
  readonly constants: ReadonlyMap<string, Tensor>;

  constructor(device: Device, config: VaeConfig) {
    checkValue("vae", "device", device, DEVICE);
    checkConfig(config);
    this.device = device;
    this.config = frozenCopy(config);
    this.prior = config.prior ?? standardNormal();
    this.parameters = new Parameters(device, parameterSpecs(this.config));
    this.constants = constantsOf(device, this.config);
  }

  get decoderHidden(): readonly number[] {
    return decoderHiddenOf(this.config);
  }

  /** q(z|x): z [S·B, L], its KL to N(0, I) [B] and meanLogVar [B, 2L], for x [B, D] or a batch. */
  encode(x: Tensor | BatchRows, noise: KeyWords | Tensor, options?: HeadsOptions, weights: Weights = this.parameters.frozen()): Heads {
    const inputs = this.config.likelihood.encoder?.encode(x, this.#own(weights)) ?? x;
    return this.#heads(inputs, labelsOf(this.config, x), noise, options, weights);
  }

  /** The posterior of what the encoder takes, [B, E]. */
  #heads(x: Tensor | BatchRows, labels: Tensor | undefined, noise: KeyWords | Tensor, options: HeadsOptions | undefined, weights: Weights): Heads {
    const h = this.#layers("encoder", this.config.hidden.length, x, this.config.activation, weights, labels);
    return heads(h, weights.get("heads.weight")!, weights.get("heads.bias")!, noise, options);
  }

  /** Means and log-variances of q(z|x), [B, 2L], means first, for x [B, D] or a batch: `encode` where z is not asked for. */
  meanLogVar(x: Tensor | BatchRows, weights: Weights = this.parameters.frozen()): Tensor {
    return this.encode(x, NO_NOISE, {}, weights).meanLogVar;
  }

  /** The decoder's last hidden layer, [B, H], for z [B, L]. */
  #decoderHiddenOf(z: Tensor, weights: Weights, labels: Tensor | undefined): Tensor {
    const activation = this.config.decoderActivation ?? this.config.activation;
    return this.#layers("decoder", this.decoderHidden.length, z, activation, weights, labels);
  }

  /** −log p(x|z) in nats per row, [S·B], for z [S·B, L] and x [B, D] or a batch. */
  nll(z: Tensor, x: Tensor | BatchRows, weights: Weights = this.parameters.frozen()): Tensor {
    const h = this.#decoderHiddenOf(z, weights, labelsOf(this.config, x));
    return this.config.likelihood.nll(h, weights.get("output.weight")!, weights.get("output.bias")!, x, this.#own(weights));
  }

  /** The mean of p(x|z), [B, D], for z [B, L], and for a conditional model the labels of its rows, u32 [B]: for Bernoulli pixels their probabilities. */
  decode(z: Tensor, weights: Weights = this.parameters.frozen(), labels?: Tensor): Tensor {
    return this.config.likelihood.mean(this.#outputs(z, weights, labels), this.#own(weights));
  }

  /**
   * `count` draws from the model, row after row: count·D values. Latents come from the prior, by `streams.latents(from)`; of p(x|z) it is the mean, or
   * with `draw` "sample" a draw of its own, by `streams.pixels(from)`. A conditional model is told the `label` of all of them, or one for each. Progress
   * is in rows.
   */
  async sample(count: number, from: Key, options: SampleOptions = {}, weights: Weights = this.parameters.frozen()): Promise<TypedArray> {
    checkValue("sample", "count", count, COUNT);
    checkValue("sample", "the key", from, KEY);
    checkOptions("sample", options, SAMPLE);
    const { draw = "mean", label, ...work } = options;
    const labels = labelsGiven("sample", this.config, label, count);
    const turn = turns(work, count);
    const z = await this.prior.sample(count, streams.latents(from), this.priorModel(weights));
    try {
      const { likelihood, input, latent } = this.config;
      const drawn = (firstRow: number, rows: number): Tensor => {
        const part = slice(z, [firstRow, 0], [firstRow + rows, latent]);
        const own = this.#labels(labels, firstRow, rows);
        if (draw === "mean") return this.decode(part, weights, own);
        return likelihood.sample(this.#outputs(part, weights, own), { ...streams.pixels(from), firstRow }, this.#own(weights));
      };
      if (draw === "mean" || likelihood.drawsByRow) return await this.#joined({ rows: count, most: DRAWS }, input, turn, drawn);
      const all = await this.#read(() => drawn(0, count));
      await turn(count);
      return all;
    } finally {
      z.dispose();
    }
  }

  /** Decoded means of the posterior means of the first rows of a data set (default all), row after row. Progress is in rows. */
  async reconstruct(data: Dataset, rows: number = data.rows, options: WorkOptions = {}): Promise<TypedArray> {
    checkOptions("reconstruct", options, WORK);
    checkColumns("reconstruct", this, data);
    checkFinite("reconstruct", data, this.config);
    checkValue("reconstruct", "rows", rows, COUNT);
    if (rows > data.rows) {
      throw new RangeError(`reconstruct: rows is a whole number from 1 to ${data.rows}, got ${rows}`);
    }
    return this.#joined({ rows, most: BATCH }, this.config.input, turns(options, rows), (first, count) => {
      const batch = batchOf(data, count, first);
      const mean = slice(this.meanLogVar(batch), [0, 0], [count, this.config.latent]);
      return this.decode(mean, this.parameters.frozen(), batch.labels);
    });
  }

  /** Mean and log-variance of q(z|x) for every row of a data set, row after row: rows·L values each. Progress is in rows. */
  async posterior(data: Dataset, options: WorkOptions = {}): Promise<Posterior> {
    checkOptions("posterior", options, WORK);
    checkColumns("posterior", this, data);
    checkFinite("posterior", data, this.config);
    const L = this.config.latent;
    const [mean, logVar] = [valuesFor(this.device, data.rows * L), valuesFor(this.device, data.rows * L)];
    await inParts({ rows: data.rows, most: BATCH, device: this.device }, turns(options, data.rows), async (first, count) => {
      const both = await this.#read(() => this.meanLogVar(batchOf(data, count, first)));
      for (let row = 0; row < count; row++) {
        mean.set(both.subarray(2 * row * L, (2 * row + 1) * L), (first + row) * L);
        logVar.set(both.subarray((2 * row + 1) * L, (2 * row + 2) * L), (first + row) * L);
      }
    });
    return { mean, logVar };
  }

  /** The mean of p(x|z) for given latents, row after row: z holds rows of L values, the result as many of D. A conditional model is told their labels. Progress is in rows. */
  async decodeLatents(given: Numbers, options: DecodeOptions = {}, weights: Weights = this.parameters.frozen()): Promise<TypedArray> {
    const L = this.config.latent;
    const z = numbersOf("decodeLatents", "z", given);
    checkOptions("decodeLatents", options, LABEL);
    const { label, ...work } = options;
    if (z.length === 0 || z.length % L !== 0) throw new RangeError(`decodeLatents: z holds rows of ${L} latents, got ${z.length} values`);
    const bad = z.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new RangeError(`decodeLatents: z is finite, found ${z[bad]} at row ${Math.floor(bad / L)}, column ${bad % L}`);
    const labels = labelsGiven("decodeLatents", this.config, label, z.length / L);
    const all = z.length / L;
    return this.#joined({ rows: all, most: BATCH }, this.config.input, turns(work, all), (first, count) => {
      const rows = tensor(this.device, z.subarray(first * L, (first + count) * L), [count, L]);
      return this.decode(rows, weights, this.#labels(labels, first, count));
    });
  }

  /** What the prior is told of the model. */
  priorModel(weights: Weights = this.parameters.frozen()): PriorModel {
    return {
      device: this.device,
      latent: this.config.latent,
      own: weights,
      encode: (x) => this.#heads(x, labelsOf(this.config, x), NO_NOISE, {}, weights).meanLogVar,
    };
  }

  /** A copy of the decoder as it is now, if wanted with weights in f16: see `DecoderOptions`. */
  decoder(options?: DecoderOptions): Promise<Decoder> {
    return Decoder.of(this, options);
  }

  /** Frees the parameters. */
  dispose(): void {
    this.parameters.dispose();
    for (const constant of this.constants.values()) constant.dispose();
  }

  /** What belongs to the likelihood, among other weights. */
  #own(weights: Weights): OwnTensors {
    return this.constants.size === 0 ? weights : new Map([...this.constants, ...weights]);
  }

  /** Dense layers `name.0`, `name.1`, … one after the other, the first of which takes the labels. */
  #layers<X extends Tensor | BatchRows>(
    name: string,
    count: number,
    x: X,
    activation: ActivationName = "relu",
    weights: Weights,
    labels: Tensor | undefined,
  ): Tensor | X {
    let h: Tensor | X = x;
    for (let i = 0; i < count; i++) {
      const [W, b] = [weights.get(`${name}.${i}.weight`)!, weights.get(`${name}.${i}.bias`)!];
      if (i > 0 || this.config.classes === undefined) h = dense(h, W, b, { activation });
      else h = conditionalDense(h, W, b, weights.get(conditionName(name))!, labels!, { activation });
    }
    return h;
  }

  /** What the likelihood makes its distribution of, [B, columns]. */
  #outputs(z: Tensor, weights: Weights, labels: Tensor | undefined): Tensor {
    checkGiven(this.config, labels);
    return dense(this.#decoderHiddenOf(z, weights, labels), weights.get("output.weight")!, weights.get("output.bias")!);
  }

  /** Some of the labels on the device. */
  #labels(labels: Uint32Array | undefined, first: number, count: number): Tensor | undefined {
    return labels && tensor(this.device, labels.subarray(first, first + count), [count], "u32");
  }

  /** Runs `f` on some rows at a time and joins what it gives: the device's memory does not grow with the data. */
  async #joined(parts: Omit<Parts, "device">, columns: number, turn: Turn, f: (first: number, count: number) => Tensor): Promise<TypedArray> {
    const all = valuesFor(this.device, parts.rows * columns);
    await inParts({ ...parts, device: this.device }, turn, async (first, count) => {
      all.set(await this.#read(() => f(first, count)), first * columns);
    });
    return all;
  }

  async #read(f: () => Tensor): Promise<TypedArray> {
    const result = this.device.scope(f);
    try {
      return await result.read();
    } finally {
      result.dispose();
    }
  }
}

function frozenCopy({ hidden, decoderHidden, ...config }: VaeConfig): VaeConfig {
  const sizes = (given: readonly number[]): readonly number[] => Object.freeze([...given]);
  return Object.freeze({ ...config, hidden: sizes(hidden), ...(decoderHidden && { decoderHidden: sizes(decoderHidden) }) });
}

/** Room for values as the device reads them. */
function valuesFor({ info }: Device, length: number): Float32Array | Float64Array {
  return info.precision === "f64" ? new Float64Array(length) : new Float32Array(length);
}
