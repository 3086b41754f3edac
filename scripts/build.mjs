/** Builds dist/ from src/ with tsc, and dist/wgsl/ with every shader composed with the library files that it uses. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { join } from "node:path";
import { formulaOf } from "./shaders.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(join(root, "dist"), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
chmodSync(join(root, "dist/cli/main.js"), 0o755);

const shaders = await import(pathToFileURL(join(root, "dist/shaders.js")).href);
const { composeShader } = await import(pathToFileURL(join(root, "dist/device/webgpu/compose.js")).href);
mkdirSync(join(root, "dist/wgsl"), { recursive: true });
for (const shader of Object.values(shaders)) {
  if (!shader.name.startsWith("lib/"))
    writeFileSync(join(root, "dist/wgsl", `${shader.name}.wgsl`), `// ${formulaOf(shader.name)}\n${composeShader(shader)}`);
}
