/**
 * Generates src/shaders.ts and its like, and builds dist/: from src/ with tsc; wgsl/ with every shader composed with the library files that it uses,
 * products with the core that every adapter can run; and elbograd.min.js, the core entry as one file for pages without a build of their own. All of
 * it is made beside dist and then put in its place, so that a build that fails, or a program that runs meanwhile, finds dist whole.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { formulaOf, generate } from "./shaders.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const made = join(root, `dist.${process.pid}`);
const old = join(root, `dist.${process.pid}.old`);

async function build() {
  generate();
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", made], { stdio: "inherit" });
  chmodSync(join(made, "cli/main.js"), 0o755);

  const shaders = await import(pathToFileURL(join(made, "shaders.js")).href);
  const { composeShader, usesCore } = await import(pathToFileURL(join(made, "device/webgpu/compose.js")).href);
  const { DEFAULT_CORE } = await import(pathToFileURL(join(made, "device/webgpu/cores.js")).href);
  mkdirSync(join(made, "wgsl"));
  for (const shader of Object.values(shaders)) {
    if (shader.name.startsWith("lib/")) continue;
    const core = usesCore(shader) ? `// core ${DEFAULT_CORE.shader.name}, tiles of ${DEFAULT_CORE.tile(1, 1).join("×")}\n` : "";
    writeFileSync(join(made, "wgsl", `${shader.name}.wgsl`), `// ${formulaOf(shader.name)}\n${core}${composeShader(shader)}`);
  }
  await bundle();
}

/** The core with the code of all its devices, as browsers resolve it. */
async function bundle() {
  const { version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const parts = await rolldown({
    input: join(made, "index.js"),
    platform: "browser",
    resolve: { alias: { "#gpu": join(made, "device/gpu.browser.js"), "#threads": join(made, "device/threads.browser.js") } },
  });
  await parts.write({
    file: join(made, "elbograd.min.js"),
    format: "esm",
    codeSplitting: false,
    minify: true,
    comments: { legal: true, annotation: false },
    banner: `/*! elbograd ${version}, ${license} licence */`,
  });
  await parts.close();
}

function moveAside() {
  try {
    renameSync(join(root, "dist"), old);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}

try {
  await build();
  moveAside();
  renameSync(made, join(root, "dist"));
} finally {
  for (const folder of [made, old]) rmSync(folder, { recursive: true, force: true });
}
