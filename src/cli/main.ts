#!/usr/bin/env node
/** The command line: finds the command, and turns what it throws into one line and an exit code (0 done, 1 data, 2 usage, 128 + n interrupted by signal n). */
import { type Command, Interrupted, UsageError } from "./command.ts";
import { bench } from "./commands/bench.ts";
import { decode } from "./commands/decode.ts";
import { encode } from "./commands/encode.ts";
import { evaluate } from "./commands/evaluate.ts";
import { info } from "./commands/info.ts";
import { interpolate } from "./commands/interpolate.ts";
import { recipe } from "./commands/recipe.ts";
import { reconstruct } from "./commands/reconstruct.ts";
import { sample } from "./commands/sample.ts";
import { trace } from "./commands/trace.ts";
import { train } from "./commands/train.ts";
import { traverse } from "./commands/traverse.ts";
import { verify } from "./commands/verify.ts";
import { ownVersion } from "./versions.ts";

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({ train, sample, reconstruct, encode, decode, interpolate, traverse, evaluate, recipe, bench, trace, verify, info }),
);

function help(): string {
  const commands = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(13)}${summary}`);
  return `elbograd: variational autoencoders from scratch\n\n${commands.join("\n")}\n\nelbograd <command> --help tells more; --version prints the version.`;
}

async function main([name = "", ...args]: readonly string[], signal: AbortSignal): Promise<void> {
  if (name === "--help" || name === "-h") return print(help());
  if (name === "--version") return print(ownVersion());
  const command = COMMANDS.get(name);
  if (!command)
    throw new UsageError(`elbograd: a command is one of ${[...COMMANDS.keys()].join(", ")}, got ${JSON.stringify(name)} (elbograd --help)`);
  if (args.includes("--help") || args.includes("-h")) return print(command.help());
  await command.run(args, signal);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const abort = new AbortController();
/** What a command that was stopped exits with: 128 + the signal's number, as shells have it. */
let interrupted = 130;
for (const [signal, code] of [
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  let came = false;
  process.on(signal, () => {
    // A second Ctrl-C ends the process at once. SIGHUP comes twice when a terminal is closed: from the kernel and from the shell.
    if (came && signal !== "SIGHUP") process.exit(code);
    came = true;
    if (!abort.signal.aborted) interrupted = code;
    abort.abort();
  });
}
/** Nobody reads on, as after `| head`: there is no use in going on. */
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => abort.abort());

try {
  await main(process.argv.slice(2), abort.signal);
} catch (error) {
  process.exitCode = abort.signal.aborted ? interrupted : error instanceof UsageError ? 2 : 1;
  const silent = abort.signal.aborted && !(error instanceof Interrupted);
  const message = silent ? "elbograd: interrupted, nothing was written" : (error as Error).message;
  process.stderr.write(`${process.env["ELBOGRAD_DEBUG"] === "1" ? (error as Error).stack : message.replaceAll("\n", " ")}\n`);
}
