/**
 * Generates from shaders/**.wgsl src/shaders.ts, which names the shaders and what they use, and src/device/webgpu/texts.ts, which only that device
 * loads: their texts, comments blanked, line breaks kept, so that a compiler's line numbers are the file's own, and the cores of products once more,
 * so that the device loads no other record. Their names alone are src/device/shader_names.ts, and the first lines, the formulas, src/lab/formulas.ts.
 * None of the four is in git: the build, the tests and the checks write what is missing or stale. `--check` only says so.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function wgslFiles(folder) {
  return readdirSync(join(root, "shaders", folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".wgsl"))
    .map((entry) => (folder ? `${folder}/` : "") + entry.name.replace(".wgsl", ""))
    .sort();
}

/** "lib/store_row again" is that file once more, with other names (src/device/webgpu/compose.ts). */
const parseUse = (text) => ({ name: text.replace(/ again$/, ""), again: text.endsWith(" again") });

/** lib/gemm_registers → libGemmRegisters */
const exportName = (name) => name.replace(/[/_](.)/g, (_, letter) => letter.toUpperCase());

function parse(name) {
  const text = readFileSync(join(root, "shaders", `${name}.wgsl`), "utf8");
  const [first, second = ""] = text.split("\n");
  if (!first.startsWith("// ")) throw new Error(`shaders/${name}.wgsl: line 1 is the formula with shapes, as a comment`);
  const uses = second.startsWith("// uses ") ? second.slice("// uses ".length).split(/,\s*/).map(parseUse) : [];
  const source = text.replace(/[ \t]*\/\/.*$/gm, "").trimEnd() + "\n";
  return { name, uses, source };
}

/** The first line of a shader file: its formula with shapes. */
export function formulaOf(name) {
  return readFileSync(join(root, "shaders", `${name}.wgsl`), "utf8")
    .split("\n", 1)[0]
    .slice(3);
}

/** Libraries before what uses them. */
function ordered(shaders) {
  const byName = new Map(shaders.map((shader) => [shader.name, shader]));
  const result = new Set();
  const visit = (name, user) => {
    const shader = byName.get(name);
    if (!shader) throw new Error(`shaders/${user}.wgsl: uses ${name}, which does not exist`);
    if (result.has(shader)) return;
    shader.uses.forEach((used) => visit(used.name, name));
    result.add(shader);
  };
  shaders.forEach((shader) => visit(shader.name, shader.name));
  return [...result];
}

const useOf = ({ name, again }) => (again ? `{ ...${exportName(name)}, again: true }` : exportName(name));

const HEAD = "// Generated from shaders/ by scripts/shaders.mjs; do not edit.\n";

/** The names of what a file binds to write to, by the number of the binding. */
function outputsOf(source) {
  const names = [...source.matchAll(/@binding\((\d+)\) var<storage, read_write> (\w+)/g)].map(
    ([, binding, name]) => `${binding}: ${JSON.stringify(name)}`,
  );
  return names.length > 0 ? `, outputs: { ${names.join(", ")} }` : "";
}

function recordsOf(shaders, withText = false) {
  const exports = shaders.map(
    ({ name, uses, source }) =>
      `/** shaders/${name}.wgsl: ${formulaOf(name)} */\nexport const ${exportName(name)}: Shader = { name: ${JSON.stringify(name)}, uses: [${uses.map(useOf).join(", ")}]${outputsOf(source)}${withText ? `, source: ${literal(source)}, packaged: true` : ""} };\n`,
  );
  return exports.join("");
}

const literal = (source) => "`" + source.replace(/[\\`]|\$\{/g, "\\$&") + "`";

/** The shaders of tables, which carry their texts: only programs that have tables load them. */
const ofTables = ({ name }) => ["lib/table_cells", "encode_columns", "mixed_nll", "mixed_draw"].includes(name);

/** Records with their texts, and what they use of the others. */
function tableShadersOf(shaders) {
  const own = shaders.filter(ofTables);
  const names = new Set(own.map(({ name }) => name));
  const used = new Set(own.flatMap(({ uses }) => uses.map(({ name }) => name)).filter((name) => !names.has(name)));
  return `${HEAD}import type { Shader } from "./kernel.ts";\nimport { ${[...used].map(exportName).sort().join(", ")} } from "./shaders.ts";\n\n${recordsOf(own, true)}`;
}

/** The cores of products, after what they use. */
const coresOf = (shaders) => {
  const isCore = ({ name }) => /^lib\/gemm_(quad|registers|workgroup)$/.test(name);
  const used = new Set(shaders.filter(isCore).flatMap(({ uses }) => uses.map(({ name }) => name)));
  return shaders.filter((shader) => isCore(shader) || used.has(shader.name));
};

function textsOf(shaders) {
  const entries = shaders.map(({ name, source }) => `  ${JSON.stringify(name)}: ${literal(source)},\n`);
  return `${HEAD}import type { Shader } from "../../kernel.ts";\n\nexport const texts: Readonly<Record<string, string>> = {\n${entries.join("")}};\n\n${recordsOf(coresOf(shaders))}`;
}

function namesOf(shaders) {
  const names = shaders.filter(({ name }) => !name.startsWith("lib/")).map(({ name }) => `  ${JSON.stringify(name)},\n`);
  return `${HEAD}/** The names of all shaders that compute something by themselves. */\nexport const shaderNames = [\n${names.join("")}] as const;\n`;
}

function formulasOf(shaders) {
  const entries = shaders.map(({ name }) => `  ${JSON.stringify(name)}: ${JSON.stringify(formulaOf(name))},\n`);
  return `${HEAD}/** What each shader file computes, with shapes: its first line. */\nexport const formulas: Readonly<Record<string, string>> = {\n${entries.join("")}};\n`;
}

/** The generated files: path and text. */
function generated() {
  const shaders = ordered([...wgslFiles("lib"), ...wgslFiles("")].map(parse));
  const others = shaders.filter((shader) => !ofTables(shader));
  return [
    ["src/shaders.ts", `${HEAD}import type { Shader } from "./kernel.ts";\n\n${recordsOf(others)}`],
    ["src/table_shaders.ts", tableShadersOf(shaders)],
    ["src/device/shader_names.ts", namesOf(shaders)],
    ["src/device/webgpu/texts.ts", textsOf(others)],
    ["src/lab/formulas.ts", formulasOf(shaders)],
  ];
}

function textOf(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Those that are not what the shaders say: path, text, and what is wrong. */
function outdated() {
  return generated().flatMap(([path, text]) => {
    const found = textOf(join(root, path));
    return found === text ? [] : [[path, text, found === undefined ? "missing" : "stale"]];
  });
}

/** Writes what is missing or stale, and nothing else, so that what is built from the rest stays new. */
export function generate() {
  for (const [path, text] of outdated()) writeFileSync(join(root, path), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes("--check")) generate();
  else {
    for (const [path, , what] of outdated()) {
      console.error(`${path} is ${what} (node scripts/shaders.mjs)`);
      process.exitCode = 1;
    }
  }
}
