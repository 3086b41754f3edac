/** Compiles TypeScript that its readers will copy, against the package as it is built, and runs it in a plain Node. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

const options: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
  skipLibCheck: true,
};

/** A folder inside of the package, so that "elbograd" is this package, as built. */
export function exampleFolder(): string {
  mkdirSync(join(root, "build"), { recursive: true });
  return mkdtempSync(join(root, "build/example-"));
}

/** Compiles programs, `[name, code]`, without complaints: all at once, because most of the time goes into the libraries' types. */
export function compileExamples(folder: string, programs: readonly (readonly [name: string, code: string])[]): void {
  const files = programs.map(([name, code]) => {
    const file = join(folder, `${name}.mts`);
    writeFileSync(file, code);
    return file;
  });
  const program = ts.createProgram(files, options);
  const messages = ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${basename(file?.fileName ?? "")}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  expect(messages).toEqual([]);
  program.emit();
}

/** Runs a compiled program, in `folder` or where `cwd` says, and returns what it prints. */
export function runCompiled(folder: string, name: string, args: readonly string[] = [], cwd: string = folder): string {
  return execFileSync(process.execPath, [join(folder, `${name}.mjs`), ...args], { cwd, encoding: "utf8" });
}

/** Compiles a program without complaints and returns what it prints; it runs in `folder`, or where `cwd` says. */
export function runExample(folder: string, name: string, code: string, args?: readonly string[], cwd?: string): string {
  compileExamples(folder, [[name, code]]);
  return runCompiled(folder, name, args, cwd);
}
