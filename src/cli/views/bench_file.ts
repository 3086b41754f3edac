/** What `elbograd bench` writes and compares: a report with what it was measured by. */
import { readFile } from "node:fs/promises";
import type { BenchReport, KernelTiming } from "../../lab/timing/bench.ts";
import { UsageError } from "../command.ts";

export interface BenchFile extends BenchReport {
  readonly versions: Readonly<Record<string, string>>;
  /** Of this package, where it is a repository. */
  readonly commit?: string;
  readonly seed: number;
  readonly timeMs: number;
}

/** The report in a file that `--out FILE.json` has written; UsageError where it is none. */
export async function readBench(file: string): Promise<BenchFile> {
  let found: unknown;
  try {
    found = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw notABench(file, (error as Error).message, error);
  }
  if (!isBench(found)) throw notABench(file, "it has other contents");
  return found;
}

function notABench(file: string, why: string, cause?: unknown): UsageError {
  return new UsageError(`bench: --compare reads two files that bench --out FILE.json has written, got ${file} (${why})`, { cause });
}

function isBench(found: unknown): found is BenchFile {
  if (!isRecord(found) || !Array.isArray(found["results"]) || !isRecord(found["versions"])) return false;
  const { device, adapter, software, results } = found;
  return typeof device === "string" && typeof adapter === "string" && typeof software === "boolean" && results.every(isTiming);
}

function isTiming(found: unknown): found is KernelTiming {
  if (!isRecord(found) || typeof found["kernel"] !== "string" || !isRecord(found["sizes"])) return false;
  const times = [found["lowerMs"], found["medianMs"], found["upperMs"]];
  return times.every((ms) => typeof ms === "number" && ms > 0) && Object.values(found["sizes"]).every((size) => typeof size === "number");
}

function isRecord(found: unknown): found is Record<string, unknown> {
  return typeof found === "object" && found !== null;
}
