/** A shader with the library files that it uses, as one text. */
import type { Shader } from "../../kernel.ts";
import { type Core, DEFAULT_CORE } from "./cores.ts";

/**
 * The shader itself and all that it uses, each once; the shader first, so that error lines are the file's own. Where it uses the core of products,
 * it gets the core asked for (cores.ts).
 */
export function parts(shader: Shader, core: Core): Shader[] {
  const found: Shader[] = [];
  const visit = (s: Shader): void => {
    if (found.some((known) => known.name === s.name)) return;
    found.push(s);
    s.uses.map((used) => (used === DEFAULT_CORE.shader ? core.shader : used)).forEach(visit);
  };
  visit(shader);
  return found;
}

/** Whether a shader multiplies matrices with a core: its grid then counts rows and columns, not workgroups. */
export function usesCore(shader: Shader): boolean {
  return parts(shader, DEFAULT_CORE).includes(DEFAULT_CORE.shader);
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
