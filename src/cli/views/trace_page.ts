/** What trace.html shows of a trace: texts of the shaders from the package, the CPU loops as they run. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Shader } from "../../kernel.ts";
import type { TracedOperand } from "../../lab/trace/operands.ts";
import { fileOf } from "../../lab/trace/reading.ts";
import { sizesOf } from "../../lab/trace/step.ts";
import type { Trace, TracedLaunch, TraceTotals } from "../../lab/trace/trace.ts";
import type { Fact } from "../../report/page.ts";
import type { LaunchView, OperandView, SourceFile } from "../../report/trace_launch.ts";
import { tracePage } from "../../report/trace_page.ts";
import { clockOf, traceDevice, gridText, mega } from "./trace_table.ts";

/** The shaders of the package, with their comments. */
const SHADERS = fileURLToPath(new URL("../../../shaders/", import.meta.url));

export interface TraceFacts {
  /** A line on data and model. */
  readonly summary: string;
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function tracePageOf(trace: Trace, { summary, command, versions }: TraceFacts): string {
  const phases = phasesOf(trace.launches);
  return tracePage({
    title: "A training step, launch by launch",
    summary: [summary, `${traceDevice(trace)}; ${clockOf(trace)}`],
    totals: totalsOf(trace.totals),
    launches: trace.launches.map((launch, i) => viewOf(launch, phases[i]!, trace.totals.ms)),
    environment: [["device", traceDevice(trace)], ...Object.entries(versions)],
    command,
  });
}

function totalsOf({ launches, dispatches, submits, bytesMoved, writeBytes, buffersCreated, bindGroupsCreated, flops, ms }: TraceTotals): Fact[] {
  const calls: [string, number | undefined][] = [
    ["dispatches", dispatches],
    ["submits", submits],
    ["bytes written", writeBytes],
    ["buffers created", buffersCreated],
    ["bind groups created", bindGroupsCreated],
  ];
  const known = calls.flatMap(([name, count]): Fact[] => (count === undefined ? [] : [[name, String(count)]]));
  return [["launches", String(launches)], ["milliseconds", ms.toFixed(3)], ["MFLOP", mega(flops)], ["MB bound", mega(bytesMoved)], ...known];
}

function viewOf(launch: TracedLaunch, phase: LaunchView["phase"], totalMs: number): LaunchView {
  const { number, op, formula, line, core, kernel, params, ms, operands, shaders = [] } = launch;
  return {
    number,
    op,
    formula,
    files: shaders.map(sourceOf),
    sizes: sizesOf(params),
    facts: factsOf(launch),
    operands: operands.map(operandView),
    phase,
    ...(line !== undefined && { line }),
    ...(core !== undefined && { core }),
    ...(kernel && { cpu: outdented(kernel.cpu.toString()) }),
    ...(ms !== undefined && { ms, share: ms / totalMs }),
  };
}

/** The package's file, which has comments, unless the shader is somebody's own. */
function sourceOf(shader: Shader): SourceFile {
  const name = fileOf(shader);
  const path = SHADERS + name;
  const text = shader.source ?? (existsSync(path) ? readFileSync(path, "utf8") : "");
  return { name, text };
}

/** A function's text without the indentation that all its lines but the first have. */
function outdented(text: string): string {
  const [first = "", ...rest] = text.split("\n");
  const indents = rest.filter((line) => line.trim() !== "").map((line) => /^ */.exec(line)![0].length);
  const least = Math.min(...indents, Infinity);
  return [first, ...rest.map((line) => line.slice(Math.min(least, line.length)))].join("\n");
}

/** The phase of each launch: from the first that computes a gradient on it is backward, from the first that writes the parameters on the update. */
function phasesOf(launches: readonly TracedLaunch[]): LaunchView["phase"][] {
  let phase: LaunchView["phase"] = "forward";
  return launches.map(({ op, operands }) => {
    const written = operands.flatMap(({ role, holds }) => (role === "output" && holds !== undefined ? [holds] : []));
    if (written.includes("all parameters")) phase = "update";
    else if (phase === "forward" && (op.includes("_grad") || written.some((holds) => holds.startsWith("gradient of ")))) phase = "backward";
    return phase;
  });
}

function factsOf({ grid, params, constants, bytes, flops }: TracedLaunch): Fact[] {
  const numbers = Object.entries(params).map(([name, value]) => `${name} ${typeof value === "number" ? shortened(value) : `[${value.join(", ")}]`}`);
  const switches = Object.entries(constants).map(([name, value]) => `${name} ${String(value)}`);
  const all: [string, string | undefined][] = [
    ["workgroups", grid && gridText(grid)],
    ["MFLOP", flops === undefined ? undefined : mega(flops)],
    ["MB bound", mega(bytes)],
    ["Params", numbers.join(", ") || undefined],
    ["constants", switches.join(", ") || undefined],
  ];
  return all.flatMap(([name, value]): Fact[] => (value === undefined ? [] : [[name, value]]));
}

function shortened(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

function operandView({ name, role, dtype, length, bytes, holds = "" }: TracedOperand): OperandView {
  return { name, role, what: dtype === undefined ? "absent" : `${dtype} [${length}]`, bytes: String(bytes), holds };
}
