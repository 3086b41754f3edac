/** What the kernels of a likelihood read besides data and parameters. */
import type { Device } from "../device/device.ts";
import { Tensor } from "../tensor.ts";
import type { VaeConfig } from "./config.ts";

/** The whole numbers of a model's likelihood on its device, by name. */
export function constantsOf(device: Device, { likelihood, input }: VaeConfig): Map<string, Tensor> {
  const constants = likelihood.constants?.(input) ?? [];
  return new Map([...constants].map(([name, words]) => [name, constantOf(device, words)]));
}

/** It lives until it is disposed of, whatever scope it is made in. */
function constantOf(device: Device, words: Uint32Array): Tensor {
  const slice = device.alloc("u32", words.length, "unscoped");
  device.write(slice, words);
  return new Tensor(device, "u32", [words.length], slice, { tracked: false });
}
