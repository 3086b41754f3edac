/** The code in README.md compiles and runs as it stands. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);

// Inside of the package, so that "elbograd" is this package, as built.
mkdirSync(join(root, "build"), { recursive: true });
const folder = mkdtempSync(join(root, "build/readme-"));
afterAll(() => rmSync(folder, { recursive: true }));

const options: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
  skipLibCheck: true,
};

/** Compiles one block and runs it in a plain Node; returns what it prints. */
function run(name: string, code: string): string {
  const file = join(folder, `${name}.mts`);
  writeFileSync(file, code);
  const program = ts.createProgram([file], options);
  const messages = ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  expect(messages).toEqual([]);
  program.emit();
  return execFileSync(process.execPath, [`${name}.mjs`], { cwd: folder, encoding: "utf8" });
}

describe("README", () => {
  it("has two examples", () => {
    expect(blocks).toHaveLength(2);
  });

  it("trains, samples and saves a VAE", () => {
    const lines = run("library", blocks[0]!).trim().split("\n");
    const epochs = lines.slice(0, -1).map((line) => line.split(" ").map(Number));
    expect(epochs.map(([epoch]) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const [, negElbo, reconstruction, kl] of epochs) expect(negElbo).toBeCloseTo(reconstruction! + kl!, 9);
    expect(epochs.at(-1)![1]).toBeLessThan(epochs[0]![1]!);
    expect(lines.at(-1)).toBe("64 pixels in each of 64 samples");
    expect(readFileSync(join(folder, "vae.safetensors")).includes('"encoder.0.weight"')).toBe(true);
  });

  it("runs a kernel and an op of its reader's own, with its gradient", () => {
    expect(run("kernel", blocks[1]!)).toBe("Float32Array(3) [ 3, 12, 27 ]\n");
  });
});
