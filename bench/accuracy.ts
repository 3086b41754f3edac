/** accuracy: every element-wise function over all of f32, against f64, beside WGSL's promise; `--write` keeps it in docs/accuracy.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { type Device, openDevice } from "elbograd";
import { type Accuracy, accuracyInputs, accuracyNames, accuracyReference, measureAccuracy } from "elbograd/lab";
import type { OptionName, Options } from "./options.ts";

export const ACCURACY_TAKES: readonly OptionName[] = ["device", "write"];

/** As seen from build/bench. */
const PAGE = new URL("../../docs/accuracy.md", import.meta.url);

const HEAD = `# Accuracy of the element-wise functions

How far the functions of one tensor are off, on each device, over all of f32. Made by

\`\`\`sh
npm run bench -- accuracy --device cpu,wasm,webgpu --write
\`\`\`

which replaces the sections of the devices that it ran on and keeps the others.

- **Inputs**: 2^22 of them, every sign, exponent and value of the mantissa's first 13 bits, the other ten bits at random; powers of 2, ±0 and ±∞ are among them, and
  NaN, which must give NaN. Infinite inputs count where the formula has a value there.
- **Reference**: formulas in f64 that share nothing with the functions' own code (\`src/lab/oracle/elementwise.ts\`). An error of ½ ulp is that of rounding alone.
- **Worst ulp** is the largest error in units in the last place of the f32 nearest to the reference, **worst absolute** the largest difference of finite numbers, each
  with an input where it was found. "∞" is NaN or ∞ in the place of a number. Near a zero of a function a small difference is many ulp: see the other column there.
  An error of 1.7e+7 ulp is all of the number: what it is made of was subnormal, and taken for 0.
- **Subnormal ulp** is the same where the input or the result is below 2^-126, which the other columns leave out. There are fewer bits there. "Flushed" are numbers that
  were taken for 0, which WGSL allows.
- **WGSL promises** so much of its own functions (W3C, section 15.7.4.1). "By composition" is a formula of several of them: its bound is computed for each number in the
  tests. Where WGSL promises nothing, as for the sine of large numbers, a GPU may return anything. \`leakyRelu\` has the slope 0.2, \`elu\` the limit −1.5, \`clamp\` the bounds
  −1 and 1.5.
`;

export async function runAccuracy({ device: names = ["auto"], write, json }: Options): Promise<void> {
  const devices: Device[] = [];
  try {
    for (const name of names) devices.push(await openDevice(name));
    const found = await measured(devices);
    const tables = devices.map((device, i) => tableOf(device, found[i]!));
    if (json) devices.forEach((device, i) => found[i]!.forEach((line) => console.log(jsonLine(device, line))));
    else console.log(tables.join("\n"));
    if (write) writeFileSync(PAGE, updated(currentPage(), tables));
  } finally {
    for (const device of devices) await device.close();
  }
}

/** A reference takes longer than a device, so all devices are held against it at once. */
async function measured(devices: readonly Device[]): Promise<Accuracy[][]> {
  const inputs = accuracyInputs();
  const found: Accuracy[][] = devices.map(() => []);
  for (const name of accuracyNames) {
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

/** One section: the device, and a Markdown table as prettier would have it. */
function tableOf({ name, info: { adapter, software } }: Device, lines: readonly Accuracy[]): string {
  // without the number of threads and what else does not matter here
  const heading = `## ${name}: ${adapter.split(",")[0]!}${software ? " (software: a GPU emulated on the CPU)" : ""}`;
  const header = ["function", "worst ulp", "at", "worst absolute", "at", "subnormal ulp", "WGSL promises"];
  const rows = [header, ...lines.map(cellsOf)];
  const widths = header.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const row = (cells: readonly string[]): string => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const [first, ...rest] = rows.map(row);
  return [heading, "", first!, row(widths.map((width) => "-".repeat(width))), ...rest, ""].join("\n");
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

/** The page with new sections in the place of those of the same heading, or at its end. */
function updated(page: string, tables: readonly string[]): string {
  const headingOf = (section: string): string => section.split("\n", 1)[0]!;
  const sections = new Map(
    page
      .split(/^(?=## )/m)
      .slice(1)
      .map((section) => [headingOf(section), section.trimEnd()]),
  );
  for (const table of tables) sections.set(headingOf(table), table.trimEnd());
  return `${[HEAD.trimEnd(), ...sections.values()].join("\n\n")}\n`;
}
