/** The tables of ladders, as text and in README.md beside this file. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Column } from "../table.ts";
import type { Climb, Step } from "./climb.ts";
import { FOLDER } from "./rung.ts";

export const README: string = join(FOLDER, "README.md");

/** The columns of a ladder's table, each as wide as its widest cell. */
export function columnsOf({ ladder, steps }: Climb): readonly Column<Step>[] {
  const adapters = new Set(steps.map(({ adapter }) => adapter));
  const columns: readonly Omit<Column<Step>, "width">[] = [
    { title: "rung", words: true, of: ({ rung }) => rung },
    ...(adapters.size > 1 ? [{ title: "runs on", words: true, of: ({ adapter }: Step) => adapter }] : []),
    { title: "median ms", of: ({ medianMs }) => medianMs.toFixed(2) },
    { title: ladder.unit, of: ({ speed }) => speed.toFixed(2) },
    { title: "× before", of: ({ timesBefore }) => timesBefore.toFixed(2) },
    { title: "× first", of: ({ timesFirst }) => timesFirst.toFixed(2) },
    { title: "of peak", of: ({ ofPeak }) => `${(100 * ofPeak).toFixed(1)} %` },
  ];
  const cells = ({ title, of }: (typeof columns)[number]): string[] => [title, ...steps.map((step) => of(step) ?? "")];
  return columns.map((column) => ({ ...column, width: Math.max(...cells(column).map(({ length }) => length)) }));
}

/** Ladder, sizes and adapter: `matmul, M 512, N 512, K 512, on llvmpipe (software: not a GPU's speed)`. */
export function headingOf({ ladder, sizes, steps, leftOut }: Climb): string {
  const size = Object.entries(sizes).map(([name, n]) => `${name} ${n}`);
  const [adapter, another] = new Set(steps.map(({ adapter }) => adapter));
  const software = steps.some((step) => step.software) ? " (software: not a GPU's speed)" : "";
  const where = another === undefined && adapter !== undefined ? [`on ${adapter}${software}`] : [];
  const without = leftOut.length > 0 ? [`without ${leftOut.join(" and ")}, for the adapter has no subgroups`] : [];
  return [ladder.name, ...size, ...where, ...without].join(", ");
}

/** Rewrites the tables between `<!-- ladder NAME -->` and `<!-- /ladder -->` of the ladders that were climbed, and nothing else. */
export function updateReadme(climbs: readonly Climb[], path: string = README): void {
  let text = readFileSync(path, "utf8");
  for (const result of climbs) text = withTable(text, result);
  writeFileSync(path, text);
}

export function withTable(text: string, result: Climb): string {
  const { name } = result.ladder;
  const block = new RegExp(`(<!-- ladder ${name} -->\\n)[\\s\\S]*?(<!-- /ladder -->)`);
  if (!block.test(text))
    throw new RangeError(`ladder: README.md has no table of ${name} (put <!-- ladder ${name} --> and <!-- /ladder --> where it belongs)`);
  return text.replace(block, (_, start: string, end: string) => `${start}\n${headingOf(result)}:\n\n${markdown(result)}\n\n${end}`);
}

/** A table laid out as prettier does it. */
function markdown(result: Climb): string {
  const columns = columnsOf(result);
  const row = (text: (column: Column<Step>) => string): string =>
    `| ${columns.map((column) => (column.words ? text(column).padEnd(column.width) : text(column).padStart(column.width))).join(" | ")} |`;
  const rule = row(({ words, width }) => (words ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [row(({ title }) => title), rule, ...result.steps.map((step) => row((column) => column.of(step) ?? "–"))].join("\n");
}
