/** File systems of their own for tests, where this machine lets them be mounted: a full disk, a folder that cannot be written. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether a file system can be mounted here: as the superuser of Linux, outside most containers. */
export const CAN_MOUNT: boolean = process.platform === "linux" && process.getuid?.() === 0 && tryMount();

function tryMount(): boolean {
  try {
    mounted("size=4k").remove();
    return true;
  } catch {
    return false;
  }
}

/** A folder in memory: `size=64k`, say, or `ro`. */
export function mounted(options: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "elbograd-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "pipe" });
  } catch (error) {
    rmSync(path, { recursive: true });
    throw error;
  }
  const remove = (): void => {
    execFileSync("umount", [path], { stdio: "pipe" });
    rmSync(path, { recursive: true });
  };
  return { path, remove };
}
