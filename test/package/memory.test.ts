/** What reading a file takes in memory, at its peak and in a process of its own. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const SIZE = 1 << 23;
/** What a fresh process may add whatever the file: compiled code, and the young generation before its first collection. */
const BASE = 48 << 20;

const csv = (line: string): string => `parseTable(Buffer.alloc(${SIZE} - ${SIZE} % ${line.length}, ${JSON.stringify(line)}), "csv", "x")`;
const safetensors = (header: string): string => `
  const header = Buffer.from(${header}), file = Buffer.alloc(8 + header.length);
  file.writeUInt32LE(header.length);
  header.copy(file, 8);
  readSafetensors(file)`;

/** Code that reads, or is refused, by what it does to a careless reader. */
const FILES: Record<string, string> = {
  "CSV of one digit per cell": csv("0,0,0\n"),
  "CSV of one short cell per line": csv("123\n"),
  "CSV with line ends of old": csv("1\r"),
  "CSV of blank lines": csv("\n"),
  "CSV of one endless row": csv("12,"),
  "CSV of one endless quoted row": csv('"12",'),
  "NPY of truth values, which become f32": `
    const header = "{'descr':'|b1','fortran_order':False,'shape':(${SIZE},)}";
    parseTable(Buffer.concat([Buffer.from([0x93, 78, 85, 77, 80, 89, 1, 0, header.length, 0]), Buffer.from(header), Buffer.alloc(${SIZE})]), "npy", "x")`,
  "safetensors of lists in lists": safetensors(`'{"a":{"dtype":' + "[".repeat(${SIZE})`),
  "safetensors of empty objects": safetensors(`'{"a":[' + "{},".repeat(${SIZE / 3})`),
  "safetensors of a shape without end": safetensors(`'{"a":{"shape":[' + "1,".repeat(${SIZE / 2})`),
  "safetensors of empty tensors": safetensors(
    `"{" + Array.from({ length: ${SIZE / 64} }, (_, i) => '"' + i + '":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}').join(",") + "}"`,
  ),
};

/** Peak memory of reading, in bytes, beyond what the process and the file take. */
function peak(code: string): number {
  const program = `
    import { parseTable } from "./dist/node/numbers.js";
    import { readSafetensors } from "./dist/formats/safetensors.js";
    const before = process.memoryUsage().rss;
    try { ${code} } catch (error) { if (error.name !== "FormatError") throw error; }
    console.log(process.resourceUsage().maxRSS * 1024 - before);`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: root, encoding: "utf8" }));
}

describe("reading a file of 8 MiB", () => {
  it.each(Object.entries(FILES))("takes at most 10 times its size: %s", (_, code) => {
    expect(peak(code)).toBeLessThanOrEqual(10 * SIZE + BASE);
  });
});
