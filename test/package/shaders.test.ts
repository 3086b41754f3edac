/** What is generated from shaders/: missing and stale files are said in one line, with the command that mends them. */
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const FILES = ["src/shaders.ts", "src/table_shaders.ts", "src/device/shader_names.ts", "src/device/webgpu/texts.ts", "src/lab/formulas.ts"];
let copy = "";

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "elbograd-shaders-"));
  for (const folder of ["shaders", "scripts"]) cpSync(join(root, folder), join(copy, folder), { recursive: true });
  for (const folder of ["src/device/webgpu", "src/lab"]) mkdirSync(join(copy, folder), { recursive: true });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const run = (...args: string[]): { status: number | null; stderr: string } =>
  spawnSync(process.execPath, [join(copy, "scripts/shaders.mjs"), ...args], { encoding: "utf8" });

test("files that are missing are named, with the command that writes them", () => {
  const line = (file: string): string => `${file} is missing (node scripts/shaders.mjs)\n`;
  expect(run("--check")).toMatchObject({
    status: 1,
    stderr: FILES.map(line).join(""),
  });
});

test("what is generated is what the repository has, and is written only where it differs", () => {
  expect(run().status).toBe(0);
  for (const file of FILES) {
    expect(readFileSync(join(copy, file), "utf8")).toBe(readFileSync(join(root, file), "utf8"));
  }
  const before = statSync(join(copy, "src/shaders.ts")).mtimeMs;
  expect([run().status, run("--check").status]).toEqual([0, 0]);
  expect(statSync(join(copy, "src/shaders.ts")).mtimeMs).toBe(before);
});

test("a stale file is named, and a shader's record leads to its file", () => {
  appendFileSync(join(copy, "shaders/adam.wgsl"), "\nfn more() {}\n");
  expect(run("--check")).toMatchObject({ status: 1, stderr: "src/device/webgpu/texts.ts is stale (node scripts/shaders.mjs)\n" });
  expect(readFileSync(join(copy, "src/shaders.ts"), "utf8")).toMatch(/\/\*\* shaders\/adam\.wgsl: .+ \*\/\nexport const adam: Shader/);
});

test("none of them is in git", () => {
  const tracked = execFileSync("git", ["ls-files", "src"], { cwd: root, encoding: "utf8" });
  expect(tracked).toContain("src/kernel.ts");
  expect(tracked).not.toMatch(/^src\/(?:shaders|table_shaders|device\/shader_names|device\/webgpu\/texts|lab\/formulas)\.ts$/m);
});
