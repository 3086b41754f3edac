/** What every op's test shares: the devices, the comparison with the oracle, and the gradient check. */
import { describe, expect, test } from "vitest";
import { grad, stopGradient } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { openDevice } from "../../src/device/open.ts";
import type { Result } from "../../src/lab/oracle/tensors.ts";
import type { Expected, Values } from "../../src/lab/oracle/terms.ts";
import { shareOf } from "../../src/lab/verify/agreement.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { sum } from "../../src/ops/reduce.ts";
import { forEachBits, key, normalOf } from "../../src/random.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";

/** The devices that this machine has; setup_devices.ts has said which one is missing. */
export async function devices(): Promise<Device[]> {
  const [cpu, wasm] = [await openDevice("cpu"), await openDevice("wasm")];
  if (wasm.name !== "wasm") throw new Error(`WebAssembly is part of every machine that tests run on: ${wasm.info.note}`);
  return import.meta.env["ELBOGRAD_TEST_WITHOUT_WEBGPU"] === "1" ? [cpu, wasm] : [cpu, wasm, await openDevice("webgpu")];
}

/** Runs a suite once for each device, which is closed at the end. */
export async function onEachDevice(suite: (device: Device) => void): Promise<void> {
  for (const device of await devices()) {
    describe(`on ${device.name}`, () => {
      suite(device);
      test("closes", () => device.close());
    });
  }
}

/** Throws unless every element of `got` is what the oracle expects, within its tolerance: NaN for NaN, ∞ for ∞ or what f32 cannot hold. */
export async function expectValues(what: string, got: Tensor, want: Expected): Promise<void> {
  expect(got.shape, `${what}: shape`).toEqual(want.shape);
  const values = await got.read();
  const misses: string[] = [];
  for (let i = 0; i < want.data.length; i++) {
    const [g, w] = [values[i]!, want.data[i]!];
    if (shareOf(g, w, want.tolerance[i]!) > 1) misses.push(`[${i}] got ${g}, want ${w} ± ${want.tolerance[i]!.toExponential(1)}`);
  }
  expect(misses.slice(0, 10), `${what}: ${misses.length} of ${want.data.length} elements`).toEqual([]);
}

/** Runs an op on a device: its value, and the gradients of its inputs for a cotangent dy, against the oracle's. */
export async function expectOp(
  device: Device,
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Values[],
  dy: Values,
  want: Result,
): Promise<void> {
  const xs = inputs.map((x) => tensor(device, Float64Array.from(x.data), x.shape));
  const y = f(...xs);
  await expectValues("value", y, want.y);
  const cotangent = tensor(device, Float64Array.from(dy.data), dy.shape);
  const gradients = grad(y, xs, { cotangent });
  for (const [i, gradient] of gradients.entries()) await expectValues(`gradient of input ${i}`, gradient, want.gradients[i]!);
  if (device.name === "cpu") await expectAdded(xs, y, stopGradient(cotangent), want.gradients);
  [...xs, y, cotangent, ...gradients].forEach((t) => t.dispose());
}

/** Throws unless gradients are added where others are already, as the oracle expects: c is that of Σ x·c, which a walk from Σ y·dy + Σ x·c meets first. */
async function expectAdded(xs: readonly Tensor[], y: Tensor, dy: Tensor, want: Result["gradients"]): Promise<void> {
  const before = xs.map(({ shape }, i) => normals(200 + i, shape));
  const gradients = y.device.scope(() => {
    const others = xs.map((x, i) => sum(mul(x, stopGradient(tensor(x.device, Float64Array.from(before[i]!.data), x.shape)))));
    return grad(others.reduce((total, other) => add(total, other), sum(mul(y, dy))), [...xs]); // prettier-ignore
  });
  for (const [i, gradient] of gradients.entries()) {
    const { shape, data, tolerance } = want[i]!;
    const added = Float64Array.from(data, (value, j) => value + before[i]!.data[j]!);
    await expectValues(`gradient of input ${i}, added to another`, gradient, {
      shape,
      data: added,
      tolerance: Float64Array.from(tolerance, (bound, j) => bound + 2 ** -23 * Math.abs(added[j]!)),
    });
    gradient.dispose();
  }
}

/** Standard normal numbers that are exact in f32, the same in every run. */
export function normals(seed: number, shape: readonly number[], scale = 1): Values {
  const data = new Float64Array(shape.reduce((size, n) => size * n, 1));
  const { words } = key(seed);
  forEachBits(words[0], words[1], data.length, (i, bits) => (data[i] = Math.fround(scale * normalOf(bits))));
  return { shape, data };
}

const STEP = 1e-5;

/**
 * The gradient check: along one random direction v, ⟨dy, f(x + hv) − f(x − hv)⟩/2h and ⟨gradient, v⟩ agree to 1e-6, in f64 on the cpu device.
 */
export async function checkGradient(f: (...inputs: Tensor[]) => Tensor, inputs: readonly Values[]): Promise<void> {
  const device = new CpuDevice({ precision: "f64" });
  const directions = inputs.map((x, i) => normals(100 + i, x.shape));
  const along = (h: number): Tensor[] => inputs.map((x, i) => tensor(device, shifted(x, directions[i]!, h), x.shape));
  const xs = along(0);
  const y = f(...xs);
  const dy = normals(99, y.shape);
  const gradients = await Promise.all(grad(y, xs, { cotangent: tensor(device, Float64Array.from(dy.data), dy.shape) }).map((g) => g.read()));
  const [above, below] = [await f(...along(STEP)).read(), await f(...along(-STEP)).read()];

  let numeric = 0;
  let scale = 0;
  for (let i = 0; i < above.length; i++) numeric += (dy.data[i]! * (above[i]! - below[i]!)) / (2 * STEP);
  let exact = 0;
  gradients.forEach((g, k) =>
    g.forEach((value, i) => ((exact += value * directions[k]!.data[i]!), (scale += Math.abs(value * directions[k]!.data[i]!)))),
  );
  await device.close();
  expect(Number.isFinite(exact), "the gradient is finite").toBe(true);
  expect(Math.abs(exact - numeric) / scale, `⟨gradient, v⟩ = ${exact}, by differences ${numeric}`).toBeLessThanOrEqual(1e-6);
}

function shifted(x: Values, direction: Values, h: number): Float64Array {
  return Float64Array.from(x.data, (value, i) => value + h * direction.data[i]!);
}
