/** What a program says to the compiler: every entry, with some of its types by name. */
import { type Device, type EpochReport, openDevice, type OpenOptions, type Tensor, tensor, train, type Vae } from "elbograd";
import { countCalls, gpuDeviceOf, type KernelTiming, type Trace } from "elbograd/lab";
import { type ImageSet, readDigits, type TableFile } from "elbograd/node";

export async function open(options: OpenOptions): Promise<Device> {
  const device = await openDevice("wasm", options);
  const x: Tensor = tensor(device, [1, 2, 3]);
  x.dispose();
  return device;
}

export async function last(vae: Vae, data: Parameters<typeof train>[1]): Promise<EpochReport | undefined> {
  let last: EpochReport | undefined;
  for await (const report of train(vae, data, { epochs: 1, batchSize: 8, seed: 0 })) last = report;
  return last;
}

export function submits(device: Device): number | undefined {
  const gpuDevice = gpuDeviceOf(device);
  return gpuDevice && countCalls(gpuDevice).counts.submits;
}

export type Found = readonly [ImageSet, TableFile, KernelTiming, Trace];
export const digits: Promise<ImageSet> = readDigits();
