/** Where to read what a kernel computes: its shader's file and line, its formula, and the names that it gives its operands. */
import { parts, textOf } from "../../device/webgpu/compose.ts";
import { type Core, DEFAULT_CORE } from "../../device/webgpu/cores.ts";
import type { Kernel, Shader } from "../../kernel.ts";
import { formulas } from "../formulas.ts";

/** Where a kernel's shader is to be read, and what it computes. */
export interface Reading {
  /** `dense.wgsl`, and the line where to begin: that of its entry point, or where a shader on a frame of lib/ says what is its own. */
  readonly file: string;
  readonly line: number;
  /** The core of its products, where it has one: `lib/gemm_quad.wgsl`. */
  readonly core?: string;
  /** The first line of its file. */
  readonly formula: string;
}

/** What a shader on a frame of lib/ defines: the first of these that it has is the heart of it. */
const HEARTS = ["store", "store_row", "loss", "combine", "value_of", "f"];

export function readingOf({ wgsl }: Kernel, core?: Core): Reading {
  const heart = [wgsl.entryPoint ?? "main", ...HEARTS, "\\w+"].map((name) => lineOf(textOf(wgsl), `fn ${name}\\b`)).find((line) => line > 0);
  return { file: fileOf(wgsl), line: heart ?? 1, ...(core && { core: fileOf(core.shader) }), formula: formulaOf(wgsl) };
}

/** The files of a kernel's shader: its own first, then each that it uses, with the core of its products. */
export function shadersOf({ wgsl }: Kernel, core: Core = DEFAULT_CORE): Shader[] {
  const found = new Map<string, Shader>();
  const visit = (shader: Shader): void => {
    const chosen = shader.name === DEFAULT_CORE.shader.name ? core.shader : shader;
    if (found.has(chosen.name)) return;
    found.set(chosen.name, chosen);
    chosen.uses.forEach(visit);
  };
  visit(wgsl);
  return [...found.values()];
}

/** A shader's file: one of a user's own is named as they named it. */
export function fileOf({ name }: Shader): string {
  return name.endsWith(".wgsl") ? name : `${name}.wgsl`;
}

function formulaOf({ name, source, packaged }: Shader): string {
  const own = /^\s*\/\/\s*(.+)$/m.exec(source ?? "")?.[1];
  return own?.trimEnd() ?? (source === undefined || packaged ? formulas[name] : undefined) ?? "";
}

/** From 1; 0 where there is none. */
function lineOf(text: string, pattern: string): number {
  return text.split("\n").findIndex((line) => new RegExp(`^[^/]*\\b${pattern}`).test(line)) + 1;
}

/** What the shader, or what it uses, calls each of its operands: inputs, then outputs. */
export function operandNames(kernel: Kernel): string[] {
  const text = parts(kernel.wgsl, DEFAULT_CORE)
    .map(({ source }) => source)
    .join("\n");
  const entry = new RegExp(`\\bfn ${kernel.wgsl.entryPoint ?? "main"}\\b[^]*?^}`, "m").exec(text)?.[0] ?? "";
  const bound = [...text.matchAll(/@group\(0\)\s*@binding\((\d+)\)\s*var<storage\b[^>]*>\s*(\w+)/g)];
  return [...kernel.inputs, ...kernel.outputs].map((_, binding) => {
    const names = bound.filter(([, number]) => Number(number) === binding).map(([, , name]) => name!);
    // entry points of one text may name their bindings differently
    return names.find((name) => new RegExp(`\\b${name}\\b`).test(entry)) ?? names[0] ?? `binding ${binding}`;
  });
}
