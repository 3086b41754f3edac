/** What `elbograd trace` prints: a line for each launch with its formula below, and the totals. */
import type { Trace, TracedLaunch, TraceTotals } from "../lab/trace.ts";
import { sizesOf } from "../lab/trace_step.ts";

/** The first two columns are words, to the left. */
const COLUMNS = ["#", "op", "shader:line", "grid", "sizes", "MB", "MFLOP", "ms", "share"] as const;
const WORDS: ReadonlySet<string> = new Set(["op", "shader:line", "sizes"]);

/** The whole of it; `about` is a line on data and model. */
export function traceTable(trace: Trace, about: string): string {
  const rows = [COLUMNS, ...trace.launches.map((launch) => cellsOf(launch, trace.totals.ms))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => pad(cell, COLUMNS[i]!, widths[i]!))
      .join("  ")
      .trimEnd();
  const launches = trace.launches.flatMap((launch, i) => [line(rows[i + 1]!), `${" ".repeat(widths[0]! + 2)}${launch.formula}`]);
  return [`${about}; device ${deviceOf(trace)}`, clockOf(trace), "", line(COLUMNS), ...launches, "", ...totalsOf(trace.totals)].join("\n");
}

function pad(cell: string, column: string, width: number): string {
  return WORDS.has(column) ? cell.padEnd(width) : cell.padStart(width);
}

function cellsOf({ number, op, file, line, grid, params, bytes, flops, ms }: TracedLaunch, totalMs: number): string[] {
  const where = file === undefined ? "–" : `${file}:${line}`;
  const share = ms === undefined ? "–" : `${((100 * ms) / totalMs).toFixed(1)} %`;
  const cells = [gridText(grid), sizesOf(params), mega(bytes), flops === undefined ? "–" : mega(flops), ms?.toFixed(3) ?? "–", share];
  return [String(number), op, where, ...cells];
}

/** `5×7`: the ones at the end are left out. */
export function gridText(grid: TracedLaunch["grid"]): string {
  return grid?.filter((n, i) => i === 0 || n > 1).join("×") ?? "–";
}

export function deviceOf({ device, adapter, software }: Trace): string {
  return `${device} (${adapter}${software ? ", a GPU emulated in software: not a GPU's speed" : ""})`;
}

export function clockOf({ clock }: Trace): string {
  return `each launch by itself, by the ${clock === "GPU" ? "GPU's clock" : "host's clock, with the wait for it"}`;
}

function totalsOf({ launches, bytesMoved, flops, ms, ...calls }: TraceTotals): string[] {
  const first = `${launches} launches: ${mega(bytesMoved)} MB bound, ${mega(flops)} MFLOP, ${ms.toFixed(3)} ms`;
  const { dispatches, submits, writes, writeBytes, buffersCreated, bindGroupsCreated } = calls;
  if (dispatches === undefined) return [first];
  return [
    first,
    `the step by itself, once warm: ${dispatches} dispatches, submits ${submits}, writes ${writes} (${writeBytes} bytes), ` +
      `buffers created ${buffersCreated}, bind groups created ${bindGroupsCreated}`,
  ];
}

/** Millions, to three digits where there are as many. */
export function mega(count: number): string {
  const millions = count / 1e6;
  return millions >= 100 ? millions.toFixed(0) : millions >= 1 ? millions.toFixed(2) : millions.toFixed(3);
}
