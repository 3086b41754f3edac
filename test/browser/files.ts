/** The files that tests read, in a page: the twin of test/support/files.ts. */
import digitsUrl from "../../data/digits.csv.gz?url";
import type { ImageRows, ImageSet } from "../../src/node/images.ts";

const texts = import.meta.glob<string>("../../golden/*.json", { query: "?raw", import: "default", eager: true });

/** The text of a file of reference data. */
export function goldenText(file: string): string {
  return texts[`../../golden/${file}`]!;
}

const urls = import.meta.glob<string>("../../golden/*.npy", { query: "?url", import: "default", eager: true });

/** The bytes of a file of reference data. */
export async function goldenBytes(file: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(urls[`../../golden/${file}`]!)).arrayBuffer());
}

/** The digits as `elbograd/node` reads them: 64 pixels from 0 to 16 and the label a row; every fifth row is for validation. */
export async function readDigits(): Promise<ImageSet> {
  const text = await (await fetch(digitsUrl)).text(); // sent with its encoding, so that the page unpacks it
  const table = text
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number));
  const part = (keep: (row: number) => boolean): ImageRows => {
    const rows = table.filter((_, row) => keep(row));
    return {
      data: Uint8Array.from(rows.flatMap((row) => row.slice(0, 64))),
      columns: 64,
      scale: 1 / 16,
      labels: Uint8Array.from(rows, (row) => row[64]!),
    };
  };
  return { name: "digits", width: 8, height: 8, train: part((row) => row % 5 !== 0), validation: part((row) => row % 5 === 0) };
}
