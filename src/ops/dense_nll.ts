/** The output layer with a Bernoulli or a normal loss, in one launch (output_layer.ts). */
import type { Sink } from "../autodiff.ts";
import { foldedGrid, type Kernel } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { sameShape, show } from "../shape.ts";
import { check, type Tensor } from "../tensor.ts";
import { type OutputLayer, outputLayer, type OutputLayerParams, recordOutput, rowLoss } from "./output_layer.ts";
import { type BatchRows, rowLoader } from "./rows.ts";

const nllParams = { M: "u32", B: "u32", D: "u32", H: "u32", offset: "step.u32", scale: "f32", shift: "f32" } as const;

const nllCost = ({ M, B, D, H }: OutputLayerParams): { flops: number; bytes: number } => ({
  flops: 2 * M * D * H + 8 * M * D,
  bytes: 4 * (M * H + H * D + D + B * D + M + M * D),
});

/** nll[m] = −Σn log Bernoulli(x[m % B, n]; sigmoid(s[m,n])), s = h·W + b; with KEEP dlogits = sigmoid(s) − x. */
export const denseBernoulliNllKernel: Kernel<OutputLayerParams> = {
  name: "dense_bernoulli_nll",
  wgsl: shaders.denseBernoulliNll,
  inputs: ["data", "u32?", "f32", "f32", "f32"],
  outputs: ["f32", "f32?"],
  params: nllParams,
  constants: { KEEP: false, U8: false, GATHER: false },
  grid: ({ M }) => [M],
  cpu([x, index, h, W, b], [nll, dlogits], p, c) {
    const { B, D } = p;
    const target = rowLoader(x!, index!, D, p, c);
    rowLoss([h!, W!, b!], nll!, p, (m, n, s) => {
      const t = target(m % B, n);
      const e = Math.exp(-Math.abs(s));
      if (c.KEEP) dlogits![m * D + n] = s >= 0 ? 1 - t - e / (1 + e) : e / (1 + e) - t;
      return Math.max(s, 0) - t * s + Math.log1p(e);
    });
  },
  cost: nllCost,
};

/** nll[m] = ½ Σn (log 2π + logVar + (x − s)²/exp(logVar)), s = h·W + b; with KEEP dmean = (s − x)/exp(logVar). logVar is [D] where LEARNED. */
export const denseGaussianNllKernel: Kernel<OutputLayerParams & { log_var: number }> = {
  name: "dense_gaussian_nll",
  wgsl: shaders.denseGaussianNll,
  inputs: ["data", "u32?", "f32", "f32", "f32", "f32?"],
  outputs: ["f32", "f32?"],
  params: { M: "u32", B: "u32", D: "u32", H: "u32", log_var: "f32", offset: "step.u32", scale: "f32", shift: "f32" },
  constants: { KEEP: false, LEARNED: false, U8: false, GATHER: false },
  grid: ({ M }) => [M],
  cpu([x, index, h, W, b, logVar], [nll, dmean], p, c) {
    const { B, D } = p;
    const target = rowLoader(x!, index!, D, p, c);
    rowLoss([h!, W!, b!], nll!, p, (m, n, s) => {
      const v = c.LEARNED ? logVar![n]! : p.log_var;
      const inverseDeviation = Math.exp(-0.5 * v);
      const t = (s - target(m % B, n)) * inverseDeviation;
      if (c.KEEP) dmean![m * D + n] = t * inverseDeviation;
      return 0.5 * (Math.log(2 * Math.PI) + v + t * t);
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
  layer.device.run(denseBernoulliNllKernel, layer.inputs, layer.outputs, layer.params, layer.constants);
  return recordOutput(layer, h, W, b);
}

/**
 * −log p(x|h) in nats per row, [S·B], for normal features with means h·W + b and log-variances `logVar`: one number, or a tensor [D] of learned
 * ones. Shapes as in denseBernoulliNll. No gradient flows to x, which is data.
 */
export function denseGaussianNll(h: Tensor, W: Tensor, b: Tensor, logVar: number | Tensor, x: Tensor | BatchRows): Tensor {
  const op = "denseGaussianNll";
  const learned = typeof logVar === "number" ? undefined : logVar;
  if (learned !== undefined) check(op, { logVar: learned });
  const layer = outputLayer(op, h, W, b, x, learned && { logVar: learned });
  const { device, inputs, outputs, params, constants } = layer;
  if (learned && !sameShape(learned.shape, [params.D])) {
    throw new RangeError(`${op}: logVar has shape [${params.D}], one per feature, got ${show(learned.shape)}`);
  }
  const log_var = typeof logVar === "number" ? logVar : 0;
  device.run(
    denseGaussianNllKernel,
    [...inputs, learned?.slice ?? null],
    outputs,
    { ...params, log_var },
    { ...constants, LEARNED: learned !== undefined },
  );
  const own = learned && [{ tensor: learned, backward: (dnll: Tensor, want: Sink) => gradLogVar(layer, dnll, learned, want) }];
  return recordOutput(layer, h, W, b, own);
}

function gradLogVar({ device, params: { M, D }, derivative }: OutputLayer, dnll: Tensor, logVar: Tensor, want: Sink): void {
  const { target, accumulate } = want.write();
  const rows = dnll.uniform === undefined ? dnll.slice : null;
  const params = { M, D, row: dnll.uniform ?? 0, accumulate };
  device.run(denseGaussianNllGradLogVarKernel, [derivative, rows, logVar.slice], [target.slice], params, { ROWS: rows !== null });
}
