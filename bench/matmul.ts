/** matmul: C [M,N] = A [M,K] · B [K,N] in f32, 2·M·N·K floating-point operations. */
import { type Device, key, matmul, uniform } from "elbograd";
import { type Bench, measure, machineOf, withDevice } from "./harness.ts";
import type { Result } from "./result.ts";
import { defaultShapes, productFlops, shapeName, type Sizes } from "./shapes.ts";
import { TIMING } from "./table.ts";

export const matmulBench: Bench = {
  takes: ["shape"],
  columns: [...TIMING, "gflops", "ofPeak", "adapter"],
  cases: ({ shape = defaultShapes }) => shape.map((sizes) => (target) => withDevice(target, async (device) => [await measureProduct(device, sizes)])),
};

async function measureProduct(device: Device, sizes: Sizes): Promise<Result> {
  const a = uniform(device, [sizes.M, sizes.K], key(0));
  const b = uniform(device, [sizes.K, sizes.N], key(1));
  const timing = await measure(async (count) => {
    for (let i = 1; i < count; i++) matmul(a, b).dispose();
    const c = matmul(a, b);
    await device.read(c.slice.view(0, 1));
    c.dispose();
  });
  const gflops = productFlops(sizes) / (timing.stepMs * 1e6);
  return { bench: "matmul", workload: shapeName(sizes), ...machineOf(device), ...timing, gflops };
}
