/**
 * The output layer and its loss in one launch: logits or means are never stored. The forward keeps the loss's derivative by them, unscaled; the
 * backward multiplies by each row's cotangent while loading, which is exact because a row scale commutes with the product.
 */
import { anyTracked, record, type Sink } from "../autodiff.ts";
import type { Device, Slice } from "../device/device.ts";
import { foldedGrid, type Kernel } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { sameShape, show } from "../shape.ts";
import { check, empty, type Tensor } from "../tensor.ts";
import { denseLayers, denseSizes } from "./dense.ts";
import { denseGradients } from "./dense_grad.ts";
import { gemm, strided } from "./gemm.ts";
import { asRows, type BatchRows, rowConstants, rowLoader, rowParams } from "./rows.ts";

type NllParams = { M: number; B: number; D: number; H: number; offset: number; scale: number; shift: number };

const nllParams = { M: "u32", B: "u32", D: "u32", H: "u32", offset: "step.u32", scale: "f32", shift: "f32" } as const;

const nllCost = ({ M, B, D, H }: NllParams): { flops: number; bytes: number } => ({
  flops: 2 * M * D * H + 8 * M * D,
  bytes: 4 * (M * H + H * D + D + B * D + M + M * D),
});

/** nll[m] = −Σn log Bernoulli(x[m % B, n]; sigmoid(s[m,n])), s = h·W + b; with KEEP dlogits = sigmoid(s) − x. */
export const denseBernoulliNllKernel: Kernel<NllParams> = {
  name: "dense_bernoulli_nll",
  wgsl: shaders.denseBernoulliNll,
  inputs: ["data", "u32?", "f32", "f32", "f32"],
  outputs: ["f32", "f32?"],
  params: nllParams,
  constants: { KEEP: false, U8: false, GATHER: false },
  grid: ({ M }) => [M],
  cpu([x, index, h, W, b], [nll, dlogits], p, c) {
    const { M, B, D, H } = p;
    const target = rowLoader(x!, index!, D, p, c);
    gemm(M, D, H, strided(h!, H, 1, H), strided(W!, 1, D, H), (m, row) => {
      let sum = 0;
      for (let n = 0; n < D; n++) {
        const s = row[n]! + b![n]!;
        const t = target(m % B, n);
        const e = Math.exp(-Math.abs(s));
        sum += Math.max(s, 0) - t * s + Math.log1p(e);
        if (c.KEEP) dlogits![m * D + n] = s >= 0 ? 1 - t - e / (1 + e) : e / (1 + e) - t;
      }
      nll![m] = sum;
    });
  },
  cost: nllCost,
};

/** nll[m] = ½ Σn (log 2π + logVar + (x − s)²/exp(logVar)), s = h·W + b; with KEEP dmean = (s − x)/exp(logVar). logVar is [D] where LEARNED. */
export const denseGaussianNllKernel: Kernel<NllParams & { log_var: number }> = {
  name: "dense_gaussian_nll",
  wgsl: shaders.denseGaussianNll,
  inputs: ["data", "u32?", "f32", "f32", "f32", "f32?"],
  outputs: ["f32", "f32?"],
  params: { M: "u32", B: "u32", D: "u32", H: "u32", log_var: "f32", offset: "step.u32", scale: "f32", shift: "f32" },
  constants: { KEEP: false, LEARNED: false, U8: false, GATHER: false },
  grid: ({ M }) => [M],
  cpu([x, index, h, W, b, logVar], [nll, dmean], p, c) {
    const { M, B, D, H } = p;
    const target = rowLoader(x!, index!, D, p, c);
    gemm(M, D, H, strided(h!, H, 1, H), strided(W!, 1, D, H), (m, row) => {
      let sum = 0;
      for (let n = 0; n < D; n++) {
        const v = c.LEARNED ? logVar![n]! : p.log_var;
        const inverseDeviation = Math.exp(-0.5 * v);
        const t = (row[n]! + b![n]! - target(m % B, n)) * inverseDeviation;
        sum += 0.5 * (Math.log(2 * Math.PI) + v + t * t);
        if (c.KEEP) dmean![m * D + n] = t * inverseDeviation;
      }
      nll![m] = sum;
    });
  },
  cost: nllCost,
};

type LogVarParams = { M: number; D: number; row: number; accumulate: number };

/** dlogVar[n] (+)= Σm r[m]·½·(1 − dmean[m,n]²·exp(logVar[n])). */
export const denseGaussianNllGradLogVarKernel: Kernel<LogVarParams> = {
  name: "dense_gaussian_nll_grad_log_var",
  wgsl: shaders.denseGaussianNllGradLogVar,
  inputs: ["f32", "f32?", "f32"],
  outputs: ["f32"],
  params: { M: "u32", D: "u32", row: "step.f32", accumulate: "u32" },
  constants: { ROWS: false },
  grid: ({ D }) => foldedGrid(Math.ceil(D / 64)),
  cpu([dmean, rows, logVar], [gradient], { M, D, row, accumulate }, { ROWS }) {
    for (let n = 0; n < D; n++) {
      const deviation = Math.exp(0.5 * logVar![n]!);
      let sum = 0;
      for (let m = 0; m < M; m++) {
        const t = dmean![m * D + n]! * deviation;
        sum += (ROWS ? rows![m]! : row) * 0.5 * (1 - t * t);
      }
      gradient![n] = accumulate ? gradient![n]! + sum : sum;
    }
  },
  cost: ({ M, D }) => ({ flops: 5 * M * D, bytes: 4 * (M * D + M + 2 * D) }),
};

/**
 * −log p(x|h) in nats per row, [S·B], for Bernoulli pixels with logits h·W + b: h [S·B, H], W [H, D], b [D], x [B, D] in [0, 1] (row m of h is
 * scored on row m % B of x). No gradient flows to x, which is data.
 */
export function denseBernoulliNll(h: Tensor, W: Tensor, b: Tensor, x: Tensor | BatchRows): Tensor {
  const layer = outputLayer("denseBernoulliNll", h, W, b, x);
  const { device, target, sizes, tracked, nll, derivative } = layer;
  device.run(
    denseBernoulliNllKernel,
    [target.data, target.index, h.slice, W.slice, b.slice],
    [nll.slice, derivative],
    { ...sizes, ...rowParams(target) },
    { KEEP: tracked, ...rowConstants(target) },
  );
  recordOutput(layer, h, W, b);
  return nll;
}

/**
 * −log p(x|h) in nats per row, [S·B], for normal features with means h·W + b and log-variances `logVar`: one number, or a tensor [D] of learned
 * ones. Shapes as in denseBernoulliNll. No gradient flows to x, which is data.
 */
export function denseGaussianNll(h: Tensor, W: Tensor, b: Tensor, logVar: number | Tensor, x: Tensor | BatchRows): Tensor {
  const op = "denseGaussianNll";
  const learned = typeof logVar === "number" ? undefined : logVar;
  const layer = outputLayer(op, h, W, b, x, learned);
  const { device, target, sizes, tracked, nll, derivative } = layer;
  if (learned && !sameShape(learned.shape, [sizes.D])) {
    throw new RangeError(`${op}: logVar has shape [${sizes.D}], one per feature, got ${show(learned.shape)}`);
  }
  device.run(
    denseGaussianNllKernel,
    [target.data, target.index, h.slice, W.slice, b.slice, learned?.slice ?? null],
    [nll.slice, derivative],
    { ...sizes, log_var: typeof logVar === "number" ? logVar : 0, ...rowParams(target) },
    { KEEP: tracked, LEARNED: learned !== undefined, ...rowConstants(target) },
  );
  recordOutput(layer, h, W, b, learned);
  return nll;
}

interface OutputLayer {
  readonly device: Device;
  readonly target: BatchRows;
  readonly sizes: { readonly M: number; readonly B: number; readonly D: number; readonly H: number };
  readonly tracked: boolean;
  readonly nll: Tensor;
  /** The loss's derivative by logits or means, [M, D]; null where no gradient can be wanted. */
  readonly derivative: Slice | null;
}

/** Checks the operands and allocates the outputs. */
function outputLayer(op: string, h: Tensor, W: Tensor, b: Tensor, x: Tensor | BatchRows, logVar?: Tensor): OutputLayer {
  const { device, M, N: D, K: H } = denseSizes(op, h, W, b);
  if (logVar) check(op, { logVar, W });
  const target = asRows(op, "x", x);
  if (target.columns !== D) throw new RangeError(`${op}: x has the outputs' ${D} columns, got [${target.rows}, ${target.columns}]`);
  const B = target.rows;
  if (B === 0 ? M !== 0 : M % B !== 0) {
    throw new RangeError(
      `${op}: the rows of h are a multiple of the rows of x, got h ${show(h.shape)} and x [${B}, ${D}] (S samples are rows s·B + i)`,
    );
  }
  const tracked = anyTracked(h, W, b, ...(logVar ? [logVar] : []));
  const nll = empty(device, [M], "f32", { tracked });
  return { device, target, sizes: { M, B, D, H }, tracked, nll, derivative: tracked ? device.alloc("f32", M * D) : null };
}

function recordOutput({ device, sizes, tracked, nll, derivative }: OutputLayer, h: Tensor, W: Tensor, b: Tensor, logVar?: Tensor): void {
  if (!tracked) return;
  const rowsOfH = asRows("dense", "h", h);
  record([nll], logVar ? [h, W, b, logVar] : [h, W, b], ([dnll], [wantH, wantW, wantB, wantLogVar], defer) => {
    const wants = [wantH ?? null, wantW ?? null, wantB ?? null] as const;
    denseGradients(denseLayers.identity, rowsOfH, W, { dy: derivative!, saved: null, rows: dnll! }, wants, defer);
    if (logVar && wantLogVar) gradLogVar(device, sizes, derivative!, dnll!, logVar, wantLogVar);
  });
}

function gradLogVar(device: Device, { M, D }: OutputLayer["sizes"], dmean: Slice, dnll: Tensor, logVar: Tensor, want: Sink): void {
  const { target, accumulate } = want.write();
  const rows = dnll.uniform === undefined ? dnll.slice : null;
  const params = { M, D, row: dnll.uniform ?? 0, accumulate };
  device.run(denseGaussianNllGradLogVarKernel, [dmean, rows, logVar.slice], [target.slice], params, { ROWS: rows !== null });
}
