/** Every kernel that src defines, by name, with its file: whatever looks like one, or like a row of a table of them, in the exports of ops, nn and fill.ts. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Kernel } from "../../src/kernel.ts";
import { type Binary, binaryKernel } from "../../src/ops/binary_kernel.ts";
import { type Unary, unaryGradKernel, unaryKernel } from "../../src/ops/unary_op.ts";

const src = fileURLToPath(new URL("../../src", import.meta.url));

interface Found {
  readonly kernel: Kernel;
  readonly file: string;
}

/** The identity, whose shader is a part of others, has none of its own. */
const unaryKernels = (row: Unary): readonly Kernel[] => (row.wgsl.name.startsWith("lib/") ? [] : [unaryKernel(row), unaryGradKernel(row)]);

export async function allKernels(): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  const visit = (value: unknown, file: string, depth: number): void => {
    if (typeof value === "function" && "row" in value) visit(value.row, file, depth);
    if (typeof value !== "object" || value === null || depth > 3) return;
    if ("wgsl" in value && "cpu" in value) found.set((value as Kernel).name, { kernel: value as Kernel, file });
    else if ("df" in value) unaryKernels(value as Unary).forEach((kernel) => visit(kernel, file, depth));
    else if ("f" in value && "wgsl" in value) visit(binaryKernel(value as Binary), file, depth);
    else Object.values(value).forEach((inner) => visit(inner, file, depth + 1));
  };
  const files = ["fill.ts", ...["ops", "nn"].flatMap((folder) => readdirSync(join(src, folder)).map((file) => `${folder}/${file}`))];
  for (const file of files) visit(await import(/* @vite-ignore */ join(src, file)), file, 0);
  return found;
}
