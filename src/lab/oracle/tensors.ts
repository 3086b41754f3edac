/** The oracle for whole tensors: broadcasting, products, reductions and moves, each with the gradients that follow from a cotangent dy. Imports no source. */
import { type Elementwise, expBound, type Expected, expUlp, term, type Term, tolerance, ULP, type Values } from "./terms.ts";

export interface Result {
  readonly y: Expected;
  /** One for each input, given a dy. */
  readonly gradients: readonly Expected[];
}

type Index = readonly number[];

const sizeOf = (shape: Index): number => shape.reduce((size, n) => size * n, 1);

/** The index of element i of a shape, and back; dimensions of 1 repeat, and so do missing ones on the left. */
function indexOf(i: number, shape: Index): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; i = Math.floor(i / shape[axis]!), axis--) index[axis] = i % shape[axis]!;
  return index;
}

function offsetOf(index: Index, shape: Index): number {
  const lead = index.length - shape.length;
  return shape.reduce((at, n, axis) => at * n + (n === 1 ? 0 : index[lead + axis]!), 0);
}

function broadcast(shapes: readonly Index[]): number[] {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) => shapes.map((s) => s[s.length - rank + i] ?? 1).reduce((m, n) => (m === 1 ? n : m)));
}

/** Adds up terms by where they go: element `to(i)` of `shape` is the sum of `of(i)` over all i < count that go there. */
function gathered(shape: Index, count: number, to: (i: number) => number, of: (i: number) => Term): Expected {
  const data = new Float64Array(sizeOf(shape));
  const magnitude = new Float64Array(data.length);
  const bound = new Float64Array(data.length);
  const terms = new Uint32Array(data.length);
  for (let i = 0; i < count; i++) {
    const t = of(i);
    data[to(i)]! += t.value;
    magnitude[to(i)]! += t.magnitude;
    bound[to(i)]! += t.bound;
    terms[to(i)]!++;
  }
  return { shape, data, tolerance: data.map((value, i) => tolerance(terms[i]!, term(value, magnitude[i], bound[i]))) };
}

const times = ({ value, magnitude, bound }: Term, by: number): Term => term(value * by, magnitude * Math.abs(by), bound * Math.abs(by));

/** An element-wise op on tensors that broadcast; `constants` follow the tensors in the op's arguments. */
export function elementwise(op: Elementwise, inputs: readonly Values[], constants: readonly number[] = [], dy?: Values): Result {
  const shape = broadcast(inputs.map((x) => x.shape));
  const count = sizeOf(shape);
  const offsets = (x: Values, i: number): number => offsetOf(indexOf(i, shape), x.shape);
  const args = (i: number): number[] => [...inputs.map((x) => x.data[offsets(x, i)]!), ...constants];
  return {
    y: gathered(
      shape,
      count,
      (i) => i,
      (i) => op.f(...args(i)),
    ),
    gradients: dy
      ? inputs.map((x, k) =>
          gathered(
            x.shape,
            count,
            (i) => offsets(x, i),
            (i) => times(op.d[k]!(...args(i)), dy.data[i]!),
          ),
        )
      : [],
  };
}

/** y = Σk a[m,k]·b[k,n], either one stored transposed. */
export function matmul(a: Values, b: Values, transposeA = false, transposeB = false): Expected {
  const [M, K] = transposeA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const N = transposeB ? b.shape[0]! : b.shape[1]!;
  const at = (m: number, k: number): number => a.data[transposeA ? k * M + m : m * K + k]!;
  const bt = (k: number, n: number): number => b.data[transposeB ? n * K + k : k * N + n]!;
  const row = (i: number): number => Math.floor(i / K);
  return gathered([M, N], M * N * K, row, (i) => term(at(Math.floor(row(i) / N), i % K) * bt(i % K, row(i) % N)));
}

export function matmulGradients(a: Values, b: Values, dy: Values, transposeA = false, transposeB = false): Expected[] {
  return [
    transposeA ? matmul(b, dy, transposeB, true) : matmul(dy, b, false, !transposeB),
    transposeB ? matmul(dy, a, true, transposeA) : matmul(a, dy, !transposeA, false),
  ];
}

/** y = Σ x over axes; the gradient is dy, repeated. Axes are in order and not negative; the result keeps them as 1. */
export function sum(x: Values, axes: Index): Expected {
  const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  return gathered(
    kept,
    sizeOf(x.shape),
    (i) => offsetOf(indexOf(i, x.shape), kept),
    (i) => term(x.data[i]!),
  );
}

/** y = log(Σ exp(x)) over axes, kept as 1, and each element's share of it: the gradient, and softmax. */
export function logSumExp(x: Values, axes: Index): { y: Expected; softmax: Expected; logSoftmax: Expected } {
  const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const lane = (i: number): number => offsetOf(indexOf(i, x.shape), kept);
  const largest = new Float64Array(sizeOf(kept)).fill(-Infinity);
  for (let i = 0; i < x.data.length; i++) largest[lane(i)] = Math.max(largest[lane(i)]!, x.data[i]!);
  const below = (i: number): number => x.data[i]! - (Number.isFinite(largest[lane(i)]!) ? largest[lane(i)]! : 0);
  const total = gathered(kept, x.data.length, lane, (i) => term(Math.exp(below(i)), Math.exp(below(i)), expBound(below(i))));
  const log = total.data as Float64Array;
  const slack = log.map((value, l) => total.tolerance[l]! / value + 2 ** -21);
  const like = (shape: Index, data: Float64Array, tolerances: Float64Array): Expected => ({ shape, data, tolerance: tolerances });
  const each = (of: (i: number) => number): Float64Array => Float64Array.from({ length: x.data.length }, (_, i) => of(i));
  const share = (i: number): number => Math.exp(below(i)) / log[lane(i)]!;
  return {
    y: like(
      kept,
      log.map((value, l) => largest[l]! + Math.log(value)),
      log.map((value, l) => 9 * ULP * (Math.abs(largest[l]!) + Math.abs(Math.log(value))) + slack[l]!),
    ),
    softmax: like(
      x.shape,
      each(share),
      each((i) => share(i) * (12 * ULP + expUlp(below(i)) + Math.abs(below(i)) * ULP + slack[lane(i)]!)),
    ),
    logSoftmax: like(
      x.shape,
      each((i) => below(i) - Math.log(log[lane(i)]!)),
      each((i) => 9 * ULP * (Math.abs(below(i)) + Math.abs(Math.log(log[lane(i)]!))) + slack[lane(i)]!),
    ),
  };
}

/** A move: y[i] = x[from(i)], exact; the gradient adds up where elements repeat. */
function moved(x: Values, shape: Index, from: (index: number[]) => number, dy?: Values): Result {
  const source = (i: number): number => from(indexOf(i, shape));
  return {
    y: { shape, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => x.data[source(i)]!), tolerance: new Float64Array(sizeOf(shape)) },
    gradients: dy ? [gathered(x.shape, sizeOf(shape), source, (i) => term(dy.data[i]!))] : [],
  };
}

/** y[index] = x[index permuted]: axis i of y is axis permutation[i] of x. */
export function transpose(x: Values, permutation: Index, dy?: Values): Result {
  const shape = permutation.map((axis) => x.shape[axis]!);
  return moved(
    x,
    shape,
    (index) =>
      offsetOf(
        x.shape.map((_, axis) => index[permutation.indexOf(axis)]!),
        x.shape,
      ),
    dy,
  );
}

/** y[index] = x[begin + index·step]. */
export function slice(x: Values, begin: Index, shape: Index, step: Index, dy?: Values): Result {
  return moved(x, shape, (index) => index.reduce((at, i, axis) => at * x.shape[axis]! + begin[axis]! + i * step[axis]!, 0), dy);
}

/** y[i, …] = x[rows[i], …]. */
export function gatherRows(x: Values, rows: Index, dy?: Values): Result {
  const shape = [rows.length, ...x.shape.slice(1)];
  return moved(x, shape, ([row, ...rest]) => [rows[row!]!, ...rest].reduce((at, i, axis) => at * x.shape[axis]! + i, 0), dy);
}

export function broadcastTo(x: Values, shape: Index, dy?: Values): Result {
  return moved(x, shape, (index) => offsetOf(index, x.shape), dy);
}
