/** A data set that lives on the device: bytes stay bytes, and kernels scale and gather while loading. */
import { type Check, checkOptions, type Checks, checkValue, COUNT, DEVICE, NUMBER, type Numbers, numbersOf, ANY, scalar, thing, WHOLE } from "../check.ts";
import { BYTES, type Device, type Slice } from "../device/device.ts";
import type { Scalar, TypedArray } from "../kernel.ts";
import { batchLabels, type Labels } from "../ops/batch_labels.ts";
import type { BatchRows } from "../ops/rows.ts";
import { digestOf } from "./digest.ts";
import { lookAt, type Looks } from "./looks.ts";

/** How raw values become rows of numbers. */
export interface DatasetOptions {
  /** Values per row. */
  readonly columns: number;
  /** A value is raw·scale + shift; default 1 and 0. Bytes of images: scale 1/255. */
  readonly scale?: number;
  readonly shift?: number;
  /** What each row is, for a conditional model: whole numbers from 0. */
  readonly labels?: Numbers;
}

/** Rows on a device, [rows, columns]: bytes stay bytes, and a value is raw·scale + shift. */
export interface Dataset extends Looks {
  readonly device: Device;
  readonly slice: Slice;
  readonly dtype: "f32" | "u8";
  readonly rows: number;
  readonly columns: number;
  readonly scale: number;
  readonly shift: number;
  readonly labels: Labels | undefined;
  /** Of values, scale, shift and labels, as the device has them: a run goes on from a checkpoint with the data that it began with. */
  readonly digest: string;
  /** Frees the memory. */
  dispose(): void;
}

/** Rows with their data, as `readDigits` and its kin give them, are options as they are. */
const OPTIONS: Checks<keyof DatasetOptions | "data"> = { columns: COUNT, scale: NUMBER, shift: NUMBER, labels: ANY, data: ANY };

/** What takes data takes this. */
export const DATA: Check = thing("a data set", ["slice", "rows", "columns"], "dataset(device, data, { columns })");

/** Uploads rows of `columns` values. Uint8Array is stored as bytes; every other kind of numbers as f32. */
export function dataset(device: Device, given: Numbers, options: DatasetOptions): Dataset {
  checkValue("dataset", "device", device, DEVICE);
  checkOptions("dataset", options, OPTIONS, ["columns"]);
  const { columns, scale = 1, shift = 0 } = options;
  const data = numbersOf("dataset", "data", given);
  const labels = options.labels === undefined ? undefined : numbersOf("dataset", "labels", options.labels);
  if (data.length === 0) throw new RangeError("dataset: there is no data, got 0 values (at least one row is needed)");
  if (data.length % columns !== 0) {
    throw new RangeError(`dataset: rows are whole, got ${data.length} values for ${columns} columns (${data.length % columns} are left over)`);
  }
  const dtype = data instanceof Uint8Array ? "u8" : "f32";
  checkSize(device, dtype, data.length, columns);
  const rows = data.length / columns;
  checkLabels(labels, rows);
  const looks = lookAt(data, columns, (raw) => Math.fround(raw * scale + shift));
  const values = storedValues(device, data);
  const slice = device.alloc(dtype, data.length, "unscoped");
  device.write(slice, values);
  const uploaded = labels && uploadLabels(device, labels);
  const digest = digestOf(values, Float64Array.of(scale, shift), Uint32Array.from(labels ?? []));
  const dispose = (): void => [slice, ...(uploaded ? [uploaded.slice] : [])].forEach((part) => device.free(part, "was freed with its data set"));
  return { device, slice, dtype, rows, columns, scale, shift, labels: uploaded, digest, ...looks, dispose };
}

/** The values in the precision in which the device keeps them. */
function storedValues(device: Device, data: TypedArray): TypedArray {
  if (data instanceof Uint8Array) return data;
  const Stored = device.info.precision === "f64" ? Float64Array : Float32Array;
  return data instanceof Stored ? data : new Stored(data);
}

function checkLabels(labels: TypedArray | undefined, rows: number): void {
  if (labels === undefined) return;
  if (labels.length !== rows) throw new RangeError(`dataset: there is one label for each row, got ${labels.length} labels for ${rows} rows (of a part of the rows take the same part)`);
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!;
    if (!(Number.isInteger(label) && label >= 0 && label < 2 ** 32)) {
      throw new RangeError(`dataset: labels are whole numbers from 0 to 2^32 − 1, found ${label} at row ${row} (number the classes from 0)`);
    }
  }
}

function uploadLabels(device: Device, labels: TypedArray): Labels {
  const slice = device.alloc("u32", labels.length, "unscoped");
  const values = Uint32Array.from(labels);
  device.write(slice, values);
  const row = values.reduce((best, label, i) => (label > values[best]! ? i : best), 0);
  return { slice, greatest: values[row]!, row };
}

/** Kernels read a data set in one piece: throws where the device cannot bind it. */
function checkSize({ name, largest }: Device, dtype: "f32" | "u8", length: number, columns: number): void {
  const bytes = length * BYTES[dtype];
  if (bytes <= largest) return;
  const smaller = dtype === "f32" ? "bytes take a quarter of it: pass a Uint8Array with a scale" : "take fewer rows";
  throw new RangeError(
    `dataset: ${name} binds at most ${largest} bytes in one piece, got ${bytes} for [${length / columns}, ${columns}] of ${dtype} ` +
      `(${smaller}; or open "wasm" or "cpu", which have no such limit)`,
  );
}

const OFFSET: Check = scalar(WHOLE);

/** Rows `offset` … `offset + rows − 1` of a data set, or, with an index, the rows that it names there; with their labels, where it has some. */
export function batchOf(data: Dataset, rows: number, offset: Scalar = 0, index: Slice | null = null): BatchRows {
  checkValue("batchOf", "data", data, DATA);
  checkValue("batchOf", "rows", rows, COUNT);
  checkValue("batchOf", "offset", offset, OFFSET);
  const { device, slice, columns, scale, shift } = data;
  const labels = data.labels && batchLabels(data.labels, rows, offset, index);
  return { device, data: slice, index, offset, rows, columns, scale, shift, labels };
}
