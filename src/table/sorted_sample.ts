/** Values at equal shares of a column, without sorting all of a long one. */

const MOST = 1 << 16;

/** The values of a column that are there, from least to greatest; of a long one every so manieth. */
export function sortedSample(values: Float64Array): Float64Array {
  const every = Math.max(1, Math.ceil(values.length / MOST));
  const sample = new Float64Array(Math.ceil(values.length / every));
  let count = 0;
  for (let row = 0; row < values.length; row += every) if (!Number.isNaN(values[row])) sample[count++] = values[row]!;
  return sample.slice(0, count).sort();
}
