/** The process that `tables --read` starts for each reader: reads the file once, and prints what that took. */
import { createReadStream } from "node:fs";
import Papa from "papaparse";
import { readTable } from "elbograd/node";

/** What a reader has found, and what it took. */
export interface ReadAnswer {
  readonly rows: number;
  readonly columns: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
}

const [reader, path] = process.argv.slice(2) as [string, string];

async function read(): Promise<readonly [rows: number, columns: number]> {
  if (reader === "elbograd") {
    const { rows, columns } = await readTable(path);
    return [rows, columns.length];
  }
  // splits and keeps nothing
  let [rows, columns] = [-1, 0];
  await new Promise<void>((resolve, reject) => {
    Papa.parse<string[]>(createReadStream(path), {
      skipEmptyLines: true,
      chunk: ({ data }) => {
        rows += data.length;
        columns = data[0]?.length ?? columns;
      },
      complete: () => resolve(),
      error: reject,
    });
  });
  return [rows, columns];
}

const before = process.cpuUsage();
const start = performance.now();
const [rows, columns] = await read();
const wallMs = performance.now() - start;
const { user, system } = process.cpuUsage(before);
const answer: ReadAnswer = { rows, columns, wallMs, cpuMs: (user + system) / 1000, peakBytes: 1024 * process.resourceUsage().maxRSS };
console.log(JSON.stringify(answer));
