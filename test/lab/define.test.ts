/** Records and shaders of kernels say the same, and where they do not, the error says which and where. */
import { describe, expect, test } from "vitest";
import { textOf } from "../../src/device/webgpu/compose.ts";
import { texts } from "../../src/device/webgpu/texts.ts";
import { fill } from "../../src/fill.ts";
import type { Kernel } from "../../src/kernel.ts";
import { defineKernel } from "../../src/lab/define.ts";
import { coreFrom, kernelFrom } from "../../src/lab/kernel_from.ts";
import { kernelNamed, kernelNames } from "../../src/lab/subjects/catalogue.ts";
import { parseWgsl } from "../../src/lab/wgsl.ts";
import * as shaders from "../../src/shaders.ts";

describe("parseWgsl", () => {
  test("reads bindings, structs, overrides and entry points with their lines, through comments that nest", () => {
    const text = `// var<storage> a
enable f16; /* @group(0) /* inner */ @binding(9) // */
struct Params {
  @align(16) n: u32, // count
  v: vec4<u32>,
}
@id(3) override TILE: u32 = 8 * 2;
override FLAG = select(false, true, 1 < 2);
alias Value = array<f32, 4>;
const SLOTS: u32 = 32u;
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0)
@binding(1) var<storage, read_write> y: array<f32>;
var<workgroup> tile: array<f32, TILE>;
@group(1) @binding(0) var<uniform> params: Params;
@compute @workgroup_size(TILE, TILE / 2, 1)
fn main(@builtin(global_invocation_id) at: vec3u) { if (at.x < params.n) { y[at.x] = x[at.x].x; } }
fn other() -> f32 { return 1.0; }`;
    const { bindings, structs, overrides, functions, constants, aliases } = parseWgsl(text, "a.wgsl");
    expect(bindings.map(({ line, group, binding, name, space, access, type }) => [line, group, binding, name, space, access, type])).toEqual([
      [11, 0, 0, "x", "storage", "read", "array<vec4<f32>>"],
      [13, 0, 1, "y", "storage", "read_write", "array<f32>"],
      [15, 1, 0, "params", "uniform", "read", "Params"],
    ]);
    expect(structs).toEqual([
      {
        file: "a.wgsl",
        line: 3,
        name: "Params",
        fields: [
          { name: "n", type: "u32", line: 4 },
          { name: "v", type: "vec4<u32>", line: 5 },
        ],
      },
    ]);
    expect(overrides.map(({ name, type, value, line }) => [name, type, value, line])).toEqual([
      ["TILE", "u32", "8*2", 7],
      ["FLAG", undefined, "select(false,true,1<2)", 8],
    ]);
    expect(functions.map(({ name, compute, workgroupSize, line }) => [name, compute, workgroupSize, line])).toEqual([
      ["main", true, ["TILE", "TILE/2", "1"], 17],
      ["other", false, [], 18],
    ]);
    expect([...functions[0]!.mentions]).toContain("y");
    expect([constants.get("SLOTS"), aliases.get("Value")]).toEqual(["32u", "array<f32,4>"]);
  });

  test("ends on texts that end too early", () => {
    for (const text of Object.values(texts)) for (let end = 0; end < text.length; end += 97) parseWgsl(text.slice(0, end), "cut.wgsl");
  });
});

describe("defineKernel", () => {
  test.each(kernelNames())("the record of %s agrees with its shader", (name) => {
    const kernel = kernelNamed(name);
    expect(defineKernel(kernel)).toBe(kernel);
  });

  test("every shader of the package is the shader of a kernel in the catalogue", () => {
    const used = new Set(kernelNames().map((name) => kernelNamed(name).wgsl.name));
    const all = Object.values(shaders).map(({ name }) => name);
    expect(all.filter((name) => !name.startsWith("lib/") && !used.has(name))).toEqual([]);
  });

  const changed = (from: string, to: string): Kernel => {
    const source = textOf(fill.wgsl).replace(from, to);
    expect(source).not.toBe(textOf(fill.wgsl));
    return { ...(fill as Kernel), wgsl: { ...fill.wgsl, source } };
  };

  test.each([
    ["read_write> y", "read> y", "fill: output 0 is f32, fill.wgsl:6 binds y as var<storage, read> array<f32> (it is var<storage, read_write>)"],
    [
      "array<f32>",
      "array<u32>",
      "fill: output 0 is f32, fill.wgsl:6 binds y as var<storage, read_write> array<u32> (it is array<f32>, or of vectors)",
    ],
    ["@binding(0) var<storage", "@binding(1) var<storage", "fill: fill.wgsl:6 binds y at 1, the record has 1 operands"],
    ["n: u32, value: u32", "value: u32, n: u32", "fill: field 0 of Params is n: u32 in the record, fill.wgsl:4 has value: u32"],
    [
      "value: u32",
      "value: f32",
      "fill: field 1 of Params is value: u32, the number of a word of the step row, in the record, fill.wgsl:4 has value: f32",
    ],
    [", value: u32", "", "fill: field 1 of Params is value: u32, the number of a word of the step row, in the record, fill.wgsl:4 has 1 fields"],
    ["value: u32", "value: u32, more: f32", "fill: fill.wgsl:4 has more: f32, which the record does not have"],
    ["fn main", "fn other", 'fill: fill.wgsl has no entry point "main", its entry points: other'],
    ["@compute", "override DEPTH: u32;\n@compute", "fill: fill.wgsl:9 needs a value for DEPTH, constants: none"],
  ])("with %j as %j it says which and where", (from, to, message) => {
    expect(() => defineKernel(changed(from, to))).toThrow(`defineKernel: ${message}`);
  });

  test("an operand that no line binds, and a constant that is no override, are named", () => {
    expect(() => defineKernel({ ...fill, inputs: ["f32"] })).toThrow("defineKernel: fill: input 0 is f32, fill.wgsl:6 binds y as");
    expect(() => defineKernel({ ...fill, outputs: ["f32", "f32"] })).toThrow(
      "defineKernel: fill: output 1 is bound nowhere, fill.wgsl needs @group(0) @binding(1)",
    );
    expect(() => defineKernel({ ...fill, constants: { TILE: 8 } })).toThrow(
      "defineKernel: fill: fill.wgsl has no override TILE, its overrides: none",
    );
  });
});

describe("kernelFrom", () => {
  const square = (line: string): string => `// y = x
${line}
struct Params { n: u32, a: f32, b: f32, accumulate: u32 }
override TILE: u32 = 64;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
@compute @workgroup_size(TILE) fn main(@builtin(global_invocation_id) at: vec3u) { if (at.x < params.n) { y[at.x] = x[at.x] * x[at.x]; } }`;

  test("a tile, in numbers or constants, makes the grid, and without one it is the library's", () => {
    const gridOf = (line: string, constants = {}): readonly unknown[] => {
      const kernel = kernelFrom("square", square(line), { file: "mine.wgsl", constants });
      return kernel.grid({ n: 1000, a: 0, b: 0, accumulate: 0 }, kernel.constants ?? {});
    };
    expect([gridOf("// tile 100"), gridOf("// tile TILE"), gridOf("// tile TILE", { TILE: 8 }), gridOf("")]).toEqual([
      [10, 1],
      [16, 1],
      [125, 1],
      [4, 1],
    ]);
    expect(() => gridOf("// tile NONE")).toThrow("kernelFrom: square: a tile is of whole numbers of at least 1 or of constants, got NONE");
    expect(() => gridOf("// tile 4 x 4")).toThrow("kernelFrom: square is not one product");
    expect(() => gridOf("", { TILES: 8 })).toThrow("defineKernel: square: mine.wgsl has no override TILES, its overrides: TILE");
    expect(() => gridOf("// uses lib/maths")).toThrow('kernelFrom: mine.wgsl uses "lib/maths", which does not exist (there are lib/binary, ');
    expect(() => kernelFrom("sqare", square(""))).toThrow('subjectOf: no kernel is called "sqare" (there are matmul, ');
  });

  test("the library's own texts make its own kernels, activations in their place", () => {
    for (const name of ["matmul", "dense", "dense_gelu", "dense_grad_tanh", "adam"]) {
      const { wgsl } = kernelNamed(name);
      const uses = (shaders as Record<string, { uses: readonly { name: string; again?: boolean }[] }>)[
        wgsl.name.replace(/_(.)/g, (_, c: string) => c.toUpperCase())
      ]!.uses;
      const line = `// uses ${uses.map(({ name, again }) => (again ? `${name} again` : name)).join(", ")}\n`;
      const made = kernelFrom(name, (uses.length > 0 ? line : "") + textOf(wgsl));
      expect(made.wgsl.uses.map((used) => used.name)).toEqual(wgsl.uses.map((used) => used.name));
    }
  });
});

describe("coreFrom", () => {
  test("says what a text lacks of the contract", () => {
    const core = textOf(shaders.libGemmRegisters);
    expect(coreFrom(core, { name: "mine", tile: [8, 128] }).tile(1, 1)).toEqual([8, 128]);
    expect(() => coreFrom(core.replace("const SLOTS", "const SLOT"), { name: "mine", tile: [8, 128] })).toThrow(
      "coreFrom: mine.wgsl does not declare SLOTS (lib/gemm.wgsl states the contract)",
    );
    expect(() => coreFrom(core, { name: "mine", tile: [16, 128] })).toThrow("coreFrom: mine.wgsl has SLOTS 256, a tile of 16 × 128 needs 512");
    expect(() => coreFrom(core, { name: "mine", tile: [0, 128] })).toThrow("coreFrom: a tile has whole numbers of rows and columns, got [0, 128]");
  });
});
