/** Reading the reference data in golden/ (or the folder GOLDEN_DIR): tensors, and numbers that JSON has no words for. */
import { goldenText } from "./files.ts";

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly (number | "inf" | "-inf" | "nan")[];
}

/** The parsed contents of a file. */
export function golden<T>(file: string): T {
  return JSON.parse(goldenText(file)) as T;
}

const WORDS = { inf: Infinity, "-inf": -Infinity, nan: NaN } as const;

export function numbers({ data }: GoldenTensor): Float64Array {
  return Float64Array.from(data, (value) => (typeof value === "number" ? value : WORDS[value]));
}
