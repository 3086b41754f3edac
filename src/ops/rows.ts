/** The data input of a model's first and last layer: a tensor, or rows of a data set that stay where they are and are picked by index. */
import type { Device, Slice } from "../device/device.ts";
import type { Constants, KeyWords, Scalar, TypedArray } from "../kernel.ts";
import { show } from "../shape.ts";
import { check, type Tensor } from "../tensor.ts";
import type { Pack } from "./gemm.ts";

/** What else a batch of a table's rows may be told: noise within the steps of its grids, and cells that are hidden. */
export interface TableNoise {
  /** Numbers with a step are moved by a uniform number within it. */
  readonly jitter?: KeyWords;
  /** Of each row a share of the cells is taken for missing; the share is uniform from 0 to `most`. */
  readonly hide?: { readonly key: KeyWords; readonly most: number };
}

/** Rows `index[offset] … index[offset + rows − 1]` of a data set (without index: its rows `offset` … `offset + rows − 1`); a value is `raw·scale + shift`. */
export interface BatchRows extends TableNoise {
  readonly device: Device;
  /** f32, or u8 where the data is bytes. */
  readonly data: Slice;
  readonly index: Slice | null;
  readonly offset: Scalar;
  readonly rows: number;
  readonly columns: number;
  readonly scale: number;
  readonly shift: number;
  /** The labels of these rows, u32 [rows], where they have some. */
  readonly labels?: Tensor | undefined;
}

/** A tensor [rows, columns] or a batch of rows as the latter; the first check of every op that takes data. */
export function asRows(op: string, name: string, x: Tensor | BatchRows): BatchRows {
  if (isBatch(x)) return x;
  const device = check(op, { [name]: x });
  if (x.shape.length !== 2) throw new RangeError(`${op}: ${name} has rank 2, [rows, columns], got ${show(x.shape)} (reshape it)`);
  return { device, data: x.slice, index: null, offset: 0, rows: x.shape[0]!, columns: x.shape[1]!, scale: 1, shift: 0 };
}

/** Whatever else it may be, `check` says it. */
function isBatch(x: Tensor | BatchRows): x is BatchRows {
  return Object(x) === x && "rows" in x;
}

/** The Params that `lib/rows.wgsl` reads. */
export function rowParams({ offset, scale, shift }: BatchRows): { offset: Scalar; scale: number; shift: number } {
  return { offset, scale, shift };
}

/** The constants that `lib/rows.wgsl` selects its load by. */
export function rowConstants({ data, index }: BatchRows): Constants {
  return { U8: data.dtype === "u8", GATHER: index !== null };
}

/** Of a launch: the first row, or the first place in the index, and how a raw value becomes one of the model's. */
export interface RowNumbers {
  readonly offset: number;
  readonly scale: number;
  readonly shift: number;
}

/** x[m, k] = raw[r, k]·scale + shift, r = index[offset + m] where GATHER, else offset + m: `lib/rows.wgsl` in the CPU loop of a kernel. */
export function rowLoader(x: TypedArray, index: TypedArray, columns: number, p: RowNumbers, c: Constants): (m: number, k: number) => number {
  return (m, k) => x[(c.GATHER ? index[p.offset + m]! : p.offset + m) * columns + k]! * p.scale + p.shift;
}

/** Packs row m of the data, for `gemm`. */
export function packRow(x: TypedArray, index: TypedArray, columns: number, { offset, scale, shift }: RowNumbers, c: Constants): Pack {
  return (m, out, at, step) => {
    let from = (c.GATHER ? index[offset + m]! : offset + m) * columns;
    for (const end = from + columns; from < end; from++, at += step) out[at] = x[from]! * scale + shift;
  };
}

/** Packs column k of the data, values of rows 0 … rows − 1; column `columns` is all ones, so that a product with it sums rows. */
export function packColumn(x: TypedArray, index: TypedArray, rows: number, columns: number, p: RowNumbers, c: Constants): Pack {
  return (k, out, at, step) => {
    for (let m = 0; m < rows; m++, at += step) {
      out[at] = k === columns ? 1 : x[(c.GATHER ? index[p.offset + m]! : p.offset + m) * columns + k]! * p.scale + p.shift;
    }
  };
}
