/** Eigenvalues and eigenvectors of symmetric matrices, in f64: to a tridiagonal matrix first, whose eigenvectors are then found one by one. */
import { forEachBits, normalOf } from "../random.ts";
import { streams } from "../streams.ts";
import { atOnce } from "../turns.ts";

export interface Eigen {
  /** All n, the greatest first. */
  readonly values: Float64Array;
  /** [count, n]: orthonormal eigenvectors of the greatest values, in their order. */
  readonly vectors: Float64Array;
}

/**
 * A = Σ λ·v·vᵀ for a symmetric A [n, n], all λ and the `count` eigenvectors of the greatest: Householder's reduction to a tridiagonal matrix, QL with
 * implicit shifts for λ, inverse iteration for v (Golub and Van Loan 2013, sections 8.3 and 8.2.2). About n³ multiplications, n² for each vector, and
 * 16n for each pair of them.
 */
export function symmetricEigen(matrix: Float64Array, n: number, count: number = n): Eigen {
  return atOnce(eigenSteps(matrix, n, count));
}

/** `symmetricEigen` in 2n + 2·count short steps: yields 1 after each. */
export function* eigenSteps(matrix: Float64Array, n: number, count: number): Generator<1, Eigen> {
  // In units of its largest element, so that squares neither overflow nor vanish.
  const unit = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!Number.isFinite(unit)) throw new RangeError(`symmetricEigen: the matrix is finite, got ${unit} in [${n}, ${n}]`);
  const a = unit > 0 ? matrix.map((value) => value / unit) : matrix.slice();
  const tridiagonal = yield* reduce(a, n);
  const values = (yield* eigenvalues(tridiagonal)).sort((x, y) => y - x);
  const vectors = new Float64Array(count * n);
  for (let i = 0; i < count; i++) {
    const v = vectors.subarray(i * n, (i + 1) * n);
    inverseIteration(tridiagonal, values[i]!, vectors.subarray(0, i * n), v, i);
    yield 1;
  }
  for (let i = 0; i < count; i++) {
    transformBack(a, n, vectors.subarray(i * n, (i + 1) * n));
    yield 1;
  }
  return { values: values.map((value) => value * unit), vectors };
}

/** T[i, i] and T[i, i + 1], the last of which is 0. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly off: Float64Array;
}

/** T = H … H A H … H with reflections H = I − 2uuᵀ, u a unit vector or 0 from column k + 1 on, which is left in row k of `a`. */
function* reduce(a: Float64Array, n: number): Generator<1, Tridiagonal> {
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    yield 1;
    diagonal[k] = a[k * n + k]!;
    if (k === n - 1) break;
    const u = a.subarray(k * n + k + 1, (k + 1) * n);
    off[k] = reflector(u);
    const m = u.length;
    // p = A u, then A ← A − 2(u wᵀ + w uᵀ) with w = p − (uᵀp)u, on what is left of A.
    let up = 0;
    for (let i = 0; i < m; i++) {
      const at = (k + 1 + i) * n + k + 1;
      let dot = 0;
      for (let j = 0; j < m; j++) dot += a[at + j]! * u[j]!;
      p[i] = dot;
      up += dot * u[i]!;
    }
    for (let i = 0; i < m; i++) p[i]! -= up * u[i]!;
    for (let i = 0; i < m; i++) {
      const at = (k + 1 + i) * n + k + 1;
      const [ui, wi] = [2 * u[i]!, 2 * p[i]!];
      for (let j = 0; j < m; j++) a[at + j]! -= ui * p[j]! + wi * u[j]!;
    }
  }
  return { diagonal, off };
}

/** Turns x into the unit vector u for which (I − 2uuᵀ)x = (s, 0, 0, …), and returns s. */
function reflector(x: Float64Array): number {
  const rest = Math.hypot(...x.subarray(1));
  const first = x[0]!;
  if (rest === 0) {
    x.fill(0);
    return first;
  }
  const s = first > 0 ? -Math.hypot(first, rest) : Math.hypot(first, rest);
  x[0] = first - s;
  const length = Math.hypot(first - s, rest);
  for (let i = 0; i < x.length; i++) x[i]! /= length;
  return s;
}

/** Sweeps for one eigenvalue; two or three are usual. */
const SWEEPS = 100;

/** QL with implicit shifts: rotations that chase what is off the diagonal upwards and out. */
function* eigenvalues({ diagonal, off }: Tridiagonal): Generator<1, Float64Array> {
  const d = diagonal.slice();
  const e = off.slice();
  const n = d.length;
  for (let l = 0; l < n; l++) {
    yield 1;
    for (let sweep = 0; ; sweep++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!)) && Math.abs(e[m]!) > Number.MIN_VALUE) m++;
      if (m === l) break;
      if (sweep === SWEEPS) throw new RangeError(`symmetricEigen: QL converges in ${SWEEPS} sweeps, got none for eigenvalue ${l} of ${n}`);
      sweepUp(d, e, l, m);
    }
  }
  return d;
}

/** One sweep over rows l … m, shifted by the eigenvalue of the first two rows that is nearer to the first (Wilkinson's shift). */
function sweepUp(d: Float64Array, e: Float64Array, l: number, m: number): void {
  const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  let g = d[m]! - d[l]! + e[l]! / (half + (half < 0 ? -1 : 1) * Math.hypot(half, 1));
  let [sine, cosine, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      // It has split: the rest is for the next sweep.
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    [sine, cosine] = [f / r, g / r];
    g = d[i + 1]! - p;
    const t = (d[i]! - g) * sine + 2 * cosine * b;
    p = sine * t;
    d[i + 1] = g + p;
    g = cosine * t - b;
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}

/** Solutions of (T − λ)v' = v, of which the second is already as good as rounding allows; one more costs little. */
const ITERATIONS = 3;

/** An eigenvector of T for its eigenvalue λ, at right angles to those `before`; the stream of `streams.eigenvector(i)` is where it starts from. */
function inverseIteration({ diagonal, off }: Tridiagonal, value: number, before: Float64Array, v: Float64Array, i: number): void {
  const [k0, k1] = streams.eigenvector(i).words;
  forEachBits(k0, k1, v.length, (j, bits) => (v[j] = normalOf(bits)));
  normalise(v, before);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    solve(diagonal, off, value, v);
    normalise(v, before);
  }
}

/** x ← (T − λ)⁻¹ x by elimination with row exchanges; a pivot of 0 counts as rounding of T, whose elements are at most about 1. */
function solve(diagonal: Float64Array, off: Float64Array, value: number, x: Float64Array): void {
  const n = x.length;
  // Of each eliminated row: the pivot and the two elements to its right.
  const [pivot, right, farther] = [diagonal.map((d) => d - value), off.slice(), new Float64Array(n)];
  for (let i = 0; i < n - 1; i++) {
    const below = off[i]!;
    if (Math.abs(below) > Math.abs(pivot[i]!)) {
      const factor = pivot[i]! / below;
      const [d, e] = [pivot[i + 1]!, right[i + 1]!];
      pivot[i + 1] = right[i]! - factor * d;
      right[i + 1] = -factor * e;
      [pivot[i], right[i], farther[i]] = [below, d, e];
      const own = x[i]!;
      x[i] = x[i + 1]!;
      x[i + 1] = own - factor * x[i]!;
    } else if (below !== 0) {
      const factor = below / pivot[i]!;
      pivot[i + 1]! -= factor * right[i]!;
      x[i + 1]! -= factor * x[i]!;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    const known = x[i]! - (i + 1 < n ? right[i]! * x[i + 1]! : 0) - (i + 2 < n ? farther[i]! * x[i + 2]! : 0);
    x[i] = known / (Math.abs(pivot[i]!) < Number.EPSILON ? Number.EPSILON : pivot[i]!);
  }
}

/** Takes the components along unit vectors [k, n] out of v, twice so that rounding leaves none, and makes its length 1. */
function normalise(v: Float64Array, vectors: Float64Array): void {
  const n = v.length;
  scaleToOne(v);
  for (let pass = 0; pass < 2; pass++) {
    for (let at = 0; at < vectors.length; at += n) {
      let dot = 0;
      for (let j = 0; j < n; j++) dot += v[j]! * vectors[at + j]!;
      for (let j = 0; j < n; j++) v[j]! -= dot * vectors[at + j]!;
    }
    scaleToOne(v);
  }
}

function scaleToOne(v: Float64Array): void {
  // Solutions are as large as 1/ε to the power of the multiplicity: the largest element comes off before squares are taken.
  const most = v.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  let squares = 0;
  for (const value of v) squares += (value / most) ** 2;
  const length = most * Math.sqrt(squares);
  for (let j = 0; j < v.length; j++) v[j]! /= length;
}

/** v ← H₀ H₁ … v. */
function transformBack(a: Float64Array, n: number, v: Float64Array): void {
  for (let k = n - 2; k >= 0; k--) {
    let dot = 0;
    for (let j = k + 1; j < n; j++) dot += a[k * n + j]! * v[j]!;
    for (let j = k + 1; j < n; j++) v[j]! -= 2 * dot * a[k * n + j]!;
  }
}
