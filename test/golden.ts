/** Reading the reference data in golden/ (or the folder GOLDEN_DIR): tensors, and numbers that JSON has no words for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly (number | "inf" | "-inf" | "nan")[];
}

const FOLDER = process.env["GOLDEN_DIR"] ?? fileURLToPath(new URL("../golden", import.meta.url));

/** The parsed contents of a file. */
export function golden<T>(file: string): T {
  return JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as T;
}

const WORDS = { inf: Infinity, "-inf": -Infinity, nan: NaN } as const;

export function numbers({ data }: GoldenTensor): Float64Array {
  return Float64Array.from(data, (value) => (typeof value === "number" ? value : WORDS[value]));
}
