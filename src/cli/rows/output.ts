/** Where a command's rows go: a picture or a table, by the file's ending. */
import { quoted } from "../../text.ts";
import type { TypedArray } from "../../kernel.ts";
import { writeFileAtomic } from "../../node/atomic.ts";
import { writeTable } from "../../node/write_table.ts";
import { UsageError } from "../command.ts";
import { flag, type Option, path, type TableOf } from "../options.ts";
import { withProgress } from "../progress.ts";
import { type ImageSize, imageSize } from "../views/pictures.ts";
import type { ModelFile } from "./model.ts";
import { inUnits } from "./model_data.ts";

/** The option of every command that writes rows of data. */
export const OUT: Option<string> = path("FILE", "where they go: .png for images; .csv or .npy in the units of the data");

/** The options of every command that writes CSV. */
export const CSV_OPTIONS: TableOf<CsvChoice> = {
  "safe-csv": flag("in CSV, a ' before names that a spreadsheet would run as formulas: those that begin with =, +, -, @, a tab or a line end"),
};

interface CsvChoice {
  readonly "safe-csv": boolean;
}

/** Where rows go. */
export interface Destination extends CsvChoice {
  readonly out: string;
  /** Ends the writing, and leaves what was there. */
  readonly signal: AbortSignal;
}

export const ROWS = ["png", "csv", "npy"] as const;

/** The ending of an output file; UsageError unless it is one of `known`. */
export function endingOf<T extends string>(command: string, file: string, known: readonly T[]): T {
  const ending = known.find((word) => file.toLowerCase().endsWith(`.${word}`));
  if (ending !== undefined) return ending;
  throw new UsageError(`${command}: --out ends in ${known.map((word) => `.${word}`).join(", ")}, got ${quoted(file)}`);
}

/** Rows of data, in the model's units: as the picture that `draw` makes of them, or as a table in the data's units under its names. */
export async function writeRows(
  command: string,
  to: Destination,
  model: ModelFile,
  rows: TypedArray,
  draw: (size: ImageSize) => Uint8Array,
): Promise<void> {
  if (endingOf(command, to.out, ROWS) === "png") await writePicture(command, to.out, draw(sizeFor(command, to.out, model)));
  else await writeValues(command, to, inUnits(model, rows), model.vae.config.input, model.about.names);
}

/** The size of the model's images; RangeError where a picture is wanted of a model that has none. */
export function sizeFor(command: string, file: string, model: ModelFile): ImageSize {
  const size = imageSize(model);
  if (size) return size;
  throw new RangeError(
    `${command}: a picture needs a model of images, got ${file} for ${model.path} of ${model.vae.config.input} columns (write .csv or .npy)`,
  );
}

export async function writePicture(command: string, file: string, data: Uint8Array | string): Promise<void> {
  await writingFile(command, file, () => writeFileAtomic(file, data));
}

export async function writeValues(
  command: string,
  { out, "safe-csv": safe, signal }: Destination,
  values: TypedArray,
  columns: number,
  names?: readonly string[],
): Promise<void> {
  await writingFile(command, out, () =>
    withProgress("writing", signal, (work) => writeTable(out, { values, columns, ...(names && { names }), safe }, work)),
  );
}

async function writingFile(command: string, file: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new Error(`${command}: --out is a file that can be written, got ${file} (${(error as Error).message})`, { cause: error });
  }
}
