/** What would be learnt from a table, for people: kinds with their reasons, ranges, missing cells, rows and columns that say the same. */
import { quoted } from "../text.ts";
import { checkValue } from "../check.ts";
import { TABLE, type TypedColumn, type TypedTable } from "./columns.ts";
import { writeNumber } from "./number_form.ts";
import { writeDate } from "./dates/write_date.ts";

/** A column in words. */
export interface ColumnDescription {
  readonly name: string;
  readonly kind: TypedColumn["kind"];
  readonly reason: string;
  readonly missing: number;
  /** Least and greatest value in the form of the column. */
  readonly range?: readonly [string, string];
  /** The first levels, and how many there are. */
  readonly levels?: readonly string[];
  readonly levelCount?: number;
  readonly text?: string;
}

/** A table in words. */
export interface TableDescription {
  readonly rows: number;
  readonly columns: readonly ColumnDescription[];
  /** Cells without a value. */
  readonly missing: number;
  /** Rows that are equal to an earlier one; of identifiers nothing is compared. */
  readonly duplicates: number;
  /** Columns of which each tells the others: equal numbers, or categories one to one. */
  readonly leaks: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

const SHOWN_LEVELS = 8;
/** Of a longer table the first rows are compared. */
const COMPARED = 1_000_000;

/** Kinds with their reasons, ranges, missing cells, rows that come again, and columns that tell each other. */
export function describe(table: TypedTable): TableDescription {
  checkValue("describe", "table", table, TABLE);
  const { rows, columns } = table;
  const described = columns.map(describeColumn);
  const leaks = leaksOf(columns);
  return {
    rows,
    columns: described,
    missing: described.reduce((sum, { missing }) => sum + missing, 0),
    duplicates: duplicatesOf(table),
    leaks,
    notes: [
      ...table.notes,
      ...leaks.map((names) => `columns ${names.map((name) => quoted(name, 60)).join(", ")} tell each other (drop all but one)`),
    ],
  };
}

function describeColumn(column: TypedColumn): ColumnDescription {
  const { name, kind, reason, missing } = column;
  const base = { name, kind, reason, missing };
  switch (kind) {
    case "number":
      return { ...base, range: [writeNumber(column.range[0], column.form), writeNumber(column.range[1], column.form)] };
    case "date": {
      const { form } = column;
      const write = (days: number): string => ("unit" in form ? new Date(days * 86_400_000).toISOString().slice(0, 10) : writeDate(days, form));
      return { ...base, range: [write(column.range[0]), write(column.range[1])] };
    }
    case "category":
      return { ...base, levels: column.levels.slice(0, SHOWN_LEVELS), levelCount: column.levels.length };
    case "constant":
      return { ...base, text: column.text };
    case "identifier":
    case "empty":
      return base;
  }
}

/** Two sums that multiply and mix, so that equal hashes of 53 bits are equal cells but for one in 10¹⁵ pairs. */
class Hash {
  #a = 0x9e3779b9;
  #b = 0x85ebca6b;
  readonly #double = new Float64Array(1);
  readonly #words: Uint32Array = new Uint32Array(this.#double.buffer);

  add(value: number): void {
    this.#double[0] = value === value ? value + 0 : NaN;
    for (let i = 0; i < 2; i++) {
      const word = this.#words[i]!;
      this.#a = Math.imul(this.#a ^ word, 0x01000193) ^ (this.#a >>> 15);
      this.#b = Math.imul(this.#b + word, 0xc2b2ae35) ^ (this.#b >>> 13);
    }
  }

  get value(): number {
    return (this.#a >>> 0) * 2 ** 21 + ((this.#b >>> 0) & 0x1fffff);
  }
}

type Valued = Extract<TypedColumn, { readonly values: Float64Array }>;

function valued(columns: readonly TypedColumn[]): Valued[] {
  return columns.filter((column): column is Valued => "values" in column);
}

function duplicatesOf({ rows, columns }: TypedTable): number {
  const cells = valued(columns).map(({ values }) => values);
  if (cells.length === 0) return 0;
  const seen = new Set<number>();
  const compared = Math.min(rows, COMPARED);
  for (let row = 0; row < compared; row++) {
    const hash = new Hash();
    for (const values of cells) hash.add(values[row]!);
    seen.add(hash.value);
  }
  return compared - seen.size;
}

/** Groups of columns that are equal, categories after their levels have been numbered as they come. */
function leaksOf(columns: readonly TypedColumn[]): string[][] {
  const groups = new Map<number, string[]>();
  for (const column of valued(columns)) {
    const hash = new Hash();
    const order = new Map<number, number>();
    hash.add(column.kind === "category" ? 1 : 2);
    for (const value of column.values) {
      if (column.kind !== "category" || value !== value) hash.add(value);
      else {
        if (!order.has(value)) order.set(value, order.size);
        hash.add(order.get(value)!);
      }
    }
    const group = groups.get(hash.value);
    if (group) group.push(column.name);
    else groups.set(hash.value, [column.name]);
  }
  return [...groups.values()].filter((names) => names.length > 1);
}
