/** accuracy: every element-wise function over all of f32, against f64, beside WGSL's promise; `--write` keeps it in docs/accuracy.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { type Device, openDevice } from "elbograd";
import { type Accuracy, accuracyInputs, accuracyNames, accuracyReference, measureAccuracy } from "elbograd/lab";
import type { OptionName, Options } from "./options.ts";

export const ACCURACY_TAKES: readonly OptionName[] = ["device", "function", "write"];

/** As seen from build/bench. */
const PAGE = new URL("../../docs/accuracy.md", import.meta.url);

const HEAD = `# Accuracy of the element-wise functions

How far the functions of one tensor are off, on each device, over all of f32. Made by

\`\`\`sh
npm run bench -- accuracy --device cpu,wasm,webgpu --write
\`\`\`

which replaces the rows of the devices that it ran on and keeps the others; with \`--function lgamma\` those of that function.

- **Inputs**: 2^22 of them, every sign, exponent and value of the mantissa's first 13 bits, the other ten bits at random; powers of 2, ±0 and ±∞ are among them, and
  NaN, which must give NaN. Infinite inputs count where the formula has a value there.
- **Reference**: formulas in f64 that share nothing with the functions' own code (\`src/lab/oracle/unary.ts\`). An error of ½ ulp is that of rounding alone.
- **Worst ulp** is the largest error in units in the last place of the f32 nearest to the reference, **worst absolute** the largest difference of finite numbers, each
  with an input where it was found. "∞" is NaN or ∞ in the place of a number. Near a zero of a function a small difference is many ulp: see the other column there.
  An error of 1.7e+7 ulp is all of the number: what it is made of was subnormal, and taken for 0.
- **Subnormal ulp** is the same where the input or the result is below 2^-126, which the other columns leave out. There are fewer bits there. "Flushed" are numbers that
  were taken for 0, which WGSL allows.
- **WGSL promises** so much of its own functions (W3C, section 15.7.4.1). "By composition" is a formula of several of them: its bound is computed for each number in the
  tests. Where WGSL promises nothing, as for the sine of large numbers, a GPU may return anything. \`leakyRelu\` has the slope 0.2, \`elu\` the limit −1.5, \`clamp\` the bounds
  −1 and 1.5.
`;

/** One section of the page: a device, and a row of cells for each function or part of its domain. */
interface Section {
  readonly heading: string;
  readonly rows: readonly (readonly string[])[];
}

export async function runAccuracy({ device: names = ["auto"], function: functions = accuracyNames, write, json }: Options): Promise<void> {
  const unknown = functions.find((name) => !accuracyNames.includes(name));
  if (unknown !== undefined) throw new RangeError(`bench: the functions are ${accuracyNames.join(", ")}, got "${unknown}"`);
  const devices: Device[] = [];
  try {
    for (const name of names) devices.push(await openDevice(name));
    const found = await measured(devices, functions);
    const sections = devices.map((device, i) => ({ heading: headingOf(device), rows: found[i]!.map(cellsOf) }));
    if (json) devices.forEach((device, i) => found[i]!.forEach((line) => console.log(jsonLine(device, line))));
    else console.log(sections.map(textOf).join("\n"));
    if (write) writeFileSync(PAGE, updated(currentPage(), sections));
  } finally {
    for (const device of devices) await device.close();
  }
}

/** A reference takes longer than a device, so all devices are held against it at once. */
async function measured(devices: readonly Device[], functions: readonly string[]): Promise<Accuracy[][]> {
  const inputs = accuracyInputs();
  const found: Accuracy[][] = devices.map(() => []);
  for (const name of functions) {
    const reference = accuracyReference(name, inputs);
    for (const [i, device] of devices.entries()) found[i]!.push(...(await measureAccuracy(device, name, inputs, reference)));
  }
  return found;
}

/** JSON has no words for ∞ and NaN. */
function jsonLine({ name: device, info: { adapter, software } }: Device, line: Accuracy): string {
  const words = (_: string, value: unknown): unknown => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value);
  return JSON.stringify({ bench: "accuracy", device, adapter, software, ...line }, words);
}

/** Without the number of threads and what else does not matter here. */
function headingOf({ name, info: { adapter, software } }: Device): string {
  return `## ${name}: ${adapter.split(",")[0]!}${software ? " (software: a GPU emulated on the CPU)" : ""}`;
}

const HEADER = ["function", "worst ulp", "at", "worst absolute", "at", "subnormal ulp", "WGSL promises"];

/** The heading, and a Markdown table as prettier would have it. */
function textOf({ heading, rows }: Section): string {
  const widths = HEADER.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [heading, "", line(HEADER), line(widths.map((width) => "-".repeat(width))), ...rows.map(line), ""].join("\n");
}

function cellsOf({ name, part, promise, ulps, ulpsAt, error, errorAt, subnormalUlps, flushed }: Accuracy): string[] {
  const worst = [units(ulps), at(ulps, ulpsAt), error === 0 ? "0" : error.toExponential(1), at(error, errorAt)];
  const subnormal = flushed ? `${units(subnormalUlps)}, flushed` : units(subnormalUlps);
  return [part === undefined ? name : `${name}, ${part}`, ...worst, subnormal, promise];
}

const units = (ulps: number): string => (ulps < 1000 ? ulps.toFixed(2) : short(ulps, 2));
const at = (error: number, input: number): string => (error === 0 ? "–" : short(input));
/** As short as can be, large and tiny numbers with an exponent. */
function short(x: number, digits = 6): string {
  const rounded = Number(x.toPrecision(digits));
  return (Math.abs(x) < 1e6 ? String(rounded) : rounded.toExponential()).replace("Infinity", "∞");
}

function currentPage(): string {
  try {
    return readFileSync(PAGE, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** A section from its text. */
function parsed(text: string): Section {
  const [heading = "", ...lines] = text.split("\n");
  const rows = lines.filter((line) => line.startsWith("| ")).slice(2);
  return {
    heading,
    rows: rows.map((line) =>
      line
        .slice(2, -2)
        .split(" | ")
        .map((cell) => cell.trim()),
    ),
  };
}

/** The page with the measured functions' rows in the sections of the same heading, or in new ones at its end, and without those that are no more. */
function updated(page: string, measured: readonly Section[]): string {
  const sections = new Map(
    page
      .split(/^(?=## )/m)
      .slice(1)
      .map(parsed)
      .map((section) => [section.heading, section]),
  );
  const nameOf = (row: readonly string[]): string => row[0]!.split(",")[0]!;
  for (const { heading, rows } of measured) {
    const names = new Set(rows.map(nameOf));
    const kept = sections.get(heading)?.rows.filter((row) => !names.has(nameOf(row)) && accuracyNames.includes(nameOf(row))) ?? [];
    const sorted = [...kept, ...rows].sort((p, q) => accuracyNames.indexOf(nameOf(p)) - accuracyNames.indexOf(nameOf(q)));
    sections.set(heading, { heading, rows: sorted });
  }
  return `${[HEAD.trimEnd(), ...[...sections.values()].map((section) => textOf(section).trimEnd())].join("\n\n")}\n`;
}
