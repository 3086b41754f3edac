/** The two heads of the encoder and the reparameterization trick in one launch (Kingma and Welling 2014, section 2.4 and appendix B). */
import { checkOptions, type Checks, COUNT, wordsOf } from "../check.ts";
import { anyTracked, record } from "../autodiff.ts";
import type { Slice } from "../device/device.ts";
import { foldedGrid, type Kernel, type KeyWords } from "../kernel.ts";
import { forEachBits, normalOf } from "../random.ts";
import * as shaders from "../shaders.ts";
import { sameShape, show } from "../shape.ts";
import { check, empty, Tensor } from "../tensor.ts";
import { denseLayers, denseSizes } from "./dense.ts";
import { bothGrids, denseGradients, writeAll } from "./dense_grad.ts";
import { gemm, strided } from "./gemm.ts";
import { type BatchRows, packRow, rowConstants, rowParams } from "./rows.ts";

type HeadsParams = { B: number; H: number; L: number; S: number; k0: number; k1: number; offset: number; scale: number; shift: number };

/**
 * (mean, logVar)[i] = h[i]·W + b; z[s·B+i] = mean + exp(logVar/2)·noise; kl[i] = ½ Σl (mean² + expm1(logVar) − logVar). Where KEYED the noise is drawn,
 * and with KEEP written, else it is given, in the same place: one binding for both, because WebGPU promises no more than eight.
 */
export const headsKernel: Kernel<HeadsParams> = {
  name: "heads",
  wgsl: shaders.heads,
  inputs: ["data", "u32?", "f32", "f32"],
  outputs: ["f32?", "f32", "f32", "f32"],
  params: { B: "u32", H: "u32", L: "u32", S: "u32", k0: "step.u32", k1: "step.u32", offset: "step.u32", scale: "f32", shift: "f32" },
  constants: { KEYED: false, KEEP: false, U8: false, GATHER: false },
  grid: ({ B }) => [B],
  cpu([h, index, W, bias], [given, z, kl, meanLogVar], p, c) {
    const { B, H, L, S } = p;
    const noise = c.KEYED ? drawn(S * B * L, p.k0, p.k1) : given!;
    if (c.KEYED && c.KEEP) given!.set(noise);
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
  cost: ({ B, H, L, S }) => ({ flops: 4 * B * H * L, bytes: 4 * (B * H + 2 * H * L + 2 * L + B * (2 * L + 1) + 2 * S * B * L) }),
};

/** The first `count` normal numbers of a key. */
function drawn(count: number, k0: number, k1: number): Float64Array {
  const noise = new Float64Array(count);
  forEachBits(k0, k1, count, (i, bits) => (noise[i] = normalOf(bits)));
  return noise;
}

type HeadsGradParams = { B: number; L: number; S: number; row: number };

/**
 * d(mean)[i] = direct + r·mean + Σs dz, d(logVar)[i] = direct + r·½·expm1(logVar) + Σs dz·½·exp(logVar/2)·noise, [B, 2L]: from the gradients dz of z,
 * r of kl (a factor for each row) and `direct` of meanLogVar itself. Where r is 0 nothing comes of kl: times an infinite exp(logVar) it would be NaN.
 */
export const headsGradKernel: Kernel<HeadsGradParams> = {
  name: "heads_grad",
  wgsl: shaders.headsGrad,
  inputs: ["f32", "f32", "f32?", "f32?", "f32?"],
  outputs: ["f32"],
  params: { B: "u32", L: "u32", S: "u32", row: "step.f32" },
  constants: { DZ: false, ROWS: false, DIRECT: false },
  grid: ({ B, L }) => foldedGrid(Math.ceil((2 * B * L) / 64)),
  cpu([meanLogVar, noise, dz, rows, direct], [gradient], { B, L, S, row }, c) {
    for (let i = 0; i < B; i++) {
      const r = c.ROWS ? rows![i]! : row;
      for (let l = 0; l < L; l++) {
        const atMean = i * 2 * L + l;
        const logVar = meanLogVar![atMean + L]!;
        let dMean = r === 0 ? 0 : r * meanLogVar![atMean]!;
        let dLogVar = r === 0 ? 0 : r * 0.5 * Math.expm1(logVar);
        if (c.DZ) {
          const halfDeviation = 0.5 * Math.exp(0.5 * logVar);
          for (let at = i * L + l; at < S * B * L; at += B * L) {
            dMean += dz![at]!;
            dLogVar += dz![at]! * halfDeviation * noise![at]!;
          }
        }
        gradient![atMean] = dMean + (c.DIRECT ? direct![atMean]! : 0);
        gradient![atMean + L] = dLogVar + (c.DIRECT ? direct![atMean + L]! : 0);
      }
    }
  },
};

type HeadsDenseGradParams = HeadsGradParams & Record<"M" | "N" | "K" | "accumulate" | "weight_mode" | "bias_mode", number>;

/** heads_grad, and the gradients of h, W and b that it leads to, in one launch, for a kl cotangent that is one number. */
export const headsDenseGradKernel: Kernel<HeadsDenseGradParams> = {
  name: "heads_dense_grad",
  wgsl: shaders.headsDenseGrad,
  inputs: ["f32", "f32", "f32", "f32?", "f32"],
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
  grid: bothGrids,
  cpu([h, meanLogVar, noise, dz, W], [dx, dW, db], p, { DZ }) {
    const gradient = new Float64Array(meanLogVar!.length);
    headsGradKernel.cpu([meanLogVar!, noise!, dz!, ABSENT, ABSENT], [gradient], p, { DZ: DZ! });
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
  const KEYED = !(noise instanceof Tensor);
  const [k0, k1] = KEYED ? wordsOf("heads", "noise", noise) : [0, 0];
  // the gradient needs the noise: drawn again for every element that its products load it would cost more than memory, and z − mean cancels
  const inputs = [rows.data, rows.index, W.slice, b.slice];
  const kept = KEYED ? (tracked ? empty(device, [S * B, L]) : undefined) : apart(noise, inputs);
  device.run(
    headsKernel,
    inputs,
    [kept?.slice ?? null, z.slice, kl.slice, meanLogVar.slice],
    { B, H, L, S, k0, k1, ...rowParams(rows) },
    { KEYED, KEEP: tracked, ...rowConstants(rows) },
  );
  record([z, kl, meanLogVar], sources, ([dz, dkl, direct], want, defer) => {
    const [wantH = null, wantW = null, wantB = null] = h instanceof Tensor ? want : [null, ...want];
    const row = dkl ? dkl.uniform : 0;
    const common = { B, L, S, row: row ?? 0 };
    const DZ = Boolean(dz);
    if (wantH && (wantW || wantB) && row !== undefined && !direct) {
      const { slices, accumulate, modes } = writeAll(wantH, wantW, wantB);
      const inputs = [rows.data, meanLogVar.slice, kept!.slice, dz?.slice ?? null, W.slice];
      device.run(headsDenseGradKernel, inputs, slices, { ...common, M: B, N, K: H, accumulate, ...modes }, { DZ });
      return;
    }
    const dy = empty(device, [B, N]);
    const rowCotangent = row === undefined ? dkl!.slice : null;
    device.run(headsGradKernel, [meanLogVar.slice, kept!.slice, dz?.slice ?? null, rowCotangent, direct?.slice ?? null], [dy.slice], common, {
      DZ,
      ROWS: rowCotangent !== null,
      DIRECT: Boolean(direct),
    });
    denseGradients(denseLayers.identity, rows, W, { dy: dy.slice, saved: null }, [wantH, wantW, wantB], defer);
  });
  return { z, kl, meanLogVar };
}

/** Given noise, which is bound as if it were written: a copy of it where one of the inputs lies in the same block, which WebGPU forbids. */
function apart(noise: Tensor, inputs: readonly (Slice | null)[]): Tensor {
  if (inputs.every((input) => input?.block !== noise.slice.block)) return noise;
  const copy = empty(noise.device, noise.shape);
  noise.device.copy(noise.slice, copy.slice);
  return copy;
}
