/** Tables of numbers on disk: CSV, NPY and IDX, each also compressed. */
import { ANY, ARRAY, checkOptions, type Checks, checkValue, COUNT, FLAG, type Numbers, rowsOf, TEXT } from "../check.ts";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { unpackBits } from "../formats/bits.ts";
import { chooseColumns, csvText, type TableOptions } from "../formats/csv.ts";
import { FormatError } from "../formats/format_error.ts";
import { parseIdx } from "../formats/idx.ts";
import { parseNpy, writeNpy } from "../formats/npy.ts";
import type { TypedArray } from "../kernel.ts";
import { atOnce, inTurns, turns, WORK, type WorkOptions } from "../turns.ts";
import { AtomicFiles } from "./atomic.ts";
import { readBytes } from "./bytes.ts";
import { type CsvOptions, csvSteps } from "./csv.ts";
import { imageSize } from "./image_size.ts";

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
  maxBytes: COUNT,
};

type ParseOptions = CsvOptions & Pick<ReadNumbersOptions, "packed">;

/** Steps of reading, each of so many bytes. */
type Steps<T> = Generator<number, T>;

type Format = "csv" | "tsv" | "npy" | "idx";

/** The format that a file's name says. */
function formatOf(path: string): Format {
  const name = basename(path).replace(/\.gz$/, "");
  const ending = /\.(csv|tsv|npy|idx)$/.exec(name)?.[1];
  if (ending !== undefined) return ending as Format;
  if (/[-.](idx\d-)?ubyte$/.test(name)) return "idx";
  throw new FormatError(`${path}: the name says the format by .csv, .tsv, .npy, .idx or -ubyte, or one of these and .gz (rename or convert it)`);
}

/**
 * The table in a file: .csv, .tsv, .npy, .idx or -ubyte, each also .gz. Errors name the file: FormatError for what is in it (with line and column of
 * a CSV file), RangeError for a column in `options` that it does not have, Error where it cannot be read.
 */
export async function readNumbers(path: string, options: ReadNumbersOptions = {}): Promise<NumbersFile> {
  checkValue("readNumbers", "path", path, TEXT);
  checkOptions("readNumbers", options, OPTIONS);
  const format = formatOf(path);
  const { maxBytes, signal, onProgress, ...columns } = options;
  signal?.throwIfAborted();
  const bytes = await readBytes(path, maxBytes === undefined ? {} : { maxBytes });
  return await inTurns(tableSteps(bytes, format, path, columns), turns({ signal, onProgress }, bytes.length));
}

/** The table in the bytes of a file of a known format. */
export function parseTable(bytes: Uint8Array, format: Format, path: string, options: ParseOptions = {}): NumbersFile {
  return atOnce(tableSteps(bytes, format, path, options));
}

function* tableSteps(bytes: Uint8Array, format: Format, path: string, options: ParseOptions): Steps<NumbersFile> {
  if (options.packed !== undefined && format !== "npy" && format !== "idx") {
    throw new RangeError(`readNumbers: packed bits are in an NPY or IDX file, got ${path}`);
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

/** A table of numbers for `writeTable`. */
export interface WrittenTable {
  /** [rows, columns], row-major. */
  readonly values: Numbers;
  readonly columns: number;
  /** The first line of a CSV file; an NPY file has no place for them. */
  readonly names?: readonly string[];
  /**
   * In CSV, a ' before names that a spreadsheet would run as formulas, those that begin with =, +, -, @, a tab or a carriage return. Numbers are never
   * changed. Default false, because other programs then read other names.
   */
  readonly safe?: boolean;
}

/**
 * Writes a table as .csv, .tsv or .npy, each also .gz, by the file's name. The old file stays until the new one is safe on the disk, and where a signal
 * comes before. Progress is in rows.
 */
export async function writeTable(path: string, given: WrittenTable, options: WorkOptions = {}): Promise<void> {
  checkValue("writeTable", "path", path, TEXT);
  checkOptions("writeTable", options, WORK);
  const table = checkedTable(given);
  const format = formatOf(path);
  if (format === "idx") throw new RangeError(`writeTable: a table is written as .csv, .tsv or .npy, got ${path}`);
  const turn = turns(options, table.values.length / table.columns);
  const files = await AtomicFiles.open(dirname(path));
  try {
    for (const [part, rows] of partsOf(table, format)) {
      // Compressed parts one after the other are a gzip file.
      await files.append(basename(path), path.endsWith(".gz") ? await promisify(gzip)(part) : part);
      await turn(rows);
    }
    await files.commit();
  } catch (error) {
    await files.discard();
    throw error;
  }
}

const WRITTEN: Checks<keyof WrittenTable> = { values: ANY, columns: COUNT, names: ARRAY, safe: FLAG };

/** The table, its numbers in a typed array. */
function checkedTable(table: WrittenTable): WrittenTable & { readonly values: TypedArray } {
  checkOptions("writeTable", table, WRITTEN, ["columns"], "a table is");
  const { columns, names } = table;
  const values = rowsOf("writeTable", table.values, columns);
  if (names !== undefined && names.length !== columns) {
    throw new RangeError(`writeTable: there is one name per column, got ${names.length} names for ${columns} columns`);
  }
  return { ...table, values };
}

/** Numbers that are made text in one go. */
const CELLS = 1 << 13;

/** Parts of the file, and the rows in each. */
function* partsOf(
  { values, columns, names, safe = false }: WrittenTable & { readonly values: TypedArray },
  format: "csv" | "tsv" | "npy",
): Generator<[part: string | Uint8Array, rows: number]> {
  const rows = values.length / columns;
  if (format === "npy") {
    yield [writeNpy([rows, columns], values), rows];
    return;
  }
  const separator = format === "tsv" ? "\t" : ",";
  const most = Math.ceil(CELLS / columns);
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    const part = values.subarray(first * columns, (first + count) * columns);
    const text = csvText(part, columns, { separator, safe, ...(first === 0 && names && { names }) });
    yield [[...text].join(""), count];
  }
}
