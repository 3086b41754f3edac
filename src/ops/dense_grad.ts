/** The gradients of s = x·W + b, y = f(s), shared by dense, heads and the dense likelihoods: two products that load ds = dy·f'(s)·r on the fly. */
import type { Sink } from "../autodiff.ts";
import type { Launch, Slice } from "../device/device.ts";
import type { Constants, Kernel, Scalar, TypedArray } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import type { Tensor } from "../tensor.ts";
import { type Activation, withFunction } from "./activation.ts";
import { gemm, strided } from "./gemm.ts";
import { type BatchRows, packColumn, rowConstants, rowParams } from "./rows.ts";

type InputParams = { M: number; N: number; K: number; a: number; row: number; accumulate: number };

/** dx[m,k] (+)= Σn ds[m,n]·W[k,n], ds = dy·f'(s)·r. */
export function denseGradInputKernel(activation: Activation): Kernel<InputParams> {
  return {
    name: withName("dense_grad_input", activation),
    wgsl: withFunction(shaders.denseGradInput, activation),
    inputs: ["f32", "f32?", "f32?", "f32"],
    outputs: ["f32"],
    params: { M: "u32", N: "u32", K: "u32", a: "f32", row: "step.f32", accumulate: "u32" },
    constants: { ROWS: false },
    grid: ({ M, K }) => [M, K],
    cpu([dy, saved, rows, W], [dx], { M, N, K, a, row, accumulate }, { ROWS }) {
      const ds = cotangentOf(activation, dy!, saved!, rows!, N, a, row, Boolean(ROWS));
      const packDs = (m: number, out: Float64Array, at: number, step: number): void => {
        for (let n = 0; n < N; n++, at += step) out[at] = ds(m, n);
      };
      gemm(M, K, N, packDs, strided(W!, N, 1, N), (m, values) => {
        for (let k = 0; k < K; k++) dx![m * K + k] = accumulate ? dx![m * K + k]! + values[k]! : values[k]!;
      });
    },
    cost: ({ M, N, K }) => ({ flops: 2 * M * N * K, bytes: 4 * (2 * M * N + N * K + M * K) }),
  };
}

type WeightParams = InputParams & { offset: number; scale: number; shift: number; weight_mode: number; bias_mode: number };

/** dW[k,n] (+)= Σm x[m,k]·ds[m,n] and db[n] (+)= Σm ds[m,n]: one product, x with a column of ones. Modes: 0 overwrites, 1 adds, 2 leaves alone. */
export function denseGradWeightKernel(activation: Activation): Kernel<Omit<WeightParams, "accumulate">> {
  return {
    name: withName("dense_grad_weight", activation),
    wgsl: withFunction(shaders.denseGradWeight, activation),
    inputs: ["data", "u32?", "f32", "f32?", "f32?"],
    outputs: ["f32?", "f32?"],
    params: {
      M: "u32",
      N: "u32",
      K: "u32",
      a: "f32",
      row: "step.f32",
      offset: "step.u32",
      scale: "f32",
      shift: "f32",
      weight_mode: "u32",
      bias_mode: "u32",
    },
    constants: { ROWS: false, U8: false, GATHER: false },
    grid: ({ N, K }) => [K + 1, N],
    cpu([x, index, dy, saved, rows], [dW, db], p, c) {
      const { M, N, K } = p;
      const ds = cotangentOf(activation, dy!, saved!, rows!, N, p.a, p.row, Boolean(c.ROWS));
      const packDs = (n: number, out: Float64Array, at: number, step: number): void => {
        for (let m = 0; m < M; m++, at += step) out[at] = ds(m, n);
      };
      gemm(K + 1, N, M, packColumn(x!, index!, M, K, p, c), packDs, (k, values) => {
        const [target, from, mode] = k < K ? [dW!, k * N, p.weight_mode] : [db!, 0, p.bias_mode];
        if (mode === 2) return;
        for (let n = 0; n < N; n++) target[from + n] = mode === 1 ? target[from + n]! + values[n]! : values[n]!;
      });
    },
    cost: ({ M, N, K }) => ({ flops: 2 * M * N * (K + 1), bytes: 4 * (M * K + 2 * M * N + (K + 1) * N) }),
  };
}

/** ds[m,n] of lib/cotangent.wgsl. */
function cotangentOf(
  { f, unary }: Activation,
  dy: TypedArray,
  saved: TypedArray,
  rows: TypedArray,
  N: number,
  a: number,
  row: number,
  byRow: boolean,
): (m: number, n: number) => number {
  if (f === "identity") return (m, n) => dy[m * N + n]! * (byRow ? rows[m]! : row);
  return (m, n) => {
    const i = m * N + n;
    return dy[i]! * unary.df(saved[i]!, saved[i]!, a, 0) * (byRow ? rows[m]! : row);
  };
}

/** Both gradients of a layer in one launch: dx as dense_grad_input has it, dW and db as dense_grad_weight, for an x that is a tensor. */
export function denseGradKernel(activation: Activation): Kernel<WeightParams> {
  const [input, weight] = [denseGradInputKernel(activation), denseGradWeightKernel(activation)];
  return {
    name: withName("dense_grad", activation),
    wgsl: withFunction(shaders.denseGrad, activation),
    inputs: ["f32", "f32", "f32?", "f32?", "f32"],
    outputs: ["f32", "f32?", "f32?"],
    params: { ...weight.params, accumulate: "u32" },
    constants: { ROWS: false },
    grid: bothGrids,
    cpu([x, dy, saved, rows, W], [dx, dW, db], p, c) {
      input.cpu([dy!, saved!, rows!, W!], [dx!], p, c);
      weight.cpu([x!, NO_INDEX, dy!, saved!, rows!], [dW!, db!], p, c);
    },
    cost: (p) => sumOf(input.cost!(p), weight.cost!(p)),
  };
}

/** The rows and columns of dx [M, K], and of dW with db [K + 1, N]; of one alone where the other has no elements, and the sums of dx no terms. */
export function bothGrids({ M, N, K }: { readonly M: number; readonly N: number; readonly K: number }): ReturnType<Kernel["grid"]> {
  if (M * K === 0) return [K + 1, N];
  return N === 0 ? [M, K] : [M, K, K + 1, N];
}

const NO_INDEX = new Uint32Array(0);

type Cost = ReturnType<NonNullable<Kernel["cost"]>>;
const sumOf = (a: Cost, b: Cost): Cost => ({ flops: a.flops + b.flops, bytes: a.bytes + b.bytes });

function withName(kernel: string, { f }: Activation): string {
  return f === "identity" ? kernel : `${kernel}_${f.toLowerCase()}`;
}

/** The gradient of a dense layer's output, in the form that its kernels load. */
export interface DenseCotangent {
  /** [M, N]. */
  readonly dy: Slice;
  /** What f' is computed from, [M, N]; null for the identity. */
  readonly saved: Slice | null;
  /** A factor for each row: a tensor [M], of which a uniform one costs no memory. */
  readonly rows?: Tensor;
}

export interface DenseLayer {
  readonly gradInput: Kernel<InputParams>;
  readonly gradWeight: Kernel<Omit<WeightParams, "accumulate">>;
  readonly gradBoth: Kernel<WeightParams>;
  readonly a: number;
}

/**
 * Writes the wanted gradients of x, W and b: those of a tensor in one launch, those of a data set's rows, which are the weights' alone, in a
 * deferred one, because nobody reads them before the end of the walk.
 */
export function denseGradients(
  layer: DenseLayer,
  x: BatchRows,
  W: Tensor,
  { dy, saved, rows }: DenseCotangent,
  [wantX, wantW, wantB]: readonly [Sink | null, Sink | null, Sink | null],
  defer: (launch: Launch) => void,
): void {
  const [K, N] = W.shape as readonly [number, number];
  const uniform: Scalar | undefined = rows === undefined ? 1 : rows.uniform;
  const rowSlice = uniform === undefined ? rows!.slice : null;
  const common = { M: x.rows, N, K, a: layer.a, row: uniform ?? 1 };
  const ROWS: Constants = { ROWS: rowSlice !== null };
  if (!wantX) {
    if (!wantW && !wantB) return;
    const { outputs, modes } = weightOutputs(wantW, wantB, "deferred");
    const params = { ...common, ...rowParams(x), ...modes };
    defer({ kernel: layer.gradWeight, inputs: [x.data, x.index, dy, saved, rowSlice], outputs, params, constants: { ...ROWS, ...rowConstants(x) } });
  } else if (!wantW && !wantB) {
    const { target, accumulate } = wantX.write();
    target.device.run(layer.gradInput, [dy, saved, rowSlice, W.slice], [target.slice], { ...common, accumulate }, ROWS);
  } else {
    const { slices, accumulate, modes } = writeAll(wantX, wantW, wantB);
    const params = { ...common, ...rowParams(x), ...modes, accumulate };
    W.device.run(layer.gradBoth, [x.data, dy, saved, rowSlice, W.slice], slices, params, ROWS);
  }
}

interface WeightOutputs {
  readonly outputs: readonly (Slice | null)[];
  readonly modes: { readonly weight_mode: number; readonly bias_mode: number };
}

/** Where dW and db go; what is not wanted is left alone. */
function weightOutputs(wantW: Sink | null, wantB: Sink | null, timing: "now" | "deferred"): WeightOutputs {
  const [weight, bias] = [wantW?.write(timing), wantB?.write(timing)];
  return {
    outputs: [weight?.target.slice ?? null, bias?.target.slice ?? null],
    modes: { weight_mode: weight?.accumulate ?? 2, bias_mode: bias?.accumulate ?? 2 },
  };
}

interface AllOutputs {
  /** Of dx, dW and db. */
  readonly slices: readonly (Slice | null)[];
  readonly accumulate: number;
  readonly modes: WeightOutputs["modes"];
}

/** Claims the destinations of a launch that writes dx, dW and db. */
export function writeAll(wantX: Sink, wantW: Sink | null, wantB: Sink | null): AllOutputs {
  const { target, accumulate } = wantX.write();
  const { outputs, modes } = weightOutputs(wantW, wantB, "now");
  return { slices: [target.slice, ...outputs], accumulate, modes };
}
