/** The rows of both tables of element-wise ops, by name: tests, checks and benches run over them. */
import * as activations from "./activation_table.ts";
import type { Unary } from "./unary_op.ts";
import * as others from "./unary_table.ts";

const rows = [...Object.values(activations), ...Object.values(others)].map(({ row }): Unary => row);

export const unaryTable: Readonly<Record<string, Unary>> = Object.fromEntries(
  rows.map((row) => [row.name, row] as const).sort(([p], [q]) => (p < q ? -1 : 1)),
);
