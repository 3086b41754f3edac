/** Tables whose columns are of several kinds. */
import { checkOptions } from "../../check.ts";
import { checkColumns, type ColumnOfTable, COLUMNS } from "../../ops/table_columns.ts";
import type { Likelihood } from "./likelihood.ts";
import { tableLikelihood } from "./table_likelihood.ts";

/**
 * −Σj log p(xj|z): a mixture of normals for each number, a soft-max for each category, by `columns`; a missing cell, NaN, adds nothing. A number's density
 * has a share of 1 % that is N(0, 4²), so data is best in standard units; where it has a step, the density is that of the step.
 */
export function mixed(columns: readonly ColumnOfTable[]): Likelihood {
  checkColumns("mixed", columns);
  const own = columns.map((column) => Object.freeze({ ...column }));
  return tableLikelihood("mixed", { columns: own.map((column) => ({ ...column })) }, (D) => {
    if (D !== own.length) throw new RangeError(`mixed: the table has ${own.length} columns, got a model of ${D} (input is the number of columns)`);
    return own;
  });
}

/** `mixed` of options as they stand in a file. */
export function readMixed(options: unknown): Likelihood {
  checkOptions("mixed", options, { columns: COLUMNS }, ["columns"]);
  return mixed((options as { columns: readonly ColumnOfTable[] }).columns);
}
