/** What is chosen by the values where nobody says: images or a table, the likelihood, the scaling; each with the reason. */
import type { ScalingKind } from "../../data/scaling.ts";
import { type Proposal, proposeLikelihood } from "../../judge/proposal.ts";
import type { NumbersFile } from "../../node/numbers.ts";
import { short } from "../rows/cells.ts";
import type { TrainArguments } from "./train_options.ts";

/** What the rows are taken for. */
export interface Taken {
  /** Without width and height where they are no images. */
  readonly table: NumbersFile;
  /** `a table, because …`. */
  readonly about: string;
  /** The likelihood that the values ask for. */
  readonly proposal: Proposal;
}

/** The greatest grey of 16 bits. */
const WHITEST = 65535;

/** Images are rows of two dimensions whose values can be grey; all other rows are a table. `known`: a data set of images. */
export function takenAs(table: NumbersFile, known: boolean): Taken {
  const { width, height, channels, values, columns } = table;
  const { min, max, whole } = rangeOf(values);
  const range = `from ${short(min)} to ${short(max)}`;
  const grey =
    values instanceof Uint8Array ? "bytes" : max <= 1 && min >= 0 ? "values" : min >= 0 && whole && max <= WHITEST ? "whole numbers" : undefined;
  if (width !== undefined && height !== undefined && (known || grey !== undefined)) {
    const about = `images, because rows are ${height}×${width}${channels === 3 ? "×3" : ""} ${grey ?? "values"} ${range}`;
    return { table, about, proposal: proposeLikelihood(values, columns, { image: true }) };
  }
  const shape =
    width === undefined
      ? whyNoPicture(table)
      : `rows are ${height}×${width}, but values ${range} are no grey levels (bytes, whole numbers from 0, or within [0, 1])`;
  return { table: withoutSize(table), about: `a table, because ${shape}`, proposal: proposeLikelihood(values, columns, { image: false }) };
}

/** The same rows, not as images. */
function withoutSize({ name, rows, columns, values, names, labels, binary }: NumbersFile): NumbersFile {
  return { name, rows, columns, values, ...(names && { names }), ...(labels && { labels }), ...(binary && { binary }) };
}

function whyNoPicture({ values, names, columns }: NumbersFile): string {
  if (names || !(values instanceof Uint8Array) || !Number.isInteger(Math.sqrt(columns))) return "rows have no width and height";
  return `rows of ${columns} bytes look like no picture of ${Math.sqrt(columns)}×${Math.sqrt(columns)} (that would be one of 8×8 at least, and smooth)`;
}

function rangeOf(values: NumbersFile["values"]): { readonly min: number; readonly max: number; readonly whole: boolean } {
  let [min, max, whole] = [Infinity, -Infinity, true];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
    whole &&= Number.isInteger(value);
  }
  return { min, max, whole };
}

/** The name of the likelihood: as asked for, of images bernoulli, of tables what their values ask for. */
export function chosenLikelihood({ likelihood }: Pick<TrainArguments, "likelihood">, { table, proposal }: Taken): string {
  if (likelihood !== "auto") return likelihood;
  return table.width === undefined ? proposal.likelihood : "bernoulli";
}

/** How the data is scaled: as asked for, or into the range of the likelihood, and no more than needed. */
export function chosenScaling({ scale }: Pick<TrainArguments, "scale">, { table }: Taken, likelihood: string): ScalingKind {
  if (scale !== "auto") return scale;
  const [bytes, images] = [table.values instanceof Uint8Array, table.width !== undefined];
  const gaussian = likelihood.startsWith("gaussian");
  if (bytes && (images || !gaussian)) return "unit";
  if (gaussian) return "standard";
  return images ? "unit" : "none";
}
