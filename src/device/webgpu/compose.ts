/** A shader with the library files that it uses, as one text. */
import type { Shader } from "../../kernel.ts";
import { type Core, DEFAULT_CORE } from "./cores.ts";
import { texts } from "./texts.ts";

/** The text of one file: a shader's own, or this package's. */
export function textOf({ name, source = texts[name] }: Shader): string {
  if (source === undefined) throw new TypeError(`webgpu: the shader "${name}" has no text (give it a source)`);
  return source;
}

type Part = Shader & { readonly source: string };

/**
 * The shader itself and all that it uses, each once; the shader first, so that error lines are the file's own. Where it uses the core of products,
 * it gets the core asked for (cores.ts).
 */
export function parts(shader: Shader, core: Core): Part[] {
  const found: Shader[] = [];
  const visit = (s: Shader): void => {
    const chosen = s.name === DEFAULT_CORE.shader.name ? { ...core.shader, ...(s.again && { again: true }) } : s;
    if (found.some(({ name, again }) => name === chosen.name && again === chosen.again)) return;
    found.push(chosen);
    chosen.uses.forEach(visit);
  };
  visit(shader);
  return found.map((s) => ({ ...s, source: s.again ? renamed(textOf(s)) : textOf(s) }));
}

/** The names of the contract of lib/gemm that a second product has for itself. */
const CONTRACT = ["gemm_size", "row_of_a", "column_of_a", "load_a", "load_b4", "store", "store_row", "tiled", "tile", "tile_size"];

/** A text whose declarations, and those that it takes from the contract, have a 2 behind their names. */
function renamed(source: string): string {
  const declared = [...source.matchAll(/^(?:fn|const|override|var<\w+>) (\w+)/gm)].map(([, name]) => name!);
  return source.replace(new RegExp(`\\b(${[...new Set([...declared, ...CONTRACT])].join("|")})\\b`, "g"), "$12");
}

/** Whether a shader multiplies matrices with a core: its grid then counts rows and columns, not workgroups. */
export function usesCore(shader: Shader): boolean {
  return parts(shader, DEFAULT_CORE).some(({ name }) => name === DEFAULT_CORE.shader.name);
}

/** The complete WGSL text. Directives such as `enable subgroups;` come first in the text, on the first file's first line. */
export function composeShader(shader: Shader, core: Core = DEFAULT_CORE): string {
  const directive = /^[ \t]*(enable|requires)\b[^;]*;/gm;
  const files = parts(shader, core);
  const directives = new Set(files.flatMap(({ source }) => source.match(directive) ?? []).map((line) => line.trim()));
  const bodies = files.map(({ source }) => source.replace(directive, ""));
  return [...directives].join(" ") + bodies.join("");
}

/** The file and line that a line of the composed text comes from. */
export function locate(shader: Shader, line: number, core: Core = DEFAULT_CORE): { readonly file: string; readonly line: number } {
  let left = line;
  for (const { name, source } of parts(shader, core)) {
    const lines = source.split("\n").length - 1;
    if (left <= lines) return { file: `${name}.wgsl`, line: left };
    left -= lines;
  }
  return { file: `${shader.name}.wgsl`, line };
}
