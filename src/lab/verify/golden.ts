/** Reading the reference data of golden/ (golden/README.md): tensors, and numbers that JSON has no words for. */
import type { Device } from "../../device/device.ts";
import { FormatError } from "../../formats/format_error.ts";
import type { Agreement } from "./agreement.ts";

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly (number | "inf" | "-inf" | "nan")[];
}

/** One case of the reference data: what it computes on a device, beside what it should have computed. */
export interface GoldenCase {
  readonly id: string;
  /** What it is a case of: the name of an op, or the case's own. */
  readonly of: string;
  run(device: Device): Promise<readonly Agreement[]>;
}

/** The parsed contents of a file; FormatError unless it is JSON with the lists that are named. */
export function parseGolden<T>(file: string, text: string, ...lists: readonly (keyof T & string)[]): T {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new FormatError(`${file}: reference data is JSON, got ${(error as Error).message} (install the package again)`, { cause: error });
  }
  const missing = lists.find((list) => !Array.isArray((parsed as Record<string, unknown> | null)?.[list]));
  if (missing !== undefined) throw new FormatError(`${file}: reference data has a list "${missing}", got none (install the package again)`);
  return parsed as T;
}

const WORDS = { inf: Infinity, "-inf": -Infinity, nan: NaN } as const;

export function numbers({ data }: GoldenTensor): Float64Array {
  return Float64Array.from(data, (value) => (typeof value === "number" ? value : WORDS[value]));
}
