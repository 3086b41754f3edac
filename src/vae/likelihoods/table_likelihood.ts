/** What the likelihoods of tables have in common: a law for each column, missing cells, and an encoder's input of its own. */
import type { Dataset } from "../../data/dataset.ts";
import { encodeColumns } from "../../ops/encode_columns.ts";
import { mixedDraw, mixedMean } from "../../ops/mixed_draw.ts";
import { mixedNll } from "../../ops/mixed_nll.ts";
import { type ColumnOfTable, layoutOf, type TableLayout } from "../../ops/table_columns.ts";
import type { Tensor } from "../../tensor.ts";
import type { Likelihood, LikelihoodOptions, OwnTensors } from "./likelihood.ts";

const WORDS = "likelihood.columns";

/** A likelihood whose column j of D has the law `columnsOf(D)[j]`. */
export function tableLikelihood(
  name: string,
  options: LikelihoodOptions,
  columnsOf: (D: number) => readonly ColumnOfTable[],
  discrete = false,
): Likelihood {
  const layouts = new Map<number, TableLayout>();
  const layout = (D: number): TableLayout => {
    let found = layouts.get(D);
    if (!found) layouts.set(D, (found = layoutOf(columnsOf(D))));
    return found;
  };
  const words = (own: OwnTensors | undefined): Tensor => {
    const found = own?.get(WORDS);
    if (!found) throw new TypeError(`${name}: own holds "${WORDS}", got none (pass the model's tensors and constants)`);
    return found;
  };
  /** The columns of outputs: words hold as many descriptors as there are columns. */
  const byWords = (own: OwnTensors | undefined): TableLayout => layout(words(own).size / 8);
  return {
    name,
    options,
    ...(discrete && { discrete: true }),
    missing: true,
    jitters: true,
    constants: (D) => new Map([[WORDS, layout(D).words]]),
    encoder: {
      columns: (D) => layout(D).inputs,
      encode: (x, own) => encodeColumns(x, byWords(own), words(own)),
    },
    columns: (D) => layout(D).outputs,
    check: (data) =>
      checkLevels(
        name,
        data,
        layout(data.columns).columns.map(({ column }) => column),
      ),
    nll: (h, W, b, x, own) => mixedNll(h, W, b, x, byWords(own), words(own)),
    mean: (outputs, own) => mixedMean(outputs, byWords(own), words(own)),
    drawsByRow: true,
    sample: (outputs, key, own) => mixedDraw(outputs, byWords(own), words(own), key),
  };
}

/** Throws where a category holds what is no level. */
function checkLevels(name: string, { extents }: Dataset, columns: readonly ColumnOfTable[]): void {
  columns.forEach((column, j) => {
    if (column.kind !== "category") return;
    const { least, greatest, whole } = extents[j]!;
    if (least > greatest || (whole && least >= 0 && greatest < column.levels)) return;
    const found = !whole ? `others between ${least} and ${greatest}` : least < 0 ? least : greatest;
    throw new RangeError(
      `${name}: column ${j} holds levels, whole numbers from 0 to ${column.levels - 1}, found ${found} (a missing cell is NaN; bytes count as 0 to 255)`,
    );
  });
}
