/** The nine golden VAEs (golden/README.md), compared as `verify` does. */
import { expect } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { type GoldenVae, vaeTolerance } from "../../src/lab/verify/golden_vae.ts";
import type { Tensor } from "../../src/tensor.ts";
import { golden } from "./golden.ts";
import { missesOf } from "./golden_cases.ts";

export { type GoldenVae, joinedHeads } from "../../src/lab/verify/golden_vae.ts";

export const cases: readonly GoldenVae[] = golden<{ cases: readonly GoldenVae[] }>("vae_golden.json").cases;

/** Throws unless every element is within the tolerance of golden_vae.ts; `torchError` is PyTorch's own in f32. */
export async function expectClose(device: Device, what: string, got: Tensor, want: Float64Array, torchError: number): Promise<void> {
  const values = await got.read();
  expect(missesOf([{ what, got: values, want, tolerance: vaeTolerance(device, want, torchError) }])).toEqual([]);
}
