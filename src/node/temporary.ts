/** Temporary files: named after the process that writes them, so that what a dead one has left can be told from what is being written. */
import { checkValue, TEXT } from "../check.ts";
import { randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isAtWork, thisProcess } from "./processes.ts";

/** After so long without a sign of life a process of another machine is taken for dead. */
export const SILENCE_MS = 60_000;

/** `.name.<place>-<pid>-<start>-<random>.tmp`. */
const TEMPORARY = /^\..*\.(?<place>[0-9a-f]{8})-(?<pid>\d+)-(?<start>\d+)-[0-9a-f]{8}\.tmp$/;

/** A name that nobody else has, for a file that will be called `name`. */
export function temporaryName(name: string): string {
  const { place, pid, start } = thisProcess();
  // names have at most 255 bytes, and a character up to four
  return `.${name.slice(0, 40)}.${place}-${pid}-${start}-${randomBytes(4).toString("hex")}.tmp`;
}

/** Removes temporary files whose writer is dead: no longer at work on this machine, or on another one and untouched for a minute. */
export async function removeStrayFiles(folder: string): Promise<void> {
  checkValue("removeStrayFiles", "folder", folder, TEXT);
  for (const name of await readdir(folder)) {
    const { groups } = TEMPORARY.exec(name) ?? {};
    if (groups && (await isStray(join(folder, name), groups))) await rm(join(folder, name), { force: true });
  }
}

async function isStray(path: string, { place, pid, start }: Readonly<Record<string, string>>): Promise<boolean> {
  if (place === thisProcess().place) return !isAtWork({ pid: Number(pid), start: Number(start) });
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > SILENCE_MS;
}
