/** The columns of a table once each has its kind: numbers per cell, NaN where one is missing, and what they mean. */
import { type Check, thing } from "../check.ts";
import type { DateForm } from "./dates/date_form.ts";
import type { NumberForm } from "./number_form.ts";

/** What a column is for a model: what it learns, copies, or leaves out. */
export type Kind = "number" | "category" | "date" | "constant" | "identifier" | "empty";

/** What all columns have. Everything but the values is plain JSON. */
interface ColumnBase {
  readonly name: string;
  /** Why it is of its kind, for people. */
  readonly reason: string;
  /** Cells without a value, and what such a cell says. */
  readonly missing: number;
  readonly missingText: string;
}

/** A measurement. */
export interface NumberColumn extends ColumnBase {
  readonly kind: "number";
  readonly form: NumberForm;
  /** The grid that the values are on: 10^−decimals of the cell with most, or 0 where floats have no grid (more than nine decimals). */
  readonly step: number;
  /** Least and greatest value. */
  readonly range: readonly [number, number];
  /** Share of the commonest value. */
  readonly commonest: { readonly value: number; readonly share: number };
  readonly values: Float64Array;
}

/** One of a few: the values are places in `levels`. */
export interface CategoryColumn extends ColumnBase {
  readonly kind: "category";
  /** In the order of their numbers, or of their first places. */
  readonly levels: readonly string[];
  /** Rows of each level. */
  readonly counts: readonly number[];
  /** Whether the cells are all numbers. */
  readonly numeric: boolean;
  readonly values: Float64Array;
}

/** Days from 1970-01-01, the time of day as a share of one. */
export interface DateColumn extends ColumnBase {
  readonly kind: "date";
  readonly form: DateForm | EpochForm;
  readonly range: readonly [number, number];
  readonly values: Float64Array;
}

/** Whole seconds or milliseconds from 1970, or a day as one number (20240131). */
export interface EpochForm {
  readonly unit: "seconds" | "milliseconds" | "yyyymmdd";
}

/** The same in all rows: copied into what is generated. */
export interface ConstantColumn extends ColumnBase {
  readonly kind: "constant";
  readonly text: string;
}

/** Tells rows apart and says nothing of them, or holds nothing: left out. */
export interface OmittedColumn extends ColumnBase {
  readonly kind: "identifier" | "empty";
}

/** A column with its kind, and its values where it has any. */
export type TypedColumn = NumberColumn | CategoryColumn | DateColumn | ConstantColumn | OmittedColumn;

/** A table as columns. */
export interface TypedTable {
  readonly rows: number;
  readonly columns: readonly TypedColumn[];
  /** What is worth saying before anybody learns from it. */
  readonly notes: readonly string[];
}

/** What takes a table takes this. */
export const TABLE: Check = thing("a table of typed columns", ["rows", "columns", "notes"], "parseTable and readTable give one");
