/** Ten kernels with a fault each, as people make them: checkKernel finds every one, and names the first bad element. */
import { describe, expect, test } from "vitest";
import type { Device } from "../../../src/device/device.ts";
import { textOf } from "../../../src/device/webgpu/compose.ts";
import type { Constants, Kernel, Params, TypedArray } from "../../../src/kernel.ts";
import { checkKernel } from "../../../src/lab/check/check.ts";
import type { CheckReport } from "../../../src/lab/check/check_report.ts";
import { kernelFrom } from "../../../src/lab/kernel_from.ts";
import { kernelNamed } from "../../../src/lab/subjects/catalogue.ts";
import * as shaders from "../../../src/shaders.ts";
import { tensor } from "../../../src/tensor.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { plainDense, tiledMatmul } from "../../support/own_shaders.ts";

/** A text with a part of it replaced, which it must have. */
function planted(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

const relu = `// uses lib/unary, lib/math\n${textOf(shaders.relu)}`;
const fill = `// y = x²
struct Params { n: u32, a: f32, b: f32, accumulate: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 64u + local;
  if (i < params.n) { y[i] = x[i] * x[i]; }
}
// tile 64
`;

const guard = "if (m < params.M && n < params.N) {";
const shaderFaults: readonly (readonly [fault: string, kernel: () => Kernel, finds: RegExp])[] = [
  [
    "a missing edge guard",
    () => kernelFrom("matmul", planted(tiledMatmul, guard, "if (m < params.M) {")),
    /a write outside of the output|c\[\d+\]: got/,
  ],
  [
    "a swapped index",
    () => kernelFrom("matmul", planted(tiledMatmul, "k * params.b_k + n * params.b_n", "n * params.b_k + k * params.b_n")),
    /c\[\d+\]: got/,
  ],
  ["a race without a barrier", () => kernelFrom("matmul", planted(tiledMatmul, "    workgroupBarrier();\n    for", "    for")), /c\[\d+\]/],
  ["a loop that ends one early", () => kernelFrom("matmul", planted(tiledMatmul, "i < TILE; i++", "i < TILE - 1u; i++")), /c\[0\]: got/],
  ["a wrong stride", () => kernelFrom("matmul", planted(tiledMatmul, "m * params.N + n", "m * params.K + n")), /c\[\d+\]: got/],
  [
    "an accumulator that nobody cleared",
    () => kernelFrom("matmul", planted(tiledMatmul, "select(0.0, c[at], params.accumulate == 1u)", "c[at]")),
    /c\[0\]: got NaN \(not written/,
  ],
  ["a forgotten bias", () => kernelFrom("dense", planted(plainDense, "var sum = b[n]", "var sum = 0.0")), /y\[0\]: got/],
  ["a mask of ≥ where > is meant", () => kernelFrom("relu_grad", planted(relu, "is_positive(y)", "y >= 0.0")), /dx\[\d+\]: got/],
  ["an unsigned difference that wraps", () => kernelFrom("square", planted(fill, "i < params.n", "i <= params.n - 2u")), /y\[\d+\]/],
  ["Params in another order", () => swapped(kernelFrom("dense", plainDense)), /y\[\d+\]/],
];

/** What defineKernel would refuse: the first two fields of Params change their places in the text, not in the record. */
function swapped(kernel: Kernel): Kernel {
  return { ...kernel, wgsl: { ...kernel.wgsl, source: planted(textOf(kernel.wgsl), "{ M: u32, N: u32,", "{ N: u32, M: u32,") } };
}

type Fault = "none" | "swapped index" | "one early" | "wrong stride" | "not cleared" | "not written" | "beyond the edge" | "race";

/** A product with a fault in its loop. */
function faultyLoop(fault: Fault): Kernel {
  let calls = 0;
  return {
    ...kernelNamed("matmul"),
    cpu([a, b]: readonly TypedArray[], [c]: readonly TypedArray[], p: Params, _: Constants) {
      const { M, N, K, a_m, a_k, b_k, b_n, accumulate } = p as Record<string, number>;
      calls++;
      for (let m = 0; m < M!; m++) {
        for (let n = 0; n < N!; n++) {
          let sum = fault === "race" ? calls * 1e-9 : 0;
          for (let k = 0; k < (fault === "one early" ? K! - 1 : K!); k++) {
            sum += a![m * a_m! + k * a_k!]! * b![fault === "swapped index" ? n * b_k! + k * b_n! : k * b_k! + n * b_n!]!;
          }
          const at = fault === "wrong stride" ? m * K! + n : m * N! + n;
          if (fault === "not written" && at === 7) continue;
          c![at] = (accumulate || fault === "not cleared" ? c![at]! : 0) + sum;
        }
      }
      if (fault === "beyond the edge") c![M! * N!] = 0;
    },
  };
}

/** The report is of a wrong kernel, whose first bad element it names; and the device goes on. */
async function expectCaught(device: Device, report: CheckReport, finds: RegExp): Promise<void> {
  expect(report.ok).toBe(false);
  expect(report.explain()).toMatch(finds);
  const bad = report.cases.find(({ wrong }) => wrong > 0);
  if (bad) expect(bad.first).toMatchObject({ output: expect.any(Number) as number, index: expect.any(Number) as number });
  expect([...(await tensor(device, [1, 2]).read())]).toEqual([1, 2]);
}

await onEachDevice((device) => {
  test("a loop without a fault passes", async () => {
    const report = await checkKernel(device, faultyLoop("none"));
    if (device.name !== "webgpu") expect(report.explain()).toMatch(/^matmul: right at \d+ sizes on /);
    expect(report.ok).toBe(true);
  });

  const inLoops = (): void => {
    test.each<[Fault, RegExp]>([
      ["swapped index", /c\[\d+\]: got/],
      ["one early", /c\[0\]: got/],
      ["wrong stride", /c\[\d+\]: got/],
      ["not cleared", /c\[0\]: got NaN \(not written/],
      ["not written", /1 of \d+ elements, the first c\[7\]: got NaN/],
      ["beyond the edge", /a write outside of the output, at c\[\d+\]/],
      ["race", /a race, two runs differ at c\[\d+\]: /],
    ])("%s is caught", async (fault, finds) => expectCaught(device, await checkKernel(device, faultyLoop(fault)), finds));
  };

  const inShaders = (): void => {
    test.each(["matmul", "dense", "dense_gelu", "square"])("%s without a fault passes", async (name) => {
      const report = await checkKernel(device, kernelFrom(name, name === "matmul" ? tiledMatmul : name === "square" ? fill : plainDense));
      expect(report.ok, report.explain()).toBe(true);
    });

    test.each(shaderFaults)("%s is caught", async (_, kernel, finds) => expectCaught(device, await checkKernel(device, kernel()), finds));

    test("a text that does not compile is named with file, line and column", async () => {
      const bad = kernelFrom("matmul", planted(tiledMatmul, "var sum = 0.0;", "var sum = 0u;"), { file: "mine.wgsl" });
      await expect(checkKernel(device, bad)).rejects.toThrow(/^webgpu: shader "mine" failed to compile at mine\.wgsl:32:\d+: /);
      const good = await checkKernel(device, kernelFrom("square", fill));
      expect(good.ok).toBe(true);
    });

    test("sizes that the adapter cannot bind name the limit", async () => {
      const n = device.largest / 4 + 1;
      await expect(checkKernel(device, kernelNamed("fill"), { sizes: [{ n }] })).rejects.toThrow(
        `fill: output 0 takes ${4 * n} bytes, the adapter binds at most ${device.largest} (maxStorageBufferBindingSize; use smaller sizes)`,
      );
    });
  };

  if (device.name === "webgpu") describe("in a shader", inShaders);
  else describe("in a loop", inLoops);
});
