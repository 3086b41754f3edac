/** A column whose cells have been read and that has no kind yet. */
import { CELL, type StoredCells } from "./cell_store.ts";
import type { ColumnBuilder } from "./column_builder.ts";
import type { Kind, TypedColumn } from "./columns.ts";

/** What a user says of a column. */
export interface KindChoice {
  readonly kind?: Kind;
  /** Of dates such as 03/04/2024. */
  readonly order?: "dayFirst" | "monthFirst";
}

/** The cells of a column as they were read, and what was asked for it. */
export interface ReadColumn extends StoredCells {
  readonly builder: ColumnBuilder;
  readonly choice: KindChoice;
  /** Takes what is worth saying. */
  readonly note: (text: string) => void;
}

/** What all columns have. */
export function baseOf({ builder }: ReadColumn, reason: string): Pick<TypedColumn, "name" | "reason" | "missing" | "missingText"> {
  const { name, counts, examples, empties } = builder;
  const text = (sign: number): string | undefined => examples[sign]![0]?.text;
  return {
    name,
    reason,
    missing: counts[CELL.missing]! + counts[CELL.dash]!,
    missingText: empties > 0 ? "" : (text(CELL.missing) ?? text(CELL.dash) ?? ""),
  };
}
