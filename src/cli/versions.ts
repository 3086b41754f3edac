/** The versions that a result depends on. */
import { createRequire } from "node:module";

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
