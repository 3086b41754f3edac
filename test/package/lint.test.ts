/** The lint rules that carry the architecture act: each forbidden import or call is reported, each allowed one is not. */
import { readdirSync, readFileSync } from "node:fs";
import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { describe, expect, it } from "vitest";

// Snippets are not files of the project, so the rules that need types are left out.
const eslint = new ESLint({ overrideConfig: [tseslint.configs.disableTypeChecked] });

async function lint(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(`${code}\n`, { filePath });
  return result!.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

const LAYER = "import-x/no-restricted-paths";

/** A file, a line of code that must not be in it, and the rule that says so. */
const forbidden: readonly (readonly [file: string, code: string, rule: string])[] = [
  ["src/kernel.ts", 'export { show } from "./shape.ts";', LAYER],
  ["src/shape.ts", 'export type { DType } from "./kernel.ts";', LAYER],
  ["src/random.ts", 'export { show } from "./shape.ts";', LAYER],
  ["src/streams.ts", 'export { show } from "./shape.ts";', LAYER],
  ["src/shaders.ts", 'export { show } from "./shape.ts";', LAYER],
  ["src/formats/csv.ts", 'export { show } from "../shape.ts";', LAYER],
  ["src/device/cpu.ts", 'export { show } from "../shape.ts";', LAYER],
  ["src/device/webgpu/queue.ts", 'export type { Tensor } from "../../tensor.ts";', LAYER],
  ["src/tensor.ts", 'export * from "./shaders.ts";', LAYER],
  ["src/fill.ts", 'export { softplus } from "./ops/unary.ts";', LAYER],
  ["src/autodiff.ts", 'export { softplus } from "./ops/unary.ts";', LAYER],
  ["src/autodiff.ts", 'export const cpu: unknown = import("./device/cpu.ts");', LAYER],
  ["src/ops/dense.ts", 'export { CpuDevice } from "../device/cpu.ts";', LAYER],
  ["src/nn/adam.ts", 'export { CpuDevice } from "../device/cpu.ts";', LAYER],
  ["src/nn/adam.ts", 'export { train } from "../vae/training/train.ts";', LAYER],
  ["src/data/dataset.ts", 'export { train } from "../vae/training/train.ts";', LAYER],
  ["src/vae/vae.ts", 'export { CpuDevice } from "../device/cpu.ts";', LAYER],
  ["src/judge/evaluate.ts", 'export * from "../node/index.ts";', LAYER],
  ["src/report/grid.ts", 'export * from "../node/index.ts";', LAYER],
  ["src/lab/trace/trace.ts", 'export * from "../../node/index.ts";', LAYER],
  ["src/node/files.ts", 'export * from "../cli/main.ts";', LAYER],
  ["src/index.ts", 'export * from "./node/index.ts";', LAYER],
  ["src/ops/dense.ts", 'export { readFile } from "node:fs/promises";', "import-x/no-nodejs-modules"],
  ["src/lab/trace/trace.ts", 'export { readFile } from "fs";', "import-x/no-nodejs-modules"],
  ["src/device/webgpu/queue.ts", 'export { create } from "webgpu";', "no-restricted-imports"],
  ["src/device/gpu.browser.ts", 'export const gpu: unknown = import("webgpu");', "no-restricted-syntax"],
  ["src/device/webgpu/queue.ts", "export const platform: string = process.platform;", "no-restricted-globals"],
  ["src/vae/training/train.ts", "export const scope: unknown = globalThis;", "no-restricted-globals"],
  ["src/vae/training/train.ts", 'console.log("epoch 1");', "no-console"],
  ["src/random.ts", "export const uniform: number = Math.random();", "no-restricted-properties"],
  ["bench/main.ts", "export const noise: number = Math.random();", "no-restricted-properties"],
  ["test/shape.test.ts", "export const seed: number = Math.random();", "no-restricted-properties"],
  ["src/lab/oracle/terms.ts", 'export { show } from "../../shape.ts";', "no-restricted-imports"],
];

const allowed: readonly (readonly [file: string, code: string])[] = [
  ["src/kernel.ts", "export const two = 2;"],
  ["src/device/webgpu/queue.ts", 'export type { Kernel } from "../../kernel.ts";'],
  ["src/streams.ts", 'export { key } from "./random.ts";'],
  ["src/tensor.ts", 'export type { Device } from "./device/device.ts";'],
  ["src/fill.ts", 'export * from "./shaders.ts";'],
  ["src/ops/dense.ts", 'export { record } from "../autodiff.ts";'],
  ["src/vae/vae.ts", 'export { softplus } from "../ops/unary.ts";'],
  ["src/index.ts", 'export { CpuDevice } from "./device/cpu.ts";'],
  ["src/node/files.ts", 'export { readFile } from "node:fs/promises";'],
  ["src/device/gpu.node.ts", 'export const gpu: unknown = import("webgpu");'],
  ["src/device/open.ts", 'export * from "#gpu";'],
  ["src/cli/commands/train.ts", 'console.log("epoch 1");'],
];

describe("lint", () => {
  it.each(forbidden)("refuses in %s: %s", async (file, code, rule) => {
    expect(await lint(file, code)).toContainEqual(expect.stringContaining(`${rule}: `));
  });

  it.each(allowed)("accepts in %s: %s", async (file, code) => {
    expect(await lint(file, code)).toEqual([]);
  });

  it("refuses a cycle of imports", async () => {
    expect(await lint("src/shape.ts", 'export { grad } from "./autodiff.ts";')).toContainEqual(expect.stringContaining("import-x/no-cycle: "));
  });
});

it("no file of src/nn, nor Adam's shader, speaks of what a VAE is trained for", () => {
  const files = ["shaders/adam.wgsl", ...readdirSync("src/nn").map((file) => `src/nn/${file}`)];
  expect(files).toContain("src/nn/optimizer.ts");
  expect(files.filter((file) => /elbo|nll|\bkl\b/i.test(readFileSync(file, "utf8")))).toEqual([]);
});
