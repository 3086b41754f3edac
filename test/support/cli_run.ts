/** Runs the real binary as a child process. dist is built before the tests by setup_build.ts. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));
export const MAIN: string = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly main?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sent as soon as stdout has a whole line. */
  readonly signal?: NodeJS.Signals;
  /** A shell command before the program, in the same process. */
  readonly before?: string;
  /** Called as soon as stdout has a whole line, with what sends a signal. */
  readonly started?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the program in a folder. */
export function elbograd(folder: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { main = MAIN, env = {}, signal, before = ":", started = (kill) => signal && kill(signal) } = options;
  const child = spawn("sh", ["-c", `${before}; exec "$0" "$@"`, process.execPath, main, ...args], { cwd: folder, env: { ...process.env, ...env } });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (!out.includes("\n") && text.includes("\n")) started((which) => void child.kill(which));
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  return new Promise((resolve, reject) => child.on("error", reject).on("close", (code) => resolve({ code, out, err })));
}

/** A new folder for a test file's runs, gone at its end; call it at the top. */
export function testFolder(): { readonly path: string; run(args: readonly string[], options?: RunOptions): Promise<Result> } {
  const path = mkdtempSync(join(tmpdir(), "elbograd-cli-"));
  afterAll(() => rmSync(path, { recursive: true }));
  return { path, run: (args, options) => elbograd(path, args, options) };
}

/** What lines of JSON hold, one object each. */
export function jsonLines(out: string): Record<string, unknown>[] {
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Arguments that train a tiny model on the digits, quickly. */
export function digits(out: string, ...more: string[]): string[] {
  const tiny = "train --data digits --device cpu --hidden 24,16 --latent 3 --batch-size 200 --out";
  return [...tiny.split(" "), out, ...more];
}
