/** Tables of text: each column as wide as its widest cell. */

/** The first row is the header; of each column, whether it holds words, which stand to the left. Numbers stand to the right. */
export function alignedRows(rows: readonly (readonly string[])[], words: readonly boolean[]): string[] {
  const widths = words.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const pad = (text: string, column: number): string => (words[column] ? text.padEnd(widths[column]!) : text.padStart(widths[column]!));
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}

/** `± 0.12`, or nothing where a single example says nothing of an error. */
export function plusMinus(standardError: number, digits: number): string {
  return Number.isNaN(standardError) ? "" : `± ${standardError.toFixed(digits)}`;
}

/** A mean with its error, without one of a single example: for JSON, which has no NaN. */
export function plainEstimate<T extends { readonly standardError: number }>({
  standardError,
  ...rest
}: T): Omit<T, "standardError"> & { standardError?: number } {
  return Number.isNaN(standardError) ? rest : { ...rest, standardError };
}
