/** Where a command's rows come from: a file or a folder of one's own, or one of the two data sets that are known by name. */
import { quoted } from "../../text.ts";
import { statSync } from "node:fs";
import type { Scaling } from "../../data/scaling.ts";
import type { TypedArray } from "../../kernel.ts";
import { type ImageRows, type ImageSet, readDigits, readIdxFolder, readMnist } from "../../node/images.ts";
import { readNumbers, type ReadNumbersOptions, type NumbersFile } from "../../node/numbers.ts";
import { permutation } from "../../random.ts";
import { streams } from "../../streams.ts";
import { UsageError } from "../command.ts";
import { withProgress } from "../progress.ts";
import { oneOf, type Option, optional, path, type TableOf, whole, words } from "../options.ts";
import { isPictureFolder, KNOWN_SETS, PICTURE_OPTIONS, type PictureArguments, readPictureRows, refusePictureOptions } from "./picture_rows.ts";

/** The data sets that are known by name, and folders of IDX files, which hold training and validation images; undefined for a file. */
async function imageSet(name: string): Promise<ImageSet | undefined> {
  if (name === "mnist") return await readMnist();
  if (name === "digits") return await readDigits();
  return isFolder(name) ? await readIdxFolder(name) : undefined;
}

/** UsageError for options that only files of another kind are read by. */
function checkReading(name: string, options: FileArguments, pictures: boolean): void {
  const { packed, array, condition } = options;
  const images = KNOWN_SETS.includes(name) || isFolder(name);
  if (images && condition !== undefined && condition !== "labels") {
    throw new UsageError(`data: --condition of images is labels, got --condition ${condition} for ${name}`);
  }
  const given = packed !== undefined ? `--packed ${packed}` : array !== undefined ? `--array ${quoted(array)}` : undefined;
  if (images && given !== undefined) throw new UsageError(`data: ${given.split(" ")[0]} is how a file is read, got ${given} for ${name}`);
  if (!pictures) refusePictureOptions(name, options);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** How a file is read; the same for every command. */
export interface FileArguments extends PictureArguments {
  readonly drop: readonly string[] | undefined;
  readonly header: "auto" | "yes" | "no";
  readonly separator: string | undefined;
  readonly packed: number | undefined;
  readonly array: string | undefined;
  readonly condition: string | undefined;
}

/** A file as it was asked for, and the signal that ends the reading of it. */
export type Reading = FileArguments & { readonly signal: AbortSignal };

export const FILE_OPTIONS: TableOf<FileArguments> = {
  drop: optional(words("COLUMNS", "columns to leave out, by name or by number from 1, with commas between them")),
  header: oneOf(["auto", "yes", "no"], "whether the first line of a CSV file is names", "auto"),
  separator: optional(path("CHARACTER", "between the values of a CSV file (default: found out)")),
  packed: optional(
    whole(1, "columns of an .npy or IDX file whose bytes hold eight of them as bits, the first in the highest, as numpy.packbits does", 1),
  ),
  array: optional(path("NAME", "which array of an .npz file is read, where it holds several")),
  ...PICTURE_OPTIONS,
  condition: optional(
    path(
      "COLUMN|labels",
      "the labels of a conditional model: a column of the file, left out of the rows; of images their labels, in a folder of pictures its subfolders",
    ),
  ),
};

/** `--data` of a command that uses a model. */
export const DATA: Option<string> = path(
  "mnist|digits|FILE|FOLDER",
  "the rows: .csv, .tsv, .npy, .npz or IDX, each also .gz, or a folder of PNG and JPEG pictures; of mnist, digits and folders of IDX files the validation images",
);

export interface Source {
  readonly train: NumbersFile;
  /** Where the data set has one of its own. */
  readonly validation?: NumbersFile;
  /** Where the data set says how its values become [0, 1]. */
  readonly scaling?: Scaling;
}

/** The rows to train on. */
export async function readSource(name: string, options: Reading): Promise<Source> {
  const pictures = isPictureFolder(name);
  checkReading(name, options, pictures);
  if (pictures) return { train: await readPictureRows(name, options), scaling: unit(1 / 255) };
  const set = await imageSet(name);
  if (!set) return { train: await readFileRows(name, options, options.condition) };
  return { train: imageTable(set, set.train), validation: imageTable(set, set.validation), scaling: unit(set.train.scale) };
}

const unit = (scale: number): Scaling => ({ kind: "unit", scale: [scale], shift: [0] });

/** The rows to use a model on: of a set of images those that were not trained on. `labels` is a column that is returned beside the rows, by default that of `--condition`. */
export async function readRows(name: string, options: Reading, labels?: string): Promise<NumbersFile> {
  const pictures = isPictureFolder(name);
  checkReading(name, options, pictures);
  const set = pictures ? undefined : await imageSet(name);
  if (!set && !pictures) return await readFileRows(name, options, labels ?? options.condition);
  if (labels !== undefined) throw new UsageError(`encode: --labels of images are a file, got ${quoted(labels)} for --data ${name}`);
  return set ? imageTable(set, set.validation) : await readPictureRows(name, options);
}

async function readFileRows(file: string, { drop, header, separator, packed, array, signal }: Reading, labels?: string): Promise<NumbersFile> {
  const options: ReadNumbersOptions = {
    header: header === "auto" ? "auto" : header === "yes",
    ...(separator !== undefined && { separator }),
    ...(packed !== undefined && { packed }),
    ...(array !== undefined && { array }),
    ...(drop && { drop }),
    ...(labels !== undefined && { labels }),
  };
  return await withProgress(`reading ${file}`, signal, (work) => readNumbers(file, { ...options, ...work }));
}

function imageTable({ name, width, height }: ImageSet, { data, columns, labels }: ImageRows): NumbersFile {
  const names = labels && Array.from(labels, String);
  return { name, rows: data.length / columns, columns, values: data, width, height, ...(names && { labels: names }) };
}

/** Two tables of a fraction of the rows, picked by the seed, and of the rest; both keep the order. No second one where the fraction is less than a row. */
export function splitRows(table: NumbersFile, fraction: number, seed: number): { train: NumbersFile; validation?: NumbersFile } {
  const count = Math.floor(fraction * table.rows);
  if (count === 0) return { train: table };
  const order = permutation(streams.validationRows(seed), table.rows);
  return { train: pick(table, order.subarray(count)), validation: pick(table, order.subarray(0, count)) };
}

function pick(table: NumbersFile, order: Uint32Array): NumbersFile {
  return pickFrom(table, Array.from(order.toSorted()));
}

/** The named rows of a table, with their labels. */
export function pickFrom(table: NumbersFile, rows: readonly number[]): NumbersFile {
  const { labels } = table;
  return { ...table, rows: rows.length, values: pickRows(table, rows), ...(labels && { labels: rows.map((row) => labels[row]!) }) };
}

/** The values of the named rows of a table, row after row. */
export function pickRows({ values, columns }: Pick<NumbersFile, "values" | "columns">, rows: readonly number[]): TypedArray {
  const picked = values.slice(0, rows.length * columns);
  rows.forEach((row, i) => picked.set(values.subarray(row * columns, (row + 1) * columns), i * columns));
  return picked;
}
