/** A user's shader in the place of one of the library's, and a user's core in the place of the device's. */
import { checkOptions, type Checks, checkValue, NUMBERS, OBJECT, TEXT } from "../check.ts";
import { usesCore } from "../device/webgpu/compose.ts";
import type { Core } from "../device/webgpu/cores.ts";
import { type Constants, foldedGrid, type Kernel, type Params, type Shader } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { declarationsOf, defineKernel } from "./define.ts";
import { kernelNamed } from "./subjects/catalogue.ts";
import { parseWgsl } from "./wgsl.ts";

/** What a text does not say itself. */
export interface KernelFromOptions {
  /** What the text is called in errors; default the kernel's own file. */
  readonly file?: string;
  /** Values of its overrides, beside those that the library's launches pass. */
  readonly constants?: Constants;
}

const OPTIONS: Checks<keyof KernelFromOptions> = { file: TEXT, constants: OBJECT };

/**
 * The library's kernel `name` with another shader: the same operands, Params and constants. Line 2 may say `// uses lib/…`. A line `// tile R x C` says
 * how many rows and columns of the product one workgroup computes, workgroup_id.y counting down and .x across; `// tile N` how many elements, workgroups
 * counted as x + y·num_workgroups.x; each a number or the name of an override. Without, the grid is the library's.
 */
export function kernelFrom(name: string, text: string, options: KernelFromOptions = {}): Kernel {
  checkValue("kernelFrom", "the text of the shader", text, TEXT);
  checkOptions("kernelFrom", options, OPTIONS);
  const { file, constants = {} } = options;
  const like = kernelNamed(name);
  const shader = shaderFrom(text, (file ?? `${like.wgsl.name}.wgsl`).replace(/\.wgsl$/, ""), like);
  const kernel = { ...like, wgsl: shader, constants: { ...like.constants, ...constants } };
  const tile = tileOf(text);
  return defineKernel({ ...kernel, ...(tile && { grid: gridOf(like, kernel, tile) }) });
}

/** The shader of a text, with the library files that it names and the names of what it writes. */
function shaderFrom(text: string, name: string, like: Kernel): Shader {
  const words = /^\/\/ uses (.+)$/m.exec(text)?.[1]?.split(/,\s*/) ?? [];
  const uses = words.map((word) => libraryFile(word, name, like.wgsl));
  const { bindings } = declarationsOf({ wgsl: { name, source: text, uses } });
  const outputs = Object.fromEntries(bindings.filter(({ access }) => access === "read_write").map((b) => [b.binding, b.name]));
  return { name, source: text, uses, outputs, ...(like.wgsl.entryPoint !== undefined && { entryPoint: like.wgsl.entryPoint }) };
}

/** `lib/identity` is the activation's function, where the kernel has one. */
function libraryFile(word: string, name: string, like: Shader): Shader {
  const again = word.endsWith(" again");
  const wanted = again ? word.slice(0, -" again".length) : word;
  const all: readonly Shader[] = Object.values(shaders);
  const own = all.find((shader) => shader.name === like.name);
  const place = own?.uses.findIndex((used) => used.name === wanted) ?? -1;
  const found = (wanted === "lib/identity" ? like.uses[place] : undefined) ?? all.find((shader) => shader.name === wanted);
  if (found) return again ? { ...found, again } : found;
  const known = all.map((shader) => shader.name).filter((file) => file.startsWith("lib/"));
  throw new RangeError(`kernelFrom: ${name}.wgsl uses "${wanted}", which does not exist (there are ${known.join(", ")})`);
}

/** The words of `// tile R x C` or `// tile N`. */
function tileOf(text: string): readonly string[] | undefined {
  const [, rows, columns] = /^\/\/ tile (\w+)(?: x (\w+))?\s*$/m.exec(text) ?? [];
  return rows === undefined ? undefined : columns === undefined ? [rows] : [rows, columns];
}

function gridOf(like: Kernel, kernel: Kernel, tile: readonly string[]): Kernel["grid"] {
  const { overrides, constants } = declarationsOf(kernel);
  const sizeOf = (word: string, values: Constants): number => {
    const value = values[word] ?? overrides.find(({ name }) => name === word)?.value ?? constants.get(word) ?? word;
    const size = parseInt(String(value));
    if (size >= 1) return size;
    throw new RangeError(`kernelFrom: ${kernel.name}: a tile is of whole numbers of at least 1 or of constants, got ${tile.join(" x ")}`);
  };
  tile.forEach((word) => sizeOf(word, kernel.constants ?? {}));
  if (usesCore(kernel.wgsl))
    throw new TypeError(`kernelFrom: ${kernel.name}: a shader on lib/gemm has the tile of its core, got tile ${tile.join(" x ")}`);
  if (tile.length === 1) {
    if (!Object.hasOwn(like.params, "n")) throw new TypeError(`kernelFrom: ${kernel.name} has no n to cover with tiles (leave the line out)`);
    return (params, c) => foldedGrid(Math.ceil(Number(params["n"]) / sizeOf(tile[0]!, c)));
  }
  if (!usesCore(like.wgsl) || like.wgsl.uses.includes(shaders.libGemmPair)) {
    throw new TypeError(`kernelFrom: ${kernel.name} is not one product, which rows and columns cover (leave the line out)`);
  }
  return (params: Params, c) => {
    const [rows, columns = 1] = like.grid(params, c);
    return [Math.ceil(columns / sizeOf(tile[1]!, c)), Math.ceil(rows / sizeOf(tile[0]!, c))];
  };
}

/** What a core's text does not say itself. */
export interface CoreFromOptions {
  readonly name: string;
  /** Rows and columns of a tile, as `tile_size()` has them. */
  readonly tile: readonly [rows: number, columns: number];
}

/** What a core declares (lib/gemm.wgsl states the contract). */
const CORE = ["THREADS", "SLOTS", "tile_size", "tile"];

/** A core of matrix products from its text, for `openDevice("webgpu", { core })`. */
export function coreFrom(text: string, options: CoreFromOptions): Core {
  checkValue("coreFrom", "the text of the core", text, TEXT);
  checkOptions("coreFrom", options, { name: TEXT, tile: NUMBERS }, ["name", "tile"]);
  const { name, tile } = options;
  const { functions, constants, bindings } = parseWgsl(text, `${name}.wgsl`);
  const declared = [...constants.keys(), ...functions.map((f) => f.name)];
  const missing = CORE.filter((word) => !declared.includes(word));
  if (missing.length > 0) throw new TypeError(`coreFrom: ${name}.wgsl does not declare ${missing.join(", ")} (lib/gemm.wgsl states the contract)`);
  const [bound] = bindings;
  if (bound) throw new TypeError(`coreFrom: ${name}.wgsl:${bound.line} binds ${bound.name}, which is for the shader that uses the core`);
  if (!tile.every((size) => Number.isSafeInteger(size) && size >= 1)) {
    throw new RangeError(`coreFrom: a tile has whole numbers of rows and columns, got [${tile.join(", ")}]`);
  }
  const slots = Number.parseInt(constants.get("SLOTS")!);
  if (slots * 4 < tile[0] * tile[1]) {
    throw new RangeError(`coreFrom: ${name}.wgsl has SLOTS ${slots}, a tile of ${tile[0]} × ${tile[1]} needs ${Math.ceil((tile[0] * tile[1]) / 4)}`);
  }
  return { name, shader: { name, source: text, uses: [] }, tile: () => tile };
}
