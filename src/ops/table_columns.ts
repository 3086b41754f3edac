/** The columns of a table on a device: one number a cell, what each number means in a small buffer, and NaN where a cell is missing. */
import { type Check, isPlain, shown } from "../check.ts";

/** A number: in the units of the data set, which are best standard ones. */
export interface NumberOfTable {
  readonly kind: "number";
  /** Normals in its mixture: 1, or more. */
  readonly components: number;
  /** Between the values that it can have; 0 for one that has any. */
  readonly step: number;
  /** The least standard deviation of a component. */
  readonly floor: number;
  /** Of a number that goes round: turns in a unit, and where in a turn 0 lies. The encoder sees its sine and cosine as well. */
  readonly cycle?: { readonly turns: number; readonly phase: number };
}

/** A category: its levels are the numbers 0 … levels − 1. */
export interface CategoryOfTable {
  readonly kind: "category";
  readonly levels: number;
}

/** A column of a table as a model has it. */
export type ColumnOfTable = NumberOfTable | CategoryOfTable;

/** The most levels whose numbers the encoder sees one by one; of more it sees signs (`codeOf`). */
export const ONE_HOT = 32;
/** Signs that stand for a level where there are more. */
export const SIGNS = 32;
/** Where the encoder sees a number to end: one that is further off may not drown the others. */
export const FURTHEST = 10;

/** The share of every number's density that is a wide normal of its own, and its standard deviation: one odd cell cannot cost a thousand nats. */
export const SHARE = 0.01;
export const WIDE = 4;

/** Words of a column's descriptor: kind, first output, components or levels, first input, step, floor, turns, phase (lib/table_cells.wgsl). */
export const WORDS = 8;
export const KINDS = { number: 0, category: 1, coded: 2, cyclic: 3 } as const;

/** A column with its place among the outputs of a decoder and the inputs of an encoder. */
export interface PlacedColumn {
  readonly column: ColumnOfTable;
  readonly kind: (typeof KINDS)[keyof typeof KINDS];
  readonly output: number;
  readonly outputs: number;
  readonly input: number;
  readonly inputs: number;
}

/** The columns one after the other, with all outputs, all inputs, and the words that the kernels read. */
export interface TableLayout {
  readonly columns: readonly PlacedColumn[];
  readonly outputs: number;
  readonly inputs: number;
  readonly words: Uint32Array;
}

/** Where each column stands. A number of C components has logits of their weights (where C > 1), means, and scales before the softplus: C each. */
export function layoutOf(given: readonly ColumnOfTable[]): TableLayout {
  const columns: PlacedColumn[] = [];
  let [output, input] = [0, 0];
  for (const column of given) {
    const [kind, outputs, inputs] = sizesOf(column);
    columns.push({ column, kind, output, outputs, input, inputs });
    output += outputs;
    input += inputs;
  }
  return { columns, outputs: output, inputs: input, words: wordsOfColumns(columns) };
}

function sizesOf(column: ColumnOfTable): [kind: PlacedColumn["kind"], outputs: number, inputs: number] {
  if (column.kind === "category") {
    const { levels } = column;
    return levels <= ONE_HOT ? [KINDS.category, levels, levels] : [KINDS.coded, levels, SIGNS];
  }
  const outputs = column.components > 1 ? 3 * column.components : 2;
  return column.cycle ? [KINDS.cyclic, outputs, 4] : [KINDS.number, outputs, 2];
}

function wordsOfColumns(columns: readonly PlacedColumn[]): Uint32Array {
  const words = new Uint32Array(WORDS * columns.length);
  const floats = new Float32Array(words.buffer);
  columns.forEach(({ column, kind, output, input }, j) => {
    const at = WORDS * j;
    words.set([kind, output, column.kind === "category" ? column.levels : column.components, input], at);
    if (column.kind === "number") floats.set([column.step, column.floor, column.cycle?.turns ?? 0, column.cycle?.phase ?? 0], at + 4);
  });
  return words;
}

/** Throws for columns that no table has; `op` is who asks. */
export function checkColumns(op: string, given: unknown): asserts given is readonly ColumnOfTable[] {
  if (!Array.isArray(given) || given.length === 0) throw new TypeError(`${op}: columns are an array of { kind }, got ${shown(given)}`);
  for (const [j, column] of (given as unknown[]).entries()) {
    const fault = faultOf(column);
    if (fault) throw new RangeError(`${op}: column ${j} ${fault}, got ${shown(column)}`);
  }
}

const whole = (value: unknown, least: number, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
const finite = (value: unknown, least: number): boolean => Number.isFinite(value) && (value as number) >= least;

function faultOf(column: unknown): string | undefined {
  if (!isPlain(column)) return "is { kind, … }";
  const { kind, levels, components, step, floor, cycle, ...rest } = column;
  const other = Object.keys(rest)[0];
  if (other !== undefined) return `has no option ${other}`;
  if (kind === "category") return whole(levels, 1, MOST_LEVELS) ? undefined : `has levels, 1 to ${MOST_LEVELS}`;
  if (kind !== "number") return 'is of kind "number" or "category"';
  if (!whole(components, 1, MOST_COMPONENTS)) return `has components, 1 to ${MOST_COMPONENTS}`;
  if (!finite(step, 0)) return "has a step, 0 or more";
  if (!(finite(floor, 0) && (floor as number) > 0)) return "has a floor above 0";
  if (cycle !== undefined && !(isPlain(cycle) && Number.isFinite(cycle["turns"]) && Number.isFinite(cycle["phase"])))
    return "has a cycle { turns, phase }";
  return undefined;
}

export const MOST_LEVELS = 100_000;
export const MOST_COMPONENTS = 64;
/** What takes columns takes this. */
export const COLUMNS: Check = ["is an array of columns", Array.isArray];
