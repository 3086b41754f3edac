/** What `elbograd trace` prints: a line for each launch with its formula below, and the totals. */
import { sizesOf } from "../../lab/trace/step.ts";
import type { Trace, TracedLaunch, TraceTotals } from "../../lab/trace/trace.ts";
import { alignedRows } from "../table.ts";

const COLUMNS = ["#", "op", "shader:line", "grid", "sizes", "MB", "MFLOP", "ms", "share"];
const WORDS = [false, true, true, false, true, false, false, false, false];

/** The whole of it; `about` is a line on data and model. */
export function traceTable(trace: Trace, about: string): string {
  const cells = trace.launches.map((launch) => cellsOf(launch, trace.totals.ms));
  const [header, ...lines] = alignedRows([COLUMNS, ...cells], WORDS);
  // below the op, behind the number
  const indent = " ".repeat(String(trace.launches.length).length + 2);
  const launches = trace.launches.flatMap(({ formula }, i) => [lines[i]!, indent + formula]);
  return [`${about}; device ${traceDevice(trace)}`, clockOf(trace), "", header!, ...launches, "", ...totalsOf(trace.totals)].join("\n");
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

export function traceDevice({ device, adapter, software }: Trace): string {
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
