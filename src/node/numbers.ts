/** Tables of numbers on disk: CSV, NPY, NPZ and IDX, each also compressed. */
import { checkOptions, type Checks, checkValue, COUNT, TEXT } from "../check.ts";
import { basename } from "node:path";
import { unpackBits } from "../formats/bits.ts";
import { chooseColumns, type TableOptions } from "../formats/csv.ts";
import { FormatError } from "../formats/format_error.ts";
import { parseIdx } from "../formats/idx.ts";
import { parseNpy } from "../formats/npy.ts";
import { inUtf8 } from "../formats/utf16.ts";
import type { TypedArray } from "../kernel.ts";
import { atOnce, inTurns, turns, WORK, type WorkOptions } from "../turns.ts";
import { DEFAULT_MAX_BYTES, readBytes } from "./bytes.ts";
import { type CsvOptions, csvSteps } from "./csv.ts";
import { imageSize } from "./image_size.ts";
import { npyOfArchive } from "./npz.ts";

/** A table of numbers, as `readNumbers` finds it. */
export interface NumbersFile {
  /** The file's name without its folder. */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns], row-major; a Uint8Array where the file holds bytes. All are finite. */
  readonly values: TypedArray;
  /** What the first line of a CSV file calls the columns. */
  readonly names?: readonly string[];
  /** The column of labels, as text. */
  readonly labels?: readonly string[];
  /** Pixels of an image, where a row is one: arrays [rows, height, width], and bytes [rows, side²] that look like pictures. */
  readonly width?: number;
  readonly height?: number;
  /** Of a pixel, where a row is a picture: 3 are red, green and blue (default 1, grey). */
  readonly channels?: 1 | 3;
  /** All values are truth values, 0 and 1 in any units. */
  readonly binary?: true;
}

/** Which columns of a table are read, and how. Progress is in bytes, once they are read from the disk and decompressed. */
export interface ReadNumbersOptions extends TableOptions, WorkOptions {
  /** What stands between the cells of a CSV file; found in its first line by default, a tab for .tsv. */
  readonly separator?: string;
  /** The file holds bytes, each of eight packed bits as numpy.packbits(x, axis=1) leaves them, and this is how many columns a row has. */
  readonly packed?: number;
  /** Which array of an .npz file is read, where it holds several. */
  readonly array?: string;
  /** The most bytes that are read, after decompression; default 2 GiB less one byte. */
  readonly maxBytes?: number;
}

const COLUMN = "a column's name, or its number from 1";
const OPTIONS: Checks<keyof ReadNumbersOptions> = {
  ...WORK,
  header: ['is true, false or "auto"', (value) => value === "auto" || typeof value === "boolean"],
  drop: [`is an array of columns`, Array.isArray, undefined, COLUMN],
  labels: [`is a column`, (value) => typeof value === "string" || typeof value === "number", undefined, COLUMN],
  separator: TEXT,
  packed: COUNT,
  array: TEXT,
  maxBytes: COUNT,
};

type ParseOptions = CsvOptions & Pick<ReadNumbersOptions, "packed">;

/** Steps of reading, each of so many bytes. */
type Steps<T> = Generator<number, T>;

export type Format = "csv" | "tsv" | "npy" | "npz" | "idx";

/** The format that a file's name says. */
export function formatOf(path: string): Format {
  const name = basename(path).replace(/\.gz$/, "");
  const ending = /\.(csv|tsv|npy|npz|idx)$/.exec(name)?.[1];
  if (ending !== undefined) return ending as Format;
  if (/[-.](idx\d-)?ubyte$/.test(name)) return "idx";
  throw new FormatError(
    `${path}: the name says the format by .csv, .tsv, .npy, .npz, .idx or -ubyte, or one of these and .gz (rename or convert it)`,
  );
}

/**
 * The table in a file: .csv, .tsv, .npy, .npz, .idx or -ubyte, each also .gz. Errors name the file: FormatError for what is in it (with line and column of
 * a CSV file), RangeError for a column in `options` that it does not have, Error where it cannot be read.
 */
export async function readNumbers(path: string, options: ReadNumbersOptions = {}): Promise<NumbersFile> {
  checkValue("readNumbers", "path", path, TEXT);
  checkOptions("readNumbers", options, OPTIONS);
  const format = formatOf(path);
  const { maxBytes = DEFAULT_MAX_BYTES, array, signal, onProgress, ...columns } = options;
  if (array !== undefined && format !== "npz") throw new RangeError(`readNumbers: array is one of an .npz file, got ${path}`);
  signal?.throwIfAborted();
  const file = await readBytes(path, { maxBytes });
  const isArchive = format === "npz";
  const isText = format === "csv" || format === "tsv";
  const bytes = isArchive ? await npyOfArchive(file, path, array, maxBytes) : isText ? inUtf8(file, path) : file;
  return await inTurns(tableSteps(bytes, isArchive ? "npy" : format, path, columns), turns({ signal, onProgress }, bytes.length));
}

/** The formats of one table. */
type TableFormat = Exclude<Format, "npz">;

/** The table in the bytes of a file of a known format. */
export function parseTable(bytes: Uint8Array, format: TableFormat, path: string, options: ParseOptions = {}): NumbersFile {
  return atOnce(tableSteps(bytes, format, path, options));
}

function* tableSteps(bytes: Uint8Array, format: TableFormat, path: string, options: ParseOptions): Steps<NumbersFile> {
  if (options.packed !== undefined && format !== "npy" && format !== "idx") {
    throw new RangeError(`readNumbers: packed bits are in an NPY, NPZ or IDX file, got ${path}`);
  }
  if (format === "npy" || format === "idx") {
    return yield* arraySteps(format === "npy" ? parseNpy(bytes, path) : parseIdx(bytes, path), bytes.length, path, options);
  }
  return { name: basename(path), ...(yield* csvSteps(bytes, path, format === "tsv" ? { separator: "\t", ...options } : options)) };
}

/** What the readers of NPY and IDX return. */
interface StoredArray {
  readonly shape: readonly number[];
  readonly data: TypedArray | Int8Array | Int16Array | Uint16Array | Int32Array;
  readonly descr?: string;
}

/** An array, of a file of so many bytes, as rows: the first dimension counts them, the others are one row. */
function* arraySteps(array: StoredArray, bytes: number, path: string, options: ParseOptions): Steps<NumbersFile> {
  const { shape, data, descr } = options.packed === undefined ? array : unpacked(array, options.packed, path);
  const [rows = 0, ...inner] = shape;
  const columns = inner.reduce((product, n) => product * n, 1);
  if (rows === 0 || columns === 0)
    throw new FormatError(`${path}: a table has rows and columns, got shape [${shape.join(", ")}] (it holds no values)`);
  let left = bytes;
  for (let first = 0; first < data.length; first += VALUES) {
    checkFinite(data, first, columns, path);
    const read = Math.min(left, VALUES * data.BYTES_PER_ELEMENT);
    left -= read;
    yield read;
  }
  yield left;
  const name = basename(path);
  // Truth values are no bytes of grey: as numbers they stay 0 and 1 when bytes are divided by 255.
  const values = descr === TRUTH ? Float32Array.from(data) : asTyped(data);
  const binary = descr === TRUTH ? { binary: true as const } : {};
  if (options.drop === undefined && options.labels === undefined) {
    return { name, rows, columns, values, ...binary, ...imageSize(inner, options.packed === undefined ? values : data) };
  }
  return { name, rows, ...binary, ...withoutColumns(values, rows, columns, path, options) };
}

/** Values that are looked at in one step. */
const VALUES = 1 << 19;

function checkFinite(data: StoredArray["data"], first: number, columns: number, path: string): void {
  const wrong = data.subarray(first, first + VALUES).findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  const [row, column] = [Math.floor((first + wrong) / columns), (first + wrong) % columns];
  throw new FormatError(`${path}: values are finite, got ${data[first + wrong]} at [${row}, ${column}] (counted from 0)`);
}

/** NumPy's name for truth values. */
const TRUTH = "|b1";

/** Packed bits [rows, bytes] as truth values [rows, columns]. */
function unpacked({ shape, data }: StoredArray, columns: number, path: string): StoredArray {
  if (shape.length !== 2 || !(data instanceof Uint8Array)) {
    throw new FormatError(
      `${path}: packed bits are bytes of shape [rows, ${Math.ceil(columns / 8)}], got ${data.constructor.name} of shape [${shape.join(", ")}]`,
    );
  }
  return { shape: [shape[0]!, columns], data: unpackBits(data, shape[0]!, columns, path), descr: TRUTH };
}

function asTyped(data: StoredArray["data"]): TypedArray {
  if (data instanceof Int32Array) return Float64Array.from(data);
  if (data instanceof Int8Array || data instanceof Int16Array || data instanceof Uint16Array) return Float32Array.from(data);
  return data;
}

function withoutColumns(values: TypedArray, rows: number, columns: number, path: string, options: CsvOptions): Omit<NumbersFile, "name" | "rows"> {
  const { kept, label } = chooseColumns(path, columns, options);
  const left = values.slice(0, rows * kept.length);
  for (let row = 0; row < rows; row++) kept.forEach((column, i) => (left[row * kept.length + i] = values[row * columns + column]!));
  const labels = label < 0 ? {} : { labels: Array.from({ length: rows }, (_, row) => String(values[row * columns + label])) };
  return { columns: kept.length, values: left, ...labels };
}
