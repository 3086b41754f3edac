/** Generates what is made from shaders/, and builds dist, once before the tests where it is missing or older than its sources: the command line and the package are tested as they are shipped. */
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const BUILT = join(root, "dist/cli/main.js");
const SOURCES = ["src", "shaders", "scripts", "tsconfig.json", "tsconfig.build.json"].map((path) => join(root, path));

/** When the file, or the newest file of the folder, was changed; 0 where there is none. */
function changed(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0;
  return Math.max(0, ...readdirSync(path).map((name) => changed(join(path, name))));
}

export default function setup(): void {
  execFileSync(process.execPath, [join(root, "scripts/shaders.mjs")], { stdio: "inherit" });
  if (changed(BUILT) > Math.max(...SOURCES.map(changed))) return;
  execFileSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
}
