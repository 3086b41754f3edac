/** The files that tests read, in Node; test/browser/files.ts is the same for a page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export { readDigits } from "../../src/node/images.ts";

const GOLDEN = process.env["GOLDEN_DIR"] ?? fileURLToPath(new URL("../../golden", import.meta.url));

/** The text of a file of reference data, from golden/ or the folder GOLDEN_DIR. */
export function goldenText(file: string): string {
  return readFileSync(join(GOLDEN, file), "utf8");
}

/** The bytes of a file of reference data. */
export function goldenBytes(file: string): Promise<Uint8Array> {
  return Promise.resolve(new Uint8Array(readFileSync(join(GOLDEN, file))));
}
