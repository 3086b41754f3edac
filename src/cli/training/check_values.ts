/** Values that a training cannot take, said with file, row, column and option before anything is made. */
import type { Scaling, ScalingKind } from "../../data/scaling.ts";
import type { NumbersFile } from "../../node/numbers.ts";
import type { Likelihood } from "../../vae/likelihoods/likelihood.ts";
import { cellText, columnEnds, columnsText } from "../rows/cells.ts";
import type { TrainArguments } from "./train_options.ts";

/** The greatest number of 32 bits. */
const GREATEST = 3.4028234663852886e38;

/** RangeError for values that a kind of scaling cannot bring into its range. */
export function checkScalable(table: NumbersFile, kind: ScalingKind): void {
  const { name, values, columns, names } = table;
  const negative = kind === "unit" ? values.findIndex((value) => value < 0) : -1;
  if (negative >= 0) {
    throw new RangeError(`train: --scale unit takes values from 0 on, got ${placed(table, negative)} (--scale minmax or standard takes any)`);
  }
  if (kind !== "minmax" && kind !== "standard") return;
  for (let column = 0; column < columns; column++) {
    const [least, greatest] = columnEnds(table, column);
    const spread = greatest - least;
    // Below, its reciprocal is no finite number.
    if (spread === 0 || (spread > 2 ** -1000 && spread < 2 ** 1000)) continue;
    throw new RangeError(
      `train: --scale ${kind} divides by the spread of a column, got ${spread} in ${columnsText([column], names)} of ${name} (--drop ${column + 1} leaves it out)`,
    );
  }
}

/**
 * RangeError for training rows that the likelihood gives no probability, that cannot be binarised or that are no 32-bit numbers, once they are scaled.
 * The row is that of the file, `all`, of which `train` is a part.
 */
export function checkRange(all: NumbersFile, train: NumbersFile, scaling: Scaling, { name, support }: Likelihood, options: TrainArguments): void {
  const { scale, shift } = scaling;
  const { values, columns } = train;
  const unit = support !== undefined || options.binarise;
  for (let i = 0; i < values.length; i++) {
    const column = scale.length === 1 ? 0 : i % columns;
    const seen = Math.fround(values[i]! * scale[column]! + shift[column]!);
    if (Math.abs(seen) <= GREATEST && !(unit && (seen < 0 || seen > 1))) continue;
    const at = placed(all, indexIn(all, values[i]!, i % columns));
    const scaled = scaling.kind === "none" ? "" : `, which --scale ${scaling.kind} makes ${seen}`;
    if (!unit) throw new RangeError(`train: values are 32-bit numbers, got ${at}${scaled} (--scale standard brings them there)`);
    const option = support ? `--likelihood ${name}` : "--binarise";
    throw new RangeError(
      `train: ${option} takes values from 0 to 1, got ${at}${scaled} (--scale minmax brings each column there${support ? "; --likelihood gaussianLearned takes any" : ""})`,
    );
  }
}

function indexIn({ values, columns }: NumbersFile, value: number, column: number): number {
  for (let i = column; i < values.length; i += columns) if (values[i] === value) return i;
  return column;
}

function placed({ name, values, columns, names }: NumbersFile, i: number): string {
  return `${values[i]} in ${name}, ${cellText(Math.floor(i / columns), i % columns, names)}`;
}
