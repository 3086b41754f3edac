/** Comparing a fused op with the composition that specifies it, on one device. */
import { expect } from "vitest";
import type { Device } from "../../src/device/device.ts";
import type { Shape } from "../../src/shape.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { normals } from "./conformance.ts";

let seed = 1000;

/** Tensors of standard normal numbers, one for each shape. */
export function make(device: Device, ...shapes: Shape[]): Tensor[] {
  return shapes.map((shape) => tensor(device, Float64Array.from(normals(seed++, shape).data), shape));
}

/**
 * Throws unless both agree: |a − b| ≤ (K + 64)·2^-23·scale, K terms in a sum of products and up to 64 ulp for the two ways to take exp, log and
 * their kin; scale is the largest value, because terms of that size may have cancelled.
 */
export async function expectSame(what: string, got: Tensor, want: Tensor, K: number): Promise<void> {
  expect(got.shape, `${what}: shape`).toEqual(want.shape);
  const [a, b] = [await got.read(), await want.read()];
  const scale = Array.from(b).reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  const tolerance = (K + 64) * 2 ** -23 * scale;
  a.forEach((value, i) => expect(Math.abs(value - b[i]!), `${what}[${i}]: ${value} and ${b[i]}`).toBeLessThanOrEqual(tolerance));
}
