#!/usr/bin/env node
/** The command line: finds the command, and turns what it throws into one line and an exit code (0 done, 1 data, 2 usage, 128 + n interrupted by signal n). */
import { cut, quoted, suggestion } from "../text.ts";
import { type Command, Interrupted, UsageError } from "./command.ts";
import { bench } from "./commands/bench.ts";
import { decode } from "./commands/decode.ts";
import { encode } from "./commands/encode.ts";
import { evaluate } from "./commands/evaluate.ts";
import { describe } from "./commands/describe.ts";
import { info } from "./commands/info.ts";
import { interpolate } from "./commands/interpolate.ts";
import { recipe } from "./commands/recipe.ts";
import { reconstruct } from "./commands/reconstruct.ts";
import { sample } from "./commands/sample.ts";
import { trace } from "./commands/trace.ts";
import { train } from "./commands/train.ts";
import { traverse } from "./commands/traverse.ts";
import { verify } from "./commands/verify.ts";
import { endSoon } from "./interruption.ts";
import { wrap } from "./options.ts";
import { lineWidth, print, warn } from "./terminal.ts";
import { ownVersion } from "./versions.ts";

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({ train, sample, reconstruct, encode, decode, interpolate, traverse, evaluate, recipe, bench, trace, verify, describe, info }),
);

/** Where a command's summary begins. */
const INDENT = 15;

function help(): string {
  const width = lineWidth();
  const commands = [...COMMANDS].map(([name, { summary }]) => {
    return `  ${name.padEnd(INDENT - 2)}${wrap(summary, width - INDENT).join(`\n${" ".repeat(INDENT)}`)}`;
  });
  return `elbograd: variational autoencoders from scratch\n\n${commands.join("\n")}\n\nelbograd <command> --help tells more; --version prints the version.`;
}

async function main([name, ...args]: readonly string[], signal: AbortSignal): Promise<void> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") return print(help());
  if (name === "--version") return print(ownVersion());
  const command = COMMANDS.get(name);
  if (!command) {
    const hint = suggestion(name, COMMANDS.keys()) || " (elbograd --help)";
    throw new UsageError(`elbograd: a command is one of ${[...COMMANDS.keys()].join(", ")}, got ${quoted(name)}${hint}`);
  }
  if (args.includes("--help") || args.includes("-h")) return print(command.help());
  await command.run(args, signal);
}

const commandLine = process.argv.slice(2);
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
    if (!abort.signal.aborted) {
      interrupted = code;
      endSoon(() => {
        process.exitCode = code;
        complain(abort.signal.reason, commandLine);
        process.exit();
      });
    }
    abort.abort();
  });
}
/** What became of stdout or stderr, where they take no more: there is no use in going on then. */
let unwritable: NodeJS.ErrnoException | undefined;
let done = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    unwritable ??= error;
    abort.abort();
    // That nobody reads to the end, as after `| head`, is the reader's choice; a full disk is a failure, also when all else is done.
    if (!done || error.code === "EPIPE") return;
    process.exitCode = 1;
    warn(`elbograd: ${whyAborted()}`);
  });
}

function whyAborted(): string {
  if (!unwritable) return "interrupted";
  return unwritable.code === "EPIPE" ? "stdout was closed" : `stdout cannot be written (${unwritable.message})`;
}

/** What a shell says of a program that writes into a closed pipe: 128 + SIGPIPE. */
const CLOSED_PIPE = 141;

function exitCodeOf(error: unknown): number {
  if (unwritable) return unwritable.code === "EPIPE" ? CLOSED_PIPE : 1;
  return abort.signal.aborted ? interrupted : error instanceof UsageError ? 2 : 1;
}

/** The longest message, whatever was in a file. */
const LONGEST = 1500;

/** One line for people; where stdout has lines for programs, the last of them. */
function complain(error: unknown, [name = "", ...args]: readonly string[]): void {
  const silent = abort.signal.aborted && !(error instanceof Interrupted);
  const message = silent ? `elbograd: ${whyAborted()}, nothing was written` : (error as Error).message;
  if (COMMANDS.get(name)?.jsonLines && args.includes("--json") && !unwritable) {
    print(JSON.stringify({ type: "error", message, exitCode: process.exitCode }));
  }
  warn(process.env["ELBOGRAD_DEBUG"] === "1" ? ((error as Error).stack ?? message) : cut(message.replace(/\s*\n\s*/g, " "), LONGEST));
}

try {
  await main(commandLine, abort.signal);
  done = true;
} catch (error) {
  process.exitCode = exitCodeOf(error);
  complain(error, commandLine);
}
