/** The process that the bench devices starts: opens, trains and closes one device after the other, and prints what it holds after some and after all. */
import { setTimeout as pause } from "node:timers/promises";
import type { DevicesJob } from "./devices.ts";
import { machineOf, openTarget } from "./harness.ts";
import type { Machine, Result } from "./result.ts";
import { Tape } from "./tape.ts";
import { trainerOf } from "./train_step.ts";

/** What is loaded and compiled once is there by then. */
const FIRST = 5;

const { target, name, workload, steps, devices, alone } = JSON.parse(process.argv[2]!) as DevicesJob;

async function trainOnce(): Promise<Machine> {
  const device = await openTarget(target);
  const trainer = await trainerOf(device, workload);
  trainer.steps(steps);
  await trainer.sums();
  await device.close();
  return machineOf(device);
}

type Opens = (this: GPUAdapter, descriptor?: GPUDeviceDescriptor) => Promise<GPUDevice>;

/** A device of WebGPU's own on which all is done that the library does on one, up to its destruction. */
async function replayer(): Promise<() => Promise<void>> {
  const { create } = await import("webgpu");
  const gpu = create([]);
  const adapter = async (): Promise<GPUAdapter> => (await gpu.requestAdapter({ powerPreference: "high-performance" }))!;
  const prototype = Object.getPrototypeOf(await adapter()) as { requestDevice: Opens };
  const opens = prototype.requestDevice;
  let replay: (() => Promise<void>) | undefined;
  prototype.requestDevice = async function (descriptor) {
    const tape = new Tape(await opens.call(this, descriptor));
    replay = async () => tape.replay(await (await adapter()).requestDevice(descriptor));
    return tape.device;
  };
  await trainOnce();
  prototype.requestDevice = opens;
  return replay!;
}

/** What the process holds once all that can be freed has been. */
async function resident(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    await pause(20);
    gc!();
  }
  return process.memoryUsage.rss();
}

const machine = await trainOnce();
const one = alone ? await replayer() : trainOnce;
const results: Result[] = [];
let before = NaN;
for (let i = 1; i <= devices; i++) {
  await one();
  if (i !== FIRST && i !== devices) continue;
  const residentBytes = await resident();
  const calledBy = alone ? "WebGPU alone" : "elbograd";
  const line: Result = { bench: "devices", workload: name, ...machine, calledBy, devices: i, residentBytes };
  results.push(i <= FIRST ? line : { ...line, bytesPerDevice: (residentBytes - before) / (i - FIRST) });
  before = residentBytes;
}
console.log(JSON.stringify(results));
