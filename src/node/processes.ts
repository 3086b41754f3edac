/** Processes of this machine and of others, told apart also when a number is used again. */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessIdentity {
  readonly pid: number;
  /** When the system started it, field 22 of /proc/PID/stat; 0 where no system tells. */
  readonly start: number;
  readonly host: string;
  /** A digest of where the pid holds: the host, its boot, and the space of pids, of which each container has its own. */
  readonly place: string;
}

let own: ProcessIdentity | undefined;

export function thisProcess(): ProcessIdentity {
  return (own ??= { pid: process.pid, start: statOf(process.pid)?.start ?? 0, host: hostname(), place: thisPlace() });
}

/** Whether a process of this place is still at work: neither gone, nor a zombie, nor another one that was given its number. */
export function isAtWork({ pid, start }: Pick<ProcessIdentity, "pid" | "start">): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // another user's process may not be signalled, but is there
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const stat = statOf(pid);
  if (!stat) return true;
  return !"ZX".includes(stat.state) && (start === 0 || stat.start === start);
}

/** What Linux says of a process. */
function statOf(pid: number): { readonly state: string; readonly start: number } | undefined {
  const text = textOf(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // the second field is a name in brackets, which may hold anything
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, start] = [fields[0], Number(fields[19])];
  return state && Number.isSafeInteger(start) ? { state, start } : undefined;
}

function thisPlace(): string {
  const boot = textOf(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));
  const pids = textOf(() => readlinkSync("/proc/self/ns/pid"));
  return createHash("sha256")
    .update(JSON.stringify([hostname(), boot, pids]))
    .digest("hex")
    .slice(0, 8);
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
