/** The rows of a data set on the host, a few thousand at a time, as the model sees them. */
import { batchOf, type Dataset } from "../data/dataset.ts";
import type { TypedArray } from "../kernel.ts";
import { rowsToTensor } from "../ops/rows_to_tensor.ts";
import { slice } from "../ops/shape_ops.ts";
import type { Tensor } from "../tensor.ts";

const ROWS = 2048;

/** The rows themselves: a copy, because rows that lie as they are wanted are the data set's own memory. */
const copied = (x: Tensor): Tensor => slice(x, [0, 0], x.shape);

/** f(x) of [rows, columns] for one part of the rows after the other; what f makes is freed when it has been used. */
export async function* chunks(data: Dataset, f: (x: Tensor) => Tensor = copied, signal?: AbortSignal): AsyncGenerator<TypedArray> {
  for (let first = 0; first < data.rows; first += ROWS) {
    signal?.throwIfAborted();
    const part = data.device.scope(() => f(rowsToTensor(batchOf(data, Math.min(ROWS, data.rows - first), first))));
    try {
      yield await part.read();
    } finally {
      part.dispose();
    }
  }
}

/** The mean of each column, in f64. */
export async function datasetMeans(data: Dataset, signal?: AbortSignal): Promise<Float64Array> {
  const D = data.columns;
  const sums = new Float64Array(D);
  for await (const x of chunks(data, undefined, signal)) for (let i = 0; i < x.length; i++) sums[i % D]! += x[i]!;
  return sums.map((sum) => sum / data.rows);
}

/** (1/rows)·Σ (x − mean)² of each column, in f64. */
export async function columnVariances(data: Dataset, mean: Float64Array, signal?: AbortSignal): Promise<Float64Array> {
  const D = data.columns;
  const squares = new Float64Array(D);
  for await (const x of chunks(data, undefined, signal)) for (let i = 0; i < x.length; i++) squares[i % D]! += (x[i]! - mean[i % D]!) ** 2;
  return squares.map((sum) => sum / data.rows);
}
