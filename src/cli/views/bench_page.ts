/** What the page of `elbograd bench` says. */
import { benchPage } from "../../report/bench_page.ts";
import type { Fact } from "../../report/page.ts";
import { commandLine } from "../shell.ts";
import type { BenchFile } from "./bench_file.ts";
import { cellsOf, describePeaks, duration, HEADER, showSizes } from "./bench_table.ts";

export function benchPageOf(file: BenchFile, args: readonly string[]): string {
  const { device, adapter, software, peaks, results, versions, commit, clock, seed } = file;
  const environment: Fact[] = [
    ["device", device],
    ["adapter", adapter],
    ...Object.entries(versions),
    ...(commit === undefined ? [] : [["commit", commit] as const]),
    ["clock", clock === "GPU" ? "the GPU's" : "the host's, with the launches and the wait for the last one"],
    ["roofs", describePeaks(file)],
    ["seed", String(seed)],
  ];
  return benchPage({
    title: `elbograd: kernels on ${device}`,
    adapter,
    software,
    roofs: peaks,
    points: results.flatMap(({ kernel: name, flops, bytes, gflops }) =>
      flops === undefined || bytes === undefined || gflops === undefined ? [] : [{ name, flops, bytes, gflops }],
    ),
    bars: results.map(({ kernel: name, sizes, medianMs: value, lowerMs: lower, upperMs: upper }) => {
      return { name, detail: showSizes(sizes), value, lower, upper, text: duration(value) };
    }),
    table: [HEADER, ...results.map((result) => cellsOf(result, clock))],
    environment,
    command: commandLine(["bench", ...args]),
  });
}
