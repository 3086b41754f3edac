/**
 * The output layer and its loss in one launch, whatever the loss: the outputs s = h·W + b are never stored. The forward keeps the loss's derivative by
 * them, unscaled; the backward multiplies by each row's cotangent while loading, which is exact because a row scale commutes with the product.
 */
import { type Check, checkValue, OBJECT, thing } from "../check.ts";
import { anyTracked, record, type Sink } from "../autodiff.ts";
import type { Device, Slice } from "../device/device.ts";
import type { Constants, Scalar, TypedArray } from "../kernel.ts";
import { show } from "../shape.ts";
import { check, empty, type Tensor } from "../tensor.ts";
import { denseLayers, denseSizes } from "./dense.ts";
import { denseGradients } from "./dense_grad.ts";
import { gemm, strided } from "./gemm.ts";
import { asRows, type BatchRows, rowConstants, rowParams } from "./rows.ts";

/** Params of a loss kernel: the sizes, and where the rows of x lie (lib/rows.wgsl). */
export type OutputLayerParams = {
  /** Rows of h: S·B. */
  readonly M: number;
  /** Rows of x; row m of h is scored on row m % B. */
  readonly B: number;
  /** Columns of x, and outputs of the layer. */
  readonly D: number;
  /** Columns of h. */
  readonly H: number;
  readonly offset: number;
  readonly scale: number;
  readonly shift: number;
};

/** What `outputLayer` prepares: `device.run(kernel, inputs, outputs, params, constants)` is the forward pass. */
export interface OutputLayer {
  readonly device: Device;
  /** Σ of the losses of a row, [M], tracked where h, W, b or an own tensor is: the kernel's first output. */
  readonly nll: Tensor;
  /** ∂loss[m, n]/∂s[m, n], [M, D], not multiplied by anything: the kernel's second output; null where no gradient can be wanted. */
  readonly derivative: Slice | null;
  /** x as it is stored, "data"; the index of its rows, "u32?"; h [M, H], W [H, D] and b [D], "f32". */
  readonly inputs: readonly (Slice | null)[];
  /** nll, "f32", and the derivative, "f32?". */
  readonly outputs: readonly (Slice | null)[];
  readonly params: Readonly<Record<"M" | "B" | "D" | "H" | "scale" | "shift", number>> & { readonly offset: Scalar };
  /** KEEP: the derivative is wanted; U8 and GATHER: how x is loaded (lib/rows.wgsl). */
  readonly constants: Constants;
}

/**
 * Checks the operands of nll[m] = Σn loss(s[m, n], x[m % B, n]), s = h·W + b, and allocates what its kernel writes: h [S·B, H], W [H, D], b [D],
 * x [B, D] a tensor or rows of a data set. `own` are further tensors that the loss depends on, by their names in errors; where the layer has other
 * outputs than x has columns, `outputs` is their number. RangeError where shapes do not fit, TypeError where tensors are freed, of another dtype or on different devices.
 *
 * The kernel writes nll[m], and where KEEP the derivative ∂loss/∂s of each element as it is, without any factor of the row: that comes in the backward
 * pass (`recordOutput`). `lib/row_loss.wgsl` has the product and the sums, and asks for `fn loss(m, n, s) -> f32`; `rowLoss` is the same in the
 * CPU loop. docs/fused_kernels.md has a loss of one's own, whole.
 */
export function outputLayer(
  op: string,
  h: Tensor,
  W: Tensor,
  b: Tensor,
  x: Tensor | BatchRows,
  own: Readonly<Record<string, Tensor>> = {},
  outputs?: number,
): OutputLayer {
  const { device, M, N: D, K: H } = denseSizes(op, h, W, b);
  checkValue(op, "own", own, OBJECT);
  check(op, { ...own, W });
  const target = asRows(op, "x", x);
  if (outputs === undefined && target.columns !== D)
    throw new RangeError(`${op}: x has the outputs' ${D} columns, got [${target.rows}, ${target.columns}]`);
  if (outputs !== undefined && outputs !== D) throw new RangeError(`${op}: W has ${outputs} outputs, got ${show(W.shape)}`);
  const B = target.rows;
  if (B === 0 ? M !== 0 : M % B !== 0) {
    throw new RangeError(
      `${op}: the rows of h are a multiple of the rows of x, got h ${show(h.shape)} and x [${B}, ${D}] (S samples are rows s·B + i)`,
    );
  }
  const tracked = anyTracked(h, W, b, ...Object.values(own));
  const nll = empty(device, [M], "f32", { tracked });
  const derivative = tracked ? device.alloc("f32", M * D) : null;
  return {
    device,
    nll,
    derivative,
    inputs: [target.data, target.index, h.slice, W.slice, b.slice],
    outputs: [nll.slice, derivative],
    params: { M, B, D, H, ...rowParams(target) },
    constants: { KEEP: tracked, ...rowConstants(target) },
  };
}

/** A tensor besides h, W and b that a loss depends on. */
export interface OwnOperand {
  readonly tensor: Tensor;
  /** Writes its gradient Σm dnll[m]·∂nll[m]/∂tensor, for the cotangent dnll [M]; not called where nobody wants it. */
  backward(dnll: Tensor, want: Sink): void;
}

const OWN: Check = [
  "is an array of { tensor, backward }",
  (own) => Array.isArray(own) && own.every((operand: unknown) => Object(operand) === operand),
];
const LAYER: Check = thing("what outputLayer prepares", ["nll", "derivative"], "outputLayer(op, h, W, b, x)");

/**
 * Makes nll, which the kernel has written, a node of the graph, and returns it. With its cotangent dnll [M] and the stored derivative d [M, D]:
 * dh = (dnll·d)·Wᵀ, dW = hᵀ·(dnll·d), db[n] = Σm dnll[m]·d[m, n], where row m of dnll·d is dnll[m]·d[m]. That factor is multiplied in while d is
 * loaded, so that importance weights, beta and the mean over a batch are exact, whatever they turn out to be. No gradient flows to x, which is data.
 */
export function recordOutput(layer: OutputLayer, h: Tensor, W: Tensor, b: Tensor, own: readonly OwnOperand[] = []): Tensor {
  checkValue("recordOutput", "layer", layer, LAYER);
  checkValue("recordOutput", "own", own, OWN);
  const { nll, derivative } = layer;
  if (!derivative) return nll;
  const rowsOfH = asRows("dense", "h", h);
  record([nll], [h, W, b, ...own.map(({ tensor }) => tensor)], ([dnll], [wantH, wantW, wantB, ...wantOwn], defer) => {
    const wants = [wantH ?? null, wantW ?? null, wantB ?? null] as const;
    denseGradients(denseLayers.identity, rowsOfH, W, { dy: derivative, saved: null, rows: dnll! }, wants, defer);
    own.forEach(({ backward }, i) => wantOwn[i] && backward(dnll!, wantOwn[i]));
  });
  return nll;
}

/**
 * nll[m] = Σn loss(m, n, s[m, n]), s = h·W + b in f64: `lib/row_loss.wgsl` in the CPU loop of a kernel. `loss` returns the loss of an element and stores
 * its derivative where that is wanted.
 */
export function rowLoss(
  [h, W, b]: readonly [TypedArray, TypedArray, TypedArray],
  nll: TypedArray,
  { M, D, H }: Pick<OutputLayerParams, "M" | "D" | "H">,
  loss: (m: number, n: number, s: number) => number,
): void {
  gemm(M, D, H, strided(h, H, 1, H), strided(W, 1, D, H), (m, row) => {
    let sum = 0;
    for (let n = 0; n < D; n++) sum += loss(m, n, row[n]! + b[n]!);
    nll[m] = sum;
  });
}
