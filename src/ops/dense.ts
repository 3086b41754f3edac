/** The dense layer: y = f(x·W + b), with gather, bias and activation at no extra pass. */
import { checkOptions, type Checks, TEXT } from "../check.ts";
import { anyTracked, record } from "../autodiff.ts";
import type { Device } from "../device/device.ts";
import type { DType, Kernel } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { sameShape, show } from "../shape.ts";
import { check, checkSameDevice, empty, Tensor } from "../tensor.ts";
import { type Activation, activation, type ActivationName, activationNames, withFunction } from "./activation.ts";
import { type DenseLayer, denseGradients, denseGradInputKernel, denseGradKernel, denseGradWeightKernel } from "./dense_grad.ts";
import { gemm, strided } from "./gemm.ts";
import { asRows, type BatchRows, packRow, rowConstants, rowParams } from "./rows.ts";

type DenseParams = { M: number; N: number; K: number; a: number; offset: number; scale: number; shift: number };

/** y[m,n] = f(s[m,n]), s = x·W + b; with KEEP also s, which gelu, silu and sigmoid need for their derivative. */
export function denseKernel(act: Activation): Kernel<DenseParams> {
  return {
    name: act.f === "identity" ? "dense" : `dense_${act.f.toLowerCase()}`,
    wgsl: withFunction(shaders.dense, act),
    inputs: ["data", "u32?", "weight", "f32"],
    outputs: ["f32", "f32?"],
    params: { M: "u32", N: "u32", K: "u32", a: "f32", offset: "step.u32", scale: "f32", shift: "f32" },
    constants: { KEEP: false, HALF: false, U8: false, GATHER: false },
    grid: ({ M, N }) => [M, N],
    cpu([x, index, W, b], [y, s], p, c) {
      const { M, N, K, a } = p;
      const f = act.unary.f;
      gemm(M, N, K, packRow(x!, index!, K, p, c), strided(W!, 1, N, K), (m, row) => {
        for (let n = 0; n < N; n++) {
          const pre = row[n]! + b![n]!;
          y![m * N + n] = f(pre, a, 0);
          if (c.KEEP) s![m * N + n] = pre;
        }
      });
    },
    cost: ({ M, N, K }) => ({ flops: 2 * M * N * K, bytes: 4 * (M * K + K * N + N + M * N) }),
  };
}

type Layer = DenseLayer & { readonly act: Activation; readonly forward: Kernel<DenseParams> };

function layerOf(name: ActivationName): Layer {
  const act = activation("dense", name);
  return {
    act,
    a: act.a,
    forward: denseKernel(act),
    gradInput: denseGradInputKernel(act),
    gradWeight: denseGradWeightKernel(act),
    gradBoth: denseGradKernel(act),
  };
}

/** The kernels of dense layers, by activation. */
export const denseLayers: Readonly<Record<ActivationName, Layer>> = Object.fromEntries(
  activationNames.map((name) => [name, layerOf(name)]),
) as Record<ActivationName, Layer>;

/** What a dense layer applies to its sums. */
export interface DenseOptions {
  /** Default "identity". */
  readonly activation?: ActivationName;
}

export const DENSE_OPTIONS: Checks<keyof DenseOptions> = { activation: TEXT };

/**
 * y = f(x·W + b): x [B, K] or a batch of K columns, W [K, N], b [N] → y [B, N]. Rows of a data set are read where they lie; no gradient flows to
 * them. W may be a tensor of f16, which half its memory holds, and sums are f32 all the same: s is off by at most Σk |x|·max(2^-11·|W|, 2^-25) beside
 * their rounding, and no gradient flows.
 */
export function dense(x: Tensor | BatchRows, W: Tensor, b: Tensor, options: DenseOptions = {}): Tensor {
  checkOptions("dense", options, DENSE_OPTIONS);
  const { act } = denseLayers[activation("dense", options.activation ?? "identity").f];
  const layer = denseLayers[act.f];
  const { device, rows, M, N, K } = denseSizes("dense", x, W, b, ["f32", "f16"]);
  const sources = x instanceof Tensor ? [x, W, b] : [W, b];
  const tracked = anyTracked(...sources);
  const y = empty(device, [M, N], "f32", { tracked });
  const keep = tracked && act.unary.needs === "x";
  const s = keep ? empty(device, [M, N]) : null;
  const params = { M, N, K, a: act.a, ...rowParams(rows) };
  const constants = { KEEP: keep, HALF: W.dtype === "f16", ...rowConstants(rows) };
  device.run(layer.forward, [rows.data, rows.index, W.slice, b.slice], [y.slice, s?.slice ?? null], params, constants);
  const saved = act.f === "identity" ? null : (s ?? y).slice;
  record([y], sources, ([dy], want, defer) => {
    if (W.dtype === "f16") throw new TypeError(`dense: gradients are through f32 weights, got W in f16 of ${show(W.shape)} (use the model's own)`);
    const [wantX, wantW, wantB] = x instanceof Tensor ? want : [null, ...want];
    denseGradients(layer, rows, W, { dy: dy!.slice, saved }, [wantX ?? null, wantW ?? null, wantB ?? null], defer);
  });
  return y;
}

interface DenseSizes {
  readonly device: Device;
  readonly rows: BatchRows;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** Checks the operands of x·W + b and names their sizes. */
export function denseSizes(op: string, x: Tensor | BatchRows, W: Tensor, b: Tensor, weights: readonly DType[] = ["f32"]): DenseSizes {
  const device = check(op, { W }, ...weights);
  checkSameDevice(op, device, check(op, { b }), "W and b");
  if (W.shape.length !== 2) throw new RangeError(`${op}: W has rank 2, [inputs, outputs], got ${show(W.shape)}`);
  const [K, N] = W.shape as readonly [number, number];
  if (!sameShape(b.shape, [N])) throw new RangeError(`${op}: b has shape [${N}], one bias per output, got ${show(b.shape)}`);
  const rows = asRows(op, "x", x);
  checkSameDevice(op, rows.device, device, "x and W");
  if (rows.columns !== K) {
    throw new RangeError(`${op}: inner dimensions differ, x is [${rows.rows}, ${rows.columns}] and W is ${show(W.shape)} (W is [inputs, outputs])`);
  }
  return { device, rows, M: rows.rows, N, K };
}
