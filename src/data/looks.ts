/** What there is to know of the values of a data set, by one look at each. */
import type { TypedArray } from "../kernel.ts";

/** A value and where it stands. */
export interface Cell {
  readonly value: number;
  readonly row: number;
  readonly column: number;
}

/** What the values of a column lie between. */
export interface Extent {
  readonly least: number;
  readonly greatest: number;
  readonly whole: boolean;
}

/** What a data set says of its values. */
export interface Looks {
  /** Of the cells that are there: the first value, after scaling, that is outside of [0, 1], and the first that is infinite. */
  readonly firstOutsideUnit: Cell | undefined;
  readonly firstNotFinite: Cell | undefined;
  /** Cells that are missing, which are NaN. */
  readonly missing: { readonly count: number; readonly first: Cell | undefined };
  /** Of each column the least and the greatest value that is there, after scaling, and whether all are whole; what bytes could be, where it is bytes. */
  readonly extents: readonly Extent[];
}

/** Looks at rows of values, as `valueOf` scales them, which is as f32 does: 255·(1/255) is 1. NaN is a missing cell. */
export function lookAt(data: TypedArray, columns: number, valueOf: (raw: number) => number): Looks {
  if (data instanceof Uint8Array) return lookAtBytes(data, columns, valueOf);
  const least = new Float64Array(columns).fill(Infinity);
  const greatest = new Float64Array(columns).fill(-Infinity);
  const whole = new Uint8Array(columns).fill(1);
  let [outside, notFinite, missing, count] = [-1, -1, -1, 0];
  for (let i = 0, column = 0; i < data.length; i++, column = column + 1 === columns ? 0 : column + 1) {
    const value = valueOf(data[i]!);
    if (value !== value) {
      if (count++ === 0) missing = i;
      continue;
    }
    if (outside < 0 && !(value >= 0 && value <= 1)) outside = i;
    if (notFinite < 0 && Math.abs(value) === Infinity) notFinite = i;
    if (value < least[column]!) least[column] = value;
    if (value > greatest[column]!) greatest[column] = value;
    if (whole[column] === 1 && !Number.isInteger(value)) whole[column] = 0;
  }
  const cell = cellsOf(data, columns, valueOf);
  return {
    firstOutsideUnit: cell(outside),
    firstNotFinite: cell(notFinite),
    missing: { count, first: cell(missing) },
    extents: Array.from(whole, (one, c) => ({ least: least[c]!, greatest: greatest[c]!, whole: one === 1 })),
  };
}

/** There are few bytes, and mostly none of them is looked for: what they could be bounds every column. */
function lookAtBytes(data: Uint8Array, columns: number, valueOf: (raw: number) => number): Looks {
  const values = Array.from({ length: 256 }, (_, byte) => valueOf(byte));
  const first = (test: (value: number) => boolean): number => (values.some(test) ? data.findIndex((byte) => test(values[byte]!)) : -1);
  const cell = cellsOf(data, columns, valueOf);
  const extent: Extent = { least: Math.min(...values), greatest: Math.max(...values), whole: values.every(Number.isInteger) };
  return {
    firstOutsideUnit: cell(first((value) => !(value >= 0 && value <= 1))),
    firstNotFinite: cell(first((value) => !Number.isFinite(value))),
    missing: { count: 0, first: undefined },
    extents: Array.from({ length: columns }, () => extent),
  };
}

function cellsOf(data: TypedArray, columns: number, valueOf: (raw: number) => number): (i: number) => Cell | undefined {
  return (i) => (i < 0 ? undefined : { value: valueOf(data[i]!), row: Math.floor(i / columns), column: i % columns });
}
