/** tables --read: how fast a large CSV file of mixed columns becomes a typed table, and how much memory that takes; beside splitting alone and pandas. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "../harness.ts";
import type { Options } from "../options.ts";
import { type Column, header, tableRow } from "../table.ts";
import { makeFile } from "./make_file.ts";
import type { ReadAnswer } from "./read_process.ts";

/** What the issue of large tables allows: twice the values, and what a process is. */
const BASE = 150e6;

interface Reader {
  readonly name: string;
  readonly command: readonly string[];
}

interface Line {
  readonly reader: string;
  readonly megabytes: number;
  /** The median of the rounds. */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly megabytesPerSecond: number;
  readonly peakBytes: number;
  /** Two doubles for each cell, and 150 MB. */
  readonly boundBytes: number;
}

const COLUMNS: readonly Column<Line>[] = [
  { title: "reader", width: 22, of: ({ reader }) => reader, words: true },
  { title: "wall s", width: 7, of: ({ wallSeconds }) => wallSeconds.toFixed(2) },
  { title: "CPU s", width: 7, of: ({ cpuSeconds }) => cpuSeconds.toFixed(2) },
  { title: "MB/s of CPU", width: 11, of: ({ megabytesPerSecond }) => megabytesPerSecond.toFixed(1) },
  { title: "peak MB", width: 8, of: ({ peakBytes }) => (peakBytes / 1e6).toFixed(0) },
  { title: "16 B a cell + 150 MB", width: 20, of: ({ boundBytes }) => (boundBytes / 1e6).toFixed(0) },
];

/** Each reader in a process of its own, in turn, as many rounds as asked. */
export function runRead({ megabytes = 300, rounds = 1, json }: Options): void {
  const folder = mkdtempSync(join(tmpdir(), "elbograd-tables-"));
  try {
    const path = join(folder, "mixed.csv");
    const { bytes } = makeFile(path, 1e6 * megabytes);
    const readers = readersHere();
    const answers = new Map<string, ReadAnswer[]>(readers.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const { name, command } of readers) answers.get(name)!.push(answerOf([...command, path]));
    }
    if (!json) console.log(`${header(COLUMNS)}`);
    for (const [reader, all] of answers) {
      const line = lineOf(reader, bytes, all);
      console.log(json ? JSON.stringify(line) : tableRow(COLUMNS, line));
    }
    if (json) return;
    if (!readers.some(({ name }) => name.startsWith("pandas"))) console.log("pandas: no python3 with it is here");
    console.log(`load of the machine in the last minute: ${loadavg()[0]!.toFixed(1)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readersHere(): Reader[] {
  const program = fileURLToPath(new URL("./read_process.js", import.meta.url));
  const script = fileURLToPath(new URL("../../../bench/tables/pandas_read.py", import.meta.url));
  const version = (python: string): string =>
    spawnSync(python, ["-c", "import pandas; print(pandas.__version__)"], { encoding: "utf8" }).stdout?.trim();
  const python = ["python3", "/usr/bin/python3"].find((each) => version(each));
  return [
    { name: "elbograd readTable", command: [process.execPath, program, "elbograd"] },
    { name: "papaparse, splits only", command: [process.execPath, program, "papaparse"] },
    ...(python === undefined ? [] : [{ name: `pandas ${version(python)}`, command: [python, script] }]),
  ];
}

function answerOf([program = "", ...args]: readonly string[]): ReadAnswer {
  return JSON.parse(execFileSync(program, args, { encoding: "utf8" })) as ReadAnswer;
}

function lineOf(reader: string, bytes: number, answers: readonly ReadAnswer[]): Line {
  const cpuSeconds = median(answers.map(({ cpuMs }) => cpuMs)) / 1000;
  const { rows, columns } = answers[0]!;
  return {
    reader,
    megabytes: bytes / 1e6,
    wallSeconds: median(answers.map(({ wallMs }) => wallMs)) / 1000,
    cpuSeconds,
    megabytesPerSecond: bytes / 1e6 / cpuSeconds,
    peakBytes: Math.max(...answers.map(({ peakBytes }) => peakBytes)),
    boundBytes: 16 * rows * columns + BASE,
  };
}
