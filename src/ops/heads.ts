/** The two heads of the encoder and the reparameterization trick in one launch (Kingma and Welling 2014, section 2.4 and appendix B). */
import { checkOptions, type Checks, COUNT, wordsOf } from "../check.ts";
import { anyTracked, record } from "../autodiff.ts";
import { foldedGrid, type Kernel, type KeyWords, type TypedArray } from "../kernel.ts";
import { forEachBits, normalOf } from "../random.ts";
import * as shaders from "../shaders.ts";
import { sameShape, show } from "../shape.ts";
import { check, empty, Tensor } from "../tensor.ts";
import { denseLayers, denseSizes } from "./dense.ts";
import { denseGradients, writeAll } from "./dense_grad.ts";
import { gemm, strided } from "./gemm.ts";
import { type BatchRows, packRow, rowConstants, rowParams } from "./rows.ts";

/** Noise given as a tensor, or drawn from a key. */
function noiseOf(noise: TypedArray, count: number, k0: number, k1: number, keyed: boolean): TypedArray {
  if (!keyed) return noise;
  const drawn = new Float64Array(count);
  forEachBits(k0, k1, count, (at, bits) => (drawn[at] = normalOf(bits)));
  return drawn;
}

type HeadsParams = { B: number; H: number; L: number; S: number; k0: number; k1: number; offset: number; scale: number; shift: number };

/** (mean, logVar)[i] = h[i]·W + b; z[s·B+i] = mean + exp(logVar/2)·noise; kl[i] = ½ Σl (mean² + expm1(logVar) − logVar). */
export const headsKernel: Kernel<HeadsParams> = {
  name: "heads",
  wgsl: shaders.heads,
  inputs: ["data", "u32?", "f32", "f32", "f32?"],
  outputs: ["f32", "f32", "f32"],
  params: { B: "u32", H: "u32", L: "u32", S: "u32", k0: "step.u32", k1: "step.u32", offset: "step.u32", scale: "f32", shift: "f32" },
  constants: { KEYED: false, U8: false, GATHER: false },
  grid: ({ B }) => [B],
  cpu([h, index, W, bias, given], [z, kl, meanLogVar], p, c) {
    const { B, H, L, S } = p;
    const noise = noiseOf(given!, S * B * L, p.k0, p.k1, Boolean(c.KEYED));
    gemm(B, 2 * L, H, packRow(h!, index!, H, p, c), strided(W!, 1, 2 * L, H), (i, row) => {
      let sum = 0;
      for (let l = 0; l < L; l++) {
        const mean = row[l]! + bias![l]!;
        const logVar = row[L + l]! + bias![L + l]!;
        meanLogVar![i * 2 * L + l] = mean;
        meanLogVar![i * 2 * L + L + l] = logVar;
        sum += 0.5 * (mean * mean + Math.expm1(logVar) - logVar);
        const deviation = Math.exp(0.5 * logVar);
        for (let at = i * L + l; at < S * B * L; at += B * L) z![at] = mean + deviation * noise[at]!;
      }
      kl![i] = sum;
    });
  },
  cost: ({ B, H, L, S }) => ({ flops: 4 * B * H * L, bytes: 4 * (B * H + 2 * H * L + 2 * L + B * (2 * L + 1) + S * B * L) }),
};

type HeadsGradParams = { B: number; L: number; S: number; k0: number; k1: number; row: number };

/**
 * d(mean)[i] = direct + r·mean + Σs dz, d(logVar)[i] = direct + r·½·expm1(logVar) + Σs dz·½·exp(logVar/2)·noise, [B, 2L]: from the gradients dz of z,
 * r of kl (a factor for each row) and `direct` of meanLogVar itself.
 */
export const headsGradKernel: Kernel<HeadsGradParams> = {
  name: "heads_grad",
  wgsl: shaders.headsGrad,
  inputs: ["f32", "f32?", "f32?", "f32?", "f32?"],
  outputs: ["f32"],
  params: { B: "u32", L: "u32", S: "u32", k0: "step.u32", k1: "step.u32", row: "step.f32" },
  constants: { KEYED: false, DZ: false, DIRECT: false, ROWS: false },
  grid: ({ B, L }) => foldedGrid(Math.ceil((2 * B * L) / 64)),
  cpu([meanLogVar, given, dz, rows, direct], [gradient], { B, L, S, k0, k1, row }, c) {
    const noise = c.DZ ? noiseOf(given!, S * B * L, k0, k1, Boolean(c.KEYED)) : given!;
    for (let i = 0; i < B; i++) {
      const r = c.ROWS ? rows![i]! : row;
      for (let l = 0; l < L; l++) {
        const atMean = i * 2 * L + l;
        const logVar = meanLogVar![atMean + L]!;
        let dMean = r * meanLogVar![atMean]!;
        let dLogVar = r * 0.5 * Math.expm1(logVar);
        if (c.DZ) {
          const halfDeviation = 0.5 * Math.exp(0.5 * logVar);
          for (let at = i * L + l; at < S * B * L; at += B * L) {
            dMean += dz![at]!;
            dLogVar += dz![at]! * halfDeviation * noise[at]!;
          }
        }
        gradient![atMean] = dMean + (c.DIRECT ? direct![atMean]! : 0);
        gradient![atMean + L] = dLogVar + (c.DIRECT ? direct![atMean + L]! : 0);
      }
    }
  },
};

type HeadsDenseGradParams = Omit<HeadsGradParams, "k0" | "k1"> & Record<"M" | "N" | "K" | "accumulate" | "weight_mode" | "bias_mode", number>;

/**
 * heads_grad, and the gradients of h, W and b that it leads to, in one launch, for a kl cotangent that is one number: ½·exp(logVar/2)·noise is taken as
 * ½·(z − mean), which is exact to the rounding of z.
 */
export const headsDenseGradKernel: Kernel<HeadsDenseGradParams> = {
  name: "heads_dense_grad",
  wgsl: shaders.headsDenseGrad,
  inputs: ["f32", "f32", "f32?", "f32", "f32"],
  outputs: ["f32", "f32?", "f32?"],
  params: {
    B: "u32",
    L: "u32",
    S: "u32",
    row: "step.f32",
    M: "u32",
    N: "u32",
    K: "u32",
    accumulate: "u32",
    weight_mode: "u32",
    bias_mode: "u32",
  },
  constants: { DZ: false },
  grid: ({ M, N, K }) => (M * K === 0 ? [K + 1, N] : [M, K, K + 1, N]),
  cpu([h, meanLogVar, dz, z, W], [dx, dW, db], p, { DZ }) {
    const { B, L, S, row } = p;
    const gradient = meanLogVar!.map((x, i) => row * (i % (2 * L) < L ? x : 0.5 * Math.expm1(x)));
    for (let i = 0; DZ && i < S * B * L; i++) {
      const at = (Math.floor(i / L) % B) * 2 * L + (i % L);
      gradient[at]! += dz![i]!;
      gradient[at + L]! += dz![i]! * 0.5 * (z![i]! - meanLogVar![at]!);
    }
    const dense = { ...p, a: 0, row: 1, offset: 0, scale: 1, shift: 0 };
    denseLayers.identity.gradBoth.cpu([h!, gradient, ABSENT, ABSENT, W!], [dx!, dW!, db!], dense, { ROWS: false });
  },
  cost: ({ M, N, K }) => ({ flops: 4 * M * N * K, bytes: 4 * (3 * M * N + 2 * M * K + 2 * N * K) }),
};

const ABSENT = new Float32Array(0);

/** How many samples are drawn. */
export interface HeadsOptions {
  /** Samples of z for each example: row s·B + i is sample s of example i. Default 1. */
  readonly samples?: number;
}

const OPTIONS: Checks<keyof HeadsOptions> = { samples: COUNT };

/** What the heads of an encoder give for B examples with L latents and S samples. */
export interface Heads {
  /** [S·B, L]. */
  readonly z: Tensor;
  /** KL(q(z|x) ‖ N(0, I)), analytic, nats per example, [B]. */
  readonly kl: Tensor;
  /** Means in columns 0 … L−1, log-variances in columns L … 2L−1, [B, 2L]. */
  readonly meanLogVar: Tensor;
}

/**
 * (mean, logVar) = h·W + b, z = mean + exp(logVar/2)·noise, kl = ½ Σl (mean² + exp(logVar) − 1 − logVar): h [B, H] or a batch, W [H, 2L] with the
 * mean's columns first, b [2L], noise a key or a tensor [S·B, L], which is a constant.
 */
export function heads(h: Tensor | BatchRows, W: Tensor, b: Tensor, noise: KeyWords | Tensor, options: HeadsOptions = {}): Heads {
  checkOptions("heads", options, OPTIONS);
  const S = options.samples ?? 1;
  const { device, rows, M: B, N, K: H } = denseSizes("heads", h, W, b);
  const L = N / 2;
  if (!Number.isInteger(L)) throw new RangeError(`heads: W has an even number of columns, means then log-variances, got ${show(W.shape)}`);
  if (noise instanceof Tensor) {
    check("heads", { noise, W });
    if (!sameShape(noise.shape, [S * B, L])) throw new RangeError(`heads: noise has shape ${show([S * B, L])}, got ${show(noise.shape)}`);
  }
  const sources = h instanceof Tensor ? [h, W, b] : [W, b];
  const tracked = anyTracked(...sources);
  const z = empty(device, [S * B, L], "f32", { tracked });
  const kl = empty(device, [B], "f32", { tracked });
  const meanLogVar = empty(device, [B, N], "f32", { tracked });
  const given = noise instanceof Tensor ? noise.slice : null;
  const [k0, k1] = noise instanceof Tensor ? [0, 0] : wordsOf("heads", "noise", noise);
  const KEYED = given === null;
  device.run(
    headsKernel,
    [rows.data, rows.index, W.slice, b.slice, given],
    [z.slice, kl.slice, meanLogVar.slice],
    { B, H, L, S, k0, k1, ...rowParams(rows) },
    { KEYED, ...rowConstants(rows) },
  );
  record([z, kl, meanLogVar], sources, ([dz, dkl, direct], want, defer) => {
    const [wantH = null, wantW = null, wantB = null] = h instanceof Tensor ? want : [null, ...want];
    const row = dkl ? dkl.uniform : 0;
    if (wantH && (wantW || wantB) && row !== undefined && !direct) {
      const { slices, accumulate, modes } = writeAll(wantH, wantW, wantB);
      const params = { B, L, S, row, M: B, N, K: H, accumulate, ...modes };
      const inputs = [rows.data, meanLogVar.slice, dz?.slice ?? null, z.slice, W.slice];
      device.run(headsDenseGradKernel, inputs, slices, params, { DZ: Boolean(dz) });
      return;
    }
    const dy = empty(device, [B, N]);
    const rowCotangent = row === undefined ? dkl!.slice : null;
    device.run(
      headsGradKernel,
      [meanLogVar.slice, given, dz?.slice ?? null, rowCotangent, direct?.slice ?? null],
      [dy.slice],
      { B, L, S, k0, k1, row: row ?? 0 },
      { KEYED, DZ: Boolean(dz), DIRECT: Boolean(direct), ROWS: rowCotangent !== null },
    );
    denseGradients(denseLayers.identity, rows, W, { dy: dy.slice, saved: null }, [wantH, wantW, wantB], defer);
  });
  return { z, kl, meanLogVar };
}
