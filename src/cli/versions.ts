/** The versions that a result depends on. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);

/** Of this package. */
export function ownVersion(): string {
  return (require("../../package.json") as { version: string }).version;
}

/** Of this package, of Node with its platform, and of the package webgpu. */
export function versions(): Readonly<Record<string, string>> {
  const node = `${process.version} (${process.platform} ${process.arch})`;
  return { elbograd: ownVersion(), Node: node, webgpu: webgpuVersion() ?? "not installed" };
}

function webgpuVersion(): string | undefined {
  try {
    return (require("webgpu/package.json") as { version: string }).version;
  } catch {
    return undefined;
  }
}

/** The commit that this package is at, with "-dirty" behind it where files differ from it; undefined where it is no repository of its own. */
export function ownCommit(): string | undefined {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  if (!existsSync(`${root}.git`)) return undefined;
  try {
    const args = ["-C", root, "describe", "--always", "--dirty", "--exclude=*"];
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined; // there is no git here
  }
}
