/** Principal components: the directions in which rows vary most (Pearson 1901), in f64. */
import { symmetricEigen } from "../data/eigen.ts";

export interface Pca {
  /** [rows, count]: each row less the mean, in the coordinates of the components. */
  readonly projected: Float64Array;
  /** [count, columns]: unit vectors, the greatest variance first; the entry of each that is largest in size is positive. */
  readonly components: Float64Array;
  /** Each component's share of the total variance; 0 for data that does not vary. */
  readonly explained: readonly number[];
}

/** The first `count` principal components of rows of `columns` values: eigenvectors of the covariance (1/rows)·Σ (x − mean)(x − mean)ᵀ. */
export function pca(values: ArrayLike<number>, columns: number, count: number): Pca {
  const rows = values.length / columns;
  if (!Number.isInteger(rows) || rows === 0 || count > columns) {
    throw new RangeError(`pca: rows are whole and have at least ${count} columns, got ${values.length} values for ${columns} columns`);
  }
  const centred = centre(values, rows, columns);
  const { values: variances, vectors: components } = symmetricEigen(covariance(centred, rows, columns), columns, count);
  const total = variances.reduce((sum, value) => sum + value, 0);
  for (let c = 0; c < count; c++) {
    const vector = components.subarray(c * columns, (c + 1) * columns);
    const largest = vector.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    if (largest < 0) vector.forEach((value, j) => (vector[j] = -value));
  }
  const projected = new Float64Array(rows * count);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < count; c++) {
      let dot = 0;
      for (let j = 0; j < columns; j++) dot += centred[row * columns + j]! * components[c * columns + j]!;
      projected[row * count + c] = dot;
    }
  }
  return { projected, components, explained: Array.from(variances.subarray(0, count), (variance) => (total > 0 ? variance / total : 0)) };
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
