/** A command from its parts: the table of its options, what it is called in a program, and what it does. */
import type { Device } from "../device/device.ts";
import { type DeviceName, openDevice } from "../device/open.ts";
import { type Command, UsageError } from "./command.ts";
import { describeOptions, flag, oneOf, type Option, optional, parseOptions, type Table, type Values, whole, wrap } from "./options.ts";
import { lineWidth, print } from "./terminal.ts";

interface Parts<T extends Table> {
  readonly name: string;
  readonly summary: string;
  /** The options that matter most, as a line after the command's name. */
  readonly usage: string;
  readonly options: T;
  /** Lines of code that do the same in a program. */
  readonly call: string;
  /** Sentences below the options. */
  readonly notes?: string;
  /** Whether `--json` prints lines while it is at work, the last of which says how it ended. */
  readonly jsonLines?: boolean;
  /** Whether it takes words besides its options; without it there are none. */
  readonly takesWords?: boolean;
  /** `args` is the command line as it was given, for what repeats it. */
  run(options: Values<T>, signal: AbortSignal, args: readonly string[], words: readonly string[]): Promise<void>;
}

export function define<T extends Table>({
  name,
  summary,
  usage,
  options,
  call,
  notes,
  jsonLines = false,
  takesWords = false,
  run,
}: Parts<T>): Command {
  return {
    summary,
    jsonLines,
    help() {
      const width = lineWidth();
      const about = notes === undefined ? [] : [paragraph(notes, width)];
      return [`elbograd ${name} ${usage}`, describeOptions(options, width), ...about, `In a program:\n${indented(call)}`].join("\n\n");
    },
    run: async (args, signal) => {
      const words: string[] = [];
      await run(checked(name, parseOptions(name, options, args, takesWords ? words : undefined)), signal, args, words);
    },
  };
}

function checked<V extends Readonly<Record<string, unknown>>>(command: string, values: V): V {
  const { device, threads } = values;
  if (threads === undefined || !(device === "cpu" || device === "webgpu")) return values;
  throw new UsageError(`${command}: --threads are those of --device wasm, got --device ${device}`);
}

/** Sentences as lines that fit. */
function paragraph(text: string, width: number): string {
  return wrap(text.replaceAll("\n", " "), width).join("\n");
}

function indented(text: string): string {
  return text.replace(/^/gm, "  ");
}

/** What every command knows. */
export interface Shared {
  readonly device: Option<DeviceName>;
  readonly threads: Option<number | undefined>;
  readonly seed: Option<number>;
  readonly json: Option<boolean>;
}

export const NOT_RANDOM = "nothing here is random: accepted so that scripts can pass it to every command";

/** The options of every command; `seed` says what it is good for here. */
export function shared(seed: string): Shared {
  return {
    device: oneOf(["auto", "cpu", "wasm", "webgpu"], "where the numbers are computed", "auto"),
    threads: optional(whole(1, "threads of the wasm device (default one for each core, at most 8): the same numbers, sooner", 1, 64)),
    seed: whole(0, seed, 0),
    json: flag("what was done as one JSON object on stdout (docs/json.md)"),
  };
}

/** Opens the device that a command was told to use. */
export function openFor({ device, threads }: { readonly device: DeviceName; readonly threads: number | undefined }): Promise<Device> {
  return openDevice(device, threads === undefined ? {} : { threads });
}

/** One line for people, or one JSON object for programs. */
export function tell(json: boolean, object: Readonly<Record<string, unknown>>, text: string): void {
  print(json ? JSON.stringify(object) : text);
}
