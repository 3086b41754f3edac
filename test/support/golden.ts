/** Reading the reference data in golden/ (or the folder GOLDEN_DIR). */
import { goldenText } from "./files.ts";

export { type GoldenTensor, numbers } from "../../src/lab/verify/golden.ts";

/** The parsed contents of a file. */
export function golden<T>(file: string): T {
  return JSON.parse(goldenText(file)) as T;
}
