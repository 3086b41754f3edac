/** `elbograd info`: what this machine has. */
import type { DeviceName } from "../../device/open.ts";
import type { Command } from "../command.ts";
import { define, NOT_RANDOM, openFor, shared, tell } from "../define.ts";
import { oneOf } from "../options.ts";
import { versions } from "../versions.ts";

/** What opening a device gave. */
type Found =
  | { readonly device: string; readonly adapter: string; readonly software: boolean; readonly note?: string }
  | { readonly device: string; readonly error: string };

export const info: Command = define({
  name: "info",
  summary: "lists devices, adapters and versions",
  usage: "[--device auto|cpu|wasm|webgpu]",
  options: { ...shared(NOT_RANDOM), device: oneOf(["all", "auto", "cpu", "wasm", "webgpu"], "the device to open", "all") },
  call: "const device = await openDevice(name); // device.info",
  async run({ device, threads, json }) {
    const names: DeviceName[] = device === "all" ? ["cpu", "wasm", "webgpu"] : [device];
    const devices: Found[] = [];
    for (const name of names) devices.push(await tryDevice(name, name === "wasm" ? threads : undefined));
    const about = Object.entries(versions()).map(([name, version]) => `${name.padEnd(10)}${version}`);
    tell(json, { versions: versions(), devices }, [...about, ...devices.map(describe)].join("\n"));
  },
});

async function tryDevice(name: DeviceName, threads: number | undefined): Promise<Found> {
  try {
    const device = await openFor({ device: name, threads });
    const { adapter, software, note } = device.info;
    const found = { device: device.name, adapter, software, ...(note !== undefined && { note }) };
    await device.close();
    return found;
  } catch (error) {
    return { device: name, error: (error as Error).message.replaceAll("\n", " ") };
  }
}

function describe(found: Found): string {
  const name = found.device.padEnd(10);
  if ("error" in found) return `${name}not available: ${found.error}`;
  return `${name}${found.adapter}${found.software && found.device === "webgpu" ? " (a GPU emulated in software)" : ""}${found.note === undefined ? "" : ` (${found.note})`}`;
}
