/** matmul, the dense layers and their gradients: products that differ in how they load and store. */
import { SUM_BLOCK } from "../../../kernel.ts";
import { type Routine, routine } from "../emit/assembler.ts";
import { f32x4, i32, int, v128 } from "../emit/instructions.ts";
import { accumulated, byFours, storeFour, storeRows } from "../emit/vectors.ts";
import { bindGemm, type Pack } from "../gemm/gemm.ts";
import { cotangent, dataSources, matrix, packAcross, packAlong } from "../gemm/pack.ts";
import { panelBytes, TILE_COLUMNS, TILE_ROWS } from "../gemm/product.ts";
import { simdActivations, type SimdActivation, simdIdentity } from "../math/activations.ts";
import type { Bound, SimdKernel, SimdKernels } from "./kernel.ts";

const rowsOfMatrix = packAcross(matrix, TILE_ROWS);
const rowsOfTransposed = packAlong(matrix, TILE_ROWS);
const columnsOfMatrix = packAlong(matrix, TILE_COLUMNS);
const columnsOfTransposed = packAcross(matrix, TILE_COLUMNS);
const rowsOfData = { f32: packAcross(dataSources.f32, TILE_ROWS), u8: packAcross(dataSources.u8, TILE_ROWS) };
const columnsOfData = { f32: packAlong(dataSources.f32, TILE_ROWS), u8: packAlong(dataSources.u8, TILE_ROWS) };

type Sizes = { readonly M: number; readonly N: number; readonly K: number };

/** Packs the columns of B [K, N] as it is stored. */
export function packWeights(engine: Bound["engine"], W: number, N: number, K: number): Pack {
  const pack = engine.function(columnsOfMatrix);
  return (to, from, count) => pack(to, from, count, K, W, N);
}

/** Packs the rows of A [M, K] as it is stored. */
export function packMatrix(engine: Bound["engine"], A: number, K: number): Pack {
  const pack = engine.function(rowsOfMatrix);
  return (to, from, count) => pack(to, from, count, K, A, K);
}

export type DataParams = { readonly offset: number; readonly scale: number; readonly shift: number };

/** Packs rows of the data input. */
export function packData({ engine, params, constants }: Bound<DataParams>, x: number, index: number, K: number): Pack {
  const pack = engine.function(rowsOfData[constants["U8"] ? "u8" : "f32"]);
  const by = constants["GATHER"] ? index : 0;
  return (to, from, count) => pack(to, from, count, K, x, by, params.offset, K, params.scale, params.shift);
}

type MatmulParams = Sizes & { readonly a_m: number; readonly a_k: number; readonly b_k: number; readonly b_n: number; readonly accumulate: number };

export const matmul: SimdKernel = {
  shader: "matmul",
  bind({ engine, inputs: [a, b], outputs: [c], params }: Bound<MatmulParams>) {
    const { M, N, K, a_m, a_k, b_k, b_n, accumulate } = params;
    const packRows = engine.function(a_k === 1 ? rowsOfMatrix : rowsOfTransposed);
    const packColumns = engine.function(b_n === 1 ? columnsOfMatrix : columnsOfTransposed);
    const strideA = a_k === 1 ? a_m : a_k;
    const strideB = b_n === 1 ? b_k : b_n;
    const finish = engine.function(storeRows);
    return bindGemm(engine, {
      M,
      N,
      K,
      packA: (to, from, count) => packRows(to, from, count, K, a!, strideA),
      packB: (to, from, count) => packColumns(to, from, count, K, b!, strideB),
      store: (block, stride, m, count) => finish(block, stride, count, N, c! + 4 * m * N, accumulate),
      ...(!accumulate && { direct: c! }),
    });
  },
};

const STORE = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "f32"] as const;

/** y[m,n] = f(s[m,n], a), s = c + b, and s itself where `kept` is not 0. */
function storeActivated(name: string, { f }: SimdActivation): Routine<typeof STORE> {
  return routine(`store_${name}`, STORE, (body, c, stride, rows, N, bias, y, kept, a) => {
    const constant = body.local(f32x4.splat(a));
    body.range(0, rows, 1, () => {
      byFours(body, N, (four) => {
        const s = body.local(f32x4.add(v128.load(i32.add(c, four.offset)), v128.load(i32.add(bias, four.offset))));
        body.when(i32.ne(kept, 0), () => storeFour(body, kept, four, s));
        storeFour(body, y, four, f(body, s, constant));
      });
      const bytes = i32.shl(N, 2);
      body.advance(c, stride);
      body.advance(y, bytes);
      body.when(i32.ne(kept, 0), () => body.advance(kept, bytes));
    });
  });
}

type DenseParams = Sizes & DataParams & { readonly a: number };

function denseKernel(name: string, activation: SimdActivation): SimdKernel {
  const storing = storeActivated(name, activation);
  return {
    shader: "dense",
    bind(launch: Bound<DenseParams>) {
      const { engine, inputs, outputs, params, constants } = launch;
      const [x, index, W, bias] = inputs as [number, number, number, number];
      const [y, kept] = outputs as [number, number];
      const { M, N, K, a } = params;
      const finish = engine.function(storing);
      const keep = constants["KEEP"] ? kept : 0;
      return bindGemm(engine, {
        M,
        N,
        K,
        packA: packData(launch, x, index, K),
        packB: packWeights(engine, W, N, K),
        store: (c, stride, m, count) => finish(c, stride, count, N, bias, y + 4 * m * N, keep && keep + 4 * m * N, a),
      });
    },
  };
}

type GradInputParams = Sizes & { readonly a: number; readonly row: number; readonly accumulate: number };

function gradInputKernel(name: string, activation: SimdActivation): SimdKernel {
  const packing = packAcross(cotangent(name, activation), TILE_ROWS);
  return {
    shader: "dense_grad_input",
    bind({ engine, inputs, outputs: [dx], params, constants }: Bound<GradInputParams>) {
      const [dy, kept, rows, W] = inputs as [number, number, number, number];
      const { M, N, K, a, accumulate } = params;
      const factors = constants["ROWS"] ? rows : 0;
      const [pack, packColumns, finish] = [engine.function(packing), engine.function(columnsOfTransposed), engine.function(storeRows)];
      return bindGemm(engine, {
        M,
        N: K,
        K: N,
        packA: (to, from, count) => pack(to, from, count, N, dy, kept, factors, params.row, N, a),
        packB: (to, from, count) => packColumns(to, from, count, N, W, N),
        store: (c, stride, m, count) => finish(c, stride, count, K, dx! + 4 * m * K, accumulate),
        ...(!accumulate && { direct: dx! }),
      });
    },
  };
}

/** db[n] (+)= Σm ds[m, n], from the packed columns of ds, in blocks of SUM_BLOCK terms. */
const sumPanels: Routine<readonly ["i32", "i32", "i32", "i32", "i32"]> = routine(
  "sum_panels",
  ["i32", "i32", "i32", "i32", "i32"],
  (body, packed, M, N, db, accumulate) => {
    const panel = body.local(i32.mul(i32.and(i32.add(M, 3), -4), 4 * TILE_COLUMNS));
    byFours(body, N, (four) => {
      const { offset } = four;
      const within = i32.and(offset, 16);
      const x = body.local(i32.add(packed, i32.add(i32.mul(i32.shr_u(offset, 5), panel), within)));
      const [total, sum] = [body.local(v128.and(0, 0)), body.variable("v128")];
      body.range(0, M, SUM_BLOCK, (first) => {
        const rest = body.local(i32.sub(M, first));
        body.set(sum, v128.and(0, 0));
        body.range(0, i32.select(rest, int(SUM_BLOCK), i32.lt_u(rest, SUM_BLOCK)), 1, () => {
          body.set(sum, f32x4.add(sum, v128.load(x)));
          body.advance(x, 4 * TILE_COLUMNS);
        });
        body.set(total, f32x4.add(total, sum));
      });
      storeFour(body, db, four, accumulated(body, db, four, total, accumulate));
    });
  },
);

type GradWeightParams = Sizes & DataParams & { readonly a: number; readonly row: number; readonly weight_mode: number; readonly bias_mode: number };

/** Modes: 0 overwrites, 1 adds, 2 leaves alone. */
function gradWeightKernel(name: string, activation: SimdActivation): SimdKernel {
  const packing = packAlong(cotangent(name, activation), TILE_COLUMNS);
  return {
    shader: "dense_grad_weight",
    bind({ engine, inputs, outputs, params, constants }: Bound<GradWeightParams>) {
      const [x, index, dy, kept, rows] = inputs as [number, number, number, number, number];
      const [dW, db] = outputs as [number, number];
      const { M, N, K, a, weight_mode, bias_mode } = params;
      const factors = constants["ROWS"] ? rows : 0;
      const by = constants["GATHER"] ? index : 0;
      const packX = engine.function(columnsOfData[constants["U8"] ? "u8" : "f32"]);
      const [pack, finish, sum] = [engine.function(packing), engine.function(storeRows), engine.function(sumPanels)];
      return bindGemm(engine, {
        M: weight_mode === 2 ? 0 : K,
        N,
        K: M,
        packA: (to, from, count) => packX(to, from, count, M, x, by, params.offset, K, params.scale, params.shift),
        packB: (to, from, count) => pack(to, from, count, M, dy, kept, factors, params.row, N, a),
        packedB(b) {
          if (bias_mode !== 2)
            engine.split(N, TILE_COLUMNS, (M * N) / 4, (from, to) => sum(b + from * panelBytes(1, M), M, to - from, db + 4 * from, bias_mode));
        },
        store: (c, stride, k, count) => finish(c, stride, count, N, dW + 4 * k * N, weight_mode),
        ...(weight_mode === 0 && { direct: dW }),
      });
    },
  };
}

/** Both gradients, one after the other. */
function gradKernel(input: SimdKernel, weight: SimdKernel): SimdKernel {
  return {
    shader: "dense_grad",
    bind({ inputs, outputs: [dx, dW, db], ...launch }: Bound) {
      const [x, dy, kept, rows, W] = inputs as [number, number, number, number, number];
      const forInput = input.bind({ ...launch, inputs: [dy, kept, rows, W], outputs: [dx!] } as never)!;
      const forWeight = weight.bind({ ...launch, inputs: [x, 0, dy, kept, rows], outputs: [dW!, db!] } as never)!;
      return () => {
        forInput();
        forWeight();
      };
    },
  };
}

const suffixed = (kernel: string, name: string): string => (name === "identity" ? kernel : `${kernel}_${name.toLowerCase()}`);

export const denseKernels: SimdKernels = Object.fromEntries(
  Object.entries({ identity: simdIdentity, ...simdActivations }).flatMap(([name, activation]) => {
    const [input, weight] = [gradInputKernel(name, activation), gradWeightKernel(name, activation)];
    return [
      [suffixed("dense", name), denseKernel(name, activation)],
      [suffixed("dense_grad_input", name), input],
      [suffixed("dense_grad_weight", name), weight],
      [suffixed("dense_grad", name), gradKernel(input, weight)],
    ];
  }),
);
