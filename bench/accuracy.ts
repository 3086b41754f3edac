/** accuracy: every element-wise function over all of f32, against f64, beside WGSL's promise; `--write` keeps it in docs/accuracy.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { type Device, openDevice } from "elbograd";
import { type Accuracy, accuracyInputs, accuracyNames, accuracyReference, measureAccuracy } from "elbograd/lab";
import type { OptionName, Options } from "./options.ts";

export const ACCURACY_TAKES: readonly OptionName[] = ["device", "function", "write"];

/** As seen from build/bench. */
const PAGE = new URL("../../docs/accuracy.md", import.meta.url);

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
    if (write) writeFileSync(PAGE, updated(readFileSync(PAGE, "utf8"), sections));
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

/** The page, its text as it is, with the measured functions' rows in the sections of the same heading, or in new ones at its end, and without those that are no more. */
function updated(page: string, measured: readonly Section[]): string {
  const [text = "", ...devices] = page.split(/^(?=## )/m);
  const sections = new Map(devices.map(parsed).map((section) => [section.heading, section]));
  const nameOf = (row: readonly string[]): string => row[0]!.split(",")[0]!;
  for (const { heading, rows } of measured) {
    const names = new Set(rows.map(nameOf));
    const kept = sections.get(heading)?.rows.filter((row) => !names.has(nameOf(row)) && accuracyNames.includes(nameOf(row))) ?? [];
    const sorted = [...kept, ...rows].sort((p, q) => accuracyNames.indexOf(nameOf(p)) - accuracyNames.indexOf(nameOf(q)));
    sections.set(heading, { heading, rows: sorted });
  }
  return `${[text.trimEnd(), ...[...sections.values()].map((section) => textOf(section).trimEnd())].join("\n\n")}\n`;
}
