/** Principal components: the directions in which rows vary most (Pearson 1901), in f64. */

export interface Pca {
  /** [rows, count]: each row less the mean, in the coordinates of the components. */
  readonly projected: Float64Array;
  /** [count, columns]: unit vectors, the greatest variance first; the entry of each that is largest in size is positive. */
  readonly components: Float64Array;
  /** Each component's share of the total variance; 0 for data that does not vary. */
  readonly explained: readonly number[];
}

/** The first `count` principal components of rows of `columns` values: eigenvectors of the covariance Σ (x − mean)(x − mean)ᵀ / rows. */
export function pca(values: ArrayLike<number>, columns: number, count: number): Pca {
  const rows = values.length / columns;
  if (!Number.isInteger(rows) || rows === 0 || count > columns) {
    throw new RangeError(`pca: rows are whole and have at least ${count} columns, got ${values.length} values for ${columns} columns`);
  }
  const centred = centre(values, rows, columns);
  const { eigenvalues, eigenvectors } = jacobi(covariance(centred, rows, columns), columns);
  const order = Array.from(eigenvalues.keys()).sort((i, j) => eigenvalues[j]! - eigenvalues[i]!);
  const total = eigenvalues.reduce((sum, value) => sum + value, 0);
  const components = new Float64Array(count * columns);
  order.slice(0, count).forEach((from, c) => {
    const vector = eigenvectors.subarray(from * columns, (from + 1) * columns);
    const largest = vector.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    components.set(largest < 0 ? vector.map((value) => -value) : vector, c * columns);
  });
  const projected = new Float64Array(rows * count);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < count; c++) {
      let dot = 0;
      for (let j = 0; j < columns; j++) dot += centred[row * columns + j]! * components[c * columns + j]!;
      projected[row * count + c] = dot;
    }
  }
  return { projected, components, explained: order.slice(0, count).map((i) => (total > 0 ? eigenvalues[i]! / total : 0)) };
}

function centre(values: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const centred = Float64Array.from(values);
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += centred[row * columns + j]!;
    for (let row = 0; row < rows; row++) centred[row * columns + j]! -= sum / rows;
  }
  return centred;
}

/** [columns, columns]. */
function covariance(centred: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(columns * columns);
  for (let row = 0; row < rows; row++) {
    const x = centred.subarray(row * columns, (row + 1) * columns);
    for (let i = 0; i < columns; i++) for (let j = 0; j < columns; j++) result[i * columns + j]! += (x[i]! * x[j]!) / rows;
  }
  return result;
}

/** Sweeps after which the method has converged for every symmetric matrix that fits in memory: it does so quadratically. */
const SWEEPS = 50;

/** Eigenvalues, and eigenvectors as rows, of the symmetric matrix a [n, n] (Jacobi 1846, cyclic): plane rotations until nothing is off the diagonal. */
function jacobi(a: Float64Array, n: number): { eigenvalues: Float64Array; eigenvectors: Float64Array } {
  const vectors = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  for (let sweep = 0, rotated = true; rotated && sweep < SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = Math.abs(a[p * n + q]!);
        // Below the rounding of the diagonal a rotation changes nothing.
        if (off <= Number.EPSILON * Math.sqrt(Math.abs(a[p * n + p]! * a[q * n + q]!))) continue;
        rotate(a, vectors, n, p, q);
        rotated = true;
      }
    }
  }
  return { eigenvalues: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), eigenvectors: vectors };
}

/** Rotates the plane of axes p and q by the angle that makes a[p, q] zero. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * a[p * n + q]!);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cosine = 1 / Math.hypot(t, 1);
  const sine = t * cosine;
  const turn = (matrix: Float64Array, i: number, j: number): void => {
    const [x, y] = [matrix[i]!, matrix[j]!];
    matrix[i] = cosine * x - sine * y;
    matrix[j] = sine * x + cosine * y;
  };
  for (let k = 0; k < n; k++) turn(a, k * n + p, k * n + q);
  for (let k = 0; k < n; k++) turn(a, p * n + k, q * n + k);
  for (let k = 0; k < n; k++) turn(vectors, p * n + k, q * n + k);
}
