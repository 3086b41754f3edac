/** The laboratory's check: every kernel of the library passes it, on every device. Kernels with faults are in planted_faults.test.ts. */
import { expect, test } from "vitest";
import { CpuDevice } from "../../../src/device/cpu.ts";
import type { Kernel } from "../../../src/kernel.ts";
import { checkKernel } from "../../../src/lab/check/check.ts";
import { kernelNamed, kernelNames } from "../../../src/lab/subjects/catalogue.ts";
import { activations } from "../../../src/ops/activation.ts";
import { onEachDevice } from "../../support/conformance.ts";

/** Compiling takes most of the time: a GPU compiles the layers without an activation, whose functions are checked by themselves. */
const layers = Object.keys(activations).flatMap((f) =>
  kernelNames().filter((name) => name.startsWith("dense") && name.endsWith(`_${f.toLowerCase()}`)),
);
const compiled = kernelNames().filter((name) => !layers.includes(name));

await onEachDevice((device) => {
  test.each(device.name === "webgpu" ? compiled : kernelNames())("%s is right at every one of its sizes", async (name) => {
    const report = await checkKernel(device, kernelNamed(name));
    expect(report.ok, report.explain()).toBe(true);
    expect(report.explain()).toMatch(/: right at \d+ sizes on /);
    expect(report.cases.reduce((sum, { elements }) => sum + elements, 0)).toBeGreaterThan(0);
  });
});

const device = new CpuDevice();
const double: Kernel<{ n: number; by: number }> = {
  name: "double",
  wgsl: { name: "double", source: "", uses: [] },
  inputs: ["f32"],
  outputs: ["f32"],
  params: { n: "u32", by: "f32" },
  grid: () => [1],
  cpu([x], [y], { n, by }) {
    for (let i = 0; i < n; i++) y![i] = by * x![i]!;
  },
};

test("a kernel that is like none of the library's is checked with operands and an oracle of its own", async () => {
  const operands = ({ n = 0 }): { inputs: Float64Array[]; outputs: number[]; params: { n: number; by: number } } => ({
    inputs: [Float64Array.from({ length: n }, (_, i) => i + 0.1)],
    outputs: [n],
    params: { n, by: 2 },
  });
  const sizes = [{ n: 1 }, { n: 7 }];
  expect((await checkKernel(device, double, { operands, sizes })).ok).toBe(true);
  const wrong = await checkKernel(device, double, { operands, sizes, oracle: ({ inputs: [x] }) => [Float64Array.from(x!, (value) => 3 * value)] });
  expect(wrong.cases.map((one) => one.wrong)).toEqual([1, 7]);
  const loose = await checkKernel(device, double, {
    operands,
    sizes,
    tolerance: 10,
    oracle: ({ inputs: [x] }) => [Float64Array.from(x!, (v) => 3 * v)],
  });
  expect(loose.ok).toBe(true);
  await expect(checkKernel(device, double, { operands })).rejects.toThrow("checkKernel: double has operands of its own, and no sizes");
  await expect(checkKernel(device, double)).rejects.toThrow('subjectOf: no kernel is called "double" (there are matmul, ');
  await expect(checkKernel(device, double, { like: "matmul" })).rejects.toThrow("checkKernel: double has other inputs than matmul,");
  const unknown = checkKernel(device, kernelNamed("matmul"), { sizes: [{ Q: 1 }] });
  await expect(unknown).rejects.toThrow('matmul: its sizes are M, N, K, transposeA, transposeB, accumulate, got "Q"');
});

test("an input that is only compared is to be named, because rounding says nothing about a jump", async () => {
  const step: Kernel<{ n: number; by: number }> = {
    ...double,
    cpu: ([x], [y], { n }) => y!.set(x!.slice(0, n).map((value) => (value === 1 ? 1 : 0))),
  };
  const operands = (): { inputs: Float64Array[]; outputs: number[]; params: { n: number; by: number } } => ({
    inputs: [Float64Array.of(0, 1, 2)],
    outputs: [3],
    params: { n: 3, by: 1 },
  });
  await expect(checkKernel(device, step, { operands, sizes: [{}] })).rejects.toThrow("double: output 0 has no digits to check at [1]");
  expect((await checkKernel(device, step, { operands, sizes: [{}], exact: [0] })).ok).toBe(true);
});

test("what is a thousandth of the tolerance off passes, and what is twice it does not", async () => {
  const off = (share: number): Kernel => ({
    ...kernelNamed("square"),
    cpu([x], [y], p) {
      // 9 roundings of the result, and of an argument that counts twice, moved by uniform numbers of variance 1
      for (let i = 0; i < Number(p["n"]); i++) y![i] = x![i]! ** 2 * (1 + share * 9 * 2 ** -23 * 3);
    },
  });
  expect((await checkKernel(device, off(0.001))).ok).toBe(true);
  expect((await checkKernel(device, off(3))).ok).toBe(false);
});
