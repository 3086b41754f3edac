/** ladder: each rung of the ladders in bench/kernels checked, then timed beside the others. */
import { type DeviceName, openDevice } from "elbograd";
import { type Climb, climb } from "./kernels/climb.ts";
import { cpuLadder } from "./kernels/cpu/rungs.ts";
import { matmulLadder } from "./kernels/matmul/rungs.ts";
import { columnsOf, headingOf, updateReadme } from "./kernels/readme.ts";
import { reduceLadder } from "./kernels/reduce/rungs.ts";
import type { Ladder } from "./kernels/rung.ts";
import type { OptionName, Options } from "./options.ts";
import { header, tableRow } from "./table.ts";

export const LADDER_TAKES: readonly OptionName[] = ["device", "shape", "time", "write"];

const ladders: readonly Ladder[] = [matmulLadder, reduceLadder, cpuLadder];
const DEVICES: readonly DeviceName[] = ["webgpu", "wasm", "cpu"];

export async function runLadders({ device, shape, time, write, json }: Options): Promise<void> {
  if (shape && shape.length > 1) throw new RangeError(`bench: ladder takes one shape, got ${shape.length}`);
  const devices = device ?? (await devicesHere());
  const unknown = devices.find((name) => !DEVICES.includes(name));
  if (unknown !== undefined) throw new RangeError(`bench: the rungs of a ladder run on ${DEVICES.join(", ")}, got --device ${unknown}`);
  const climbs: Climb[] = [];
  for (const ladder of ladders.filter(({ rungs }) => rungs.some((rung) => devices.includes(rung.device)))) {
    // sums have no shape of three sizes, and keep their own
    const sizes = ladder.unit === "GFLOP/s" && shape ? { ...shape[0]! } : undefined;
    const result = await climb(ladder, devices, { sizes, timeMs: time });
    if (json) printLines(result);
    else printTable(result);
    climbs.push(result);
  }
  if (write) updateReadme(climbs);
}

/** All of them, but webgpu only where there is an adapter. */
async function devicesHere(): Promise<readonly DeviceName[]> {
  try {
    const webgpu = await openDevice("webgpu");
    await webgpu.close();
    return DEVICES;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return DEVICES.slice(1);
  }
}

function printLines({ ladder, sizes, steps }: Climb): void {
  for (const { speed, ...step } of steps) {
    console.log(
      JSON.stringify({ bench: "ladder", ladder: ladder.name, ...sizes, ...step, [ladder.unit === "GB/s" ? "gbPerSecond" : "gflops"]: speed }),
    );
  }
}

function printTable(result: Climb): void {
  const columns = columnsOf(result);
  console.log(`\n${headingOf(result)}`);
  console.log(header(columns));
  for (const step of result.steps) console.log(tableRow(columns, step));
}
