/** The rows of a data set on the host, some at a time, as the model sees them. */
import { batchOf, type Dataset } from "../data/dataset.ts";
import type { TypedArray } from "../kernel.ts";
import { rowsToTensor } from "../ops/rows_to_tensor.ts";
import { slice } from "../ops/shape_ops.ts";
import type { Tensor } from "../tensor.ts";
import type { Turn } from "../turns.ts";

const ROWS = 512;

/** The rows themselves: a copy, because rows that lie as they are wanted are the data set's own memory. */
const copied = (x: Tensor): Tensor => slice(x, [0, 0], x.shape);

/** The values of one part of the rows after the other, with a turn after each. */
export async function* chunks(data: Dataset, turn: Turn): AsyncGenerator<TypedArray> {
  for (const x of parts(data, ROWS)) {
    const values = await x.read();
    yield values;
    await turn(values.length / data.columns);
  }
}

/** At most so many rows, [rows, columns], after others; each is freed when the next is asked for. */
export function* parts(data: Dataset, most: number): Generator<Tensor> {
  for (let first = 0; first < data.rows; first += most) {
    const x = data.device.scope(() => copied(rowsToTensor(batchOf(data, Math.min(most, data.rows - first), first))));
    try {
      yield x;
    } finally {
      x.dispose();
    }
  }
}

/** The mean of each column, in f64. */
export async function datasetMeans(data: Dataset, turn: Turn): Promise<Float64Array> {
  const D = data.columns;
  const sums = new Float64Array(D);
  for await (const x of chunks(data, turn)) for (let i = 0; i < x.length; i++) sums[i % D]! += x[i]!;
  return sums.map((sum) => sum / data.rows);
}

/** (1/rows)·Σ (x − mean)² of each column, in f64. */
export async function columnVariances(data: Dataset, mean: Float64Array, turn: Turn): Promise<Float64Array> {
  const D = data.columns;
  const squares = new Float64Array(D);
  for await (const x of chunks(data, turn)) for (let i = 0; i < x.length; i++) squares[i % D]! += (x[i]! - mean[i % D]!) ** 2;
  return squares.map((sum) => sum / data.rows);
}
