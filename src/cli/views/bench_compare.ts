/** `elbograd bench --compare`: what became of each kernel from one report to the next. */
import type { KernelTiming } from "../../lab/timing/bench.ts";
import { alignedRows } from "../table.ts";
import type { BenchFile } from "./bench_file.ts";
import { describeSubject, digits, duration, showSizes } from "./bench_table.ts";

export interface Ratio {
  readonly kernel: string;
  readonly sizes: KernelTiming["sizes"];
  readonly beforeMs: number;
  readonly afterMs: number;
  /** After over before, of the medians: below 1 it became faster. */
  readonly ratio: number;
  /** From the quartiles of both: where half of each one's samples lie. */
  readonly lower: number;
  readonly upper: number;
  /** 1 lies between lower and upper: nothing can be said. */
  readonly withinNoise: boolean;
}

export interface BenchComparison {
  readonly ratios: readonly Ratio[];
  /** Kernels, with their sizes, that only one of the reports has. */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
}

const nameOf = ({ kernel, sizes }: Pick<KernelTiming, "kernel" | "sizes">): string => `${kernel} ${showSizes(sizes)}`;

/** Each kernel that both reports have at the same sizes. */
export function compareBenches(before: BenchFile, after: BenchFile): BenchComparison {
  const later = new Map(after.results.map((result) => [nameOf(result), result]));
  const earlier = new Set(before.results.map(nameOf));
  return {
    ratios: before.results.flatMap((result) => {
      const other = later.get(nameOf(result));
      return other ? [ratioOf(result, other)] : [];
    }),
    onlyBefore: [...earlier].filter((name) => !later.has(name)),
    onlyAfter: [...later.keys()].filter((name) => !earlier.has(name)),
  };
}

function ratioOf(before: KernelTiming, after: KernelTiming): Ratio {
  const [lower, upper] = [after.lowerMs / before.upperMs, after.upperMs / before.lowerMs];
  const { kernel, sizes, medianMs: beforeMs } = before;
  return { kernel, sizes, beforeMs, afterMs: after.medianMs, ratio: after.medianMs / beforeMs, lower, upper, withinNoise: lower <= 1 && 1 <= upper };
}

const COLUMNS = ["kernel", "sizes", "before", "after", "ratio", "from – to", ""];
const WORDS = [true, true, false, false, false, false, true];

export function comparisonTable(names: readonly [string, string], before: BenchFile, after: BenchFile, { ratios, ...only }: BenchComparison): string {
  const rows = ratios.map((ratio) => {
    const times = [duration(ratio.beforeMs), duration(ratio.afterMs), digits(ratio.ratio), `${digits(ratio.lower)} – ${digits(ratio.upper)}`];
    return [ratio.kernel, showSizes(ratio.sizes), ...times, ratioVerdict(ratio)];
  });
  const about = [before, after].map(
    (file, i) => `${i === 0 ? "before" : "after "}  ${names[i]}: ${describeSubject(file)}${file.commit ? `, ${file.commit}` : ""}`,
  );
  const alone = [...only.onlyBefore.map((name) => `only before: ${name}`), ...only.onlyAfter.map((name) => `only after: ${name}`)];
  return [...about, "", ...alignedRows([COLUMNS, ...rows], WORDS), ...alone].join("\n");
}

function ratioVerdict({ ratio, withinNoise }: Ratio): string {
  if (withinNoise) return "within noise";
  return ratio < 1 ? `${digits(1 / ratio)}× faster` : `${digits(ratio)}× slower`;
}
