/** Bundles dist for browsers with Vite, as an application would, into build/browser; anything of Node's in it is an error. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));
const outDir = join(root, "build/browser");

/** Node's modules, the package `webgpu` (Dawn), and what Vite puts in the place of a module that browsers lack. */
const FOREIGN = /["'`]node:|\b(?:import\(|from)\s*["'`]webgpu|\bdawn\b|browser-external/i;

export default async function setup(): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    build: { outDir, emptyOutDir: true, minify: true, lib: { entry: join(root, "dist/index.js"), formats: ["es"], fileName: "elbograd" } },
  });
  for (const file of readdirSync(outDir)) {
    const found = FOREIGN.exec(readFileSync(join(outDir, file), "utf8"));
    if (found) throw new Error(`test:browser: a bundle for browsers holds nothing of Node's, got ${found[0]} in build/browser/${file}`);
  }
}
