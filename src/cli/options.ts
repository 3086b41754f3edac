/** A command's options as a table: one row gives the parser, the default and the line of `--help`. */
import { parseArgs } from "node:util";
import { cut, quoted, suggestion } from "../text.ts";
import { UsageError } from "./command.ts";

type OptionValue = string | number | boolean | readonly number[] | readonly string[] | Readonly<Record<string, number>> | undefined;

export interface Option<T extends OptionValue = OptionValue> {
  /** What stands for the value in `--help`; a flag has none. */
  readonly placeholder?: string;
  readonly help: string;
  /** The value, or undefined where the text breaks `rule`. */
  parse(text: string): T | undefined;
  readonly rule: string;
  /** The value where the option is not given. */
  readonly fallback?: T;
  /** What it is without a value, where it need not have one. */
  readonly implied?: string;
  /** Without a fallback an option must be given, unless this is true: its value is then undefined. */
  readonly optional?: boolean;
}

export type Table = Readonly<Record<string, Option>>;
export type Values<T extends Table> = { readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never };

/** The table of given values. */
export type TableOf<V> = { readonly [K in keyof V]: Option<V[K] & OptionValue> };

/** The values of all options in the table; words beside them are put into `words`, where a command takes any. UsageError names the first argument that is wrong. */
export function parseOptions<T extends Table>(command: string, table: T, args: readonly string[], words?: string[]): Values<T> {
  const fail = (rule: string): never => {
    throw new UsageError(`${command}: ${rule}`);
  };
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { placeholder }]) => [name, { type: placeholder ? "string" : "boolean" } as const]),
  );
  // Not strict: every mistake is then ours to name, in one line.
  const { tokens } = parseArgs({
    args: args.map((arg, i) => withImplied(table, arg, args[i + 1])),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, OptionValue> = {};
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional" && words) {
      words.push(token.value);
      continue;
    }
    if (token.kind === "positional") return fail(`takes options only, got ${quoted(token.value)} (elbograd ${command} --help lists them)`);
    const option = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (!option || token.rawName !== `--${token.name}`) {
      const hint = suggestion(token.name, Object.keys(table), "--") || ` (elbograd ${command} --help lists them)`;
      return fail(`there is no option ${cut(token.rawName)}${hint}`);
    }
    values[token.name] = parseValue(token.name, option, token.value, fail);
  }
  for (const [name, { fallback, rule, optional }] of Object.entries(table)) {
    if (name in values) continue;
    values[name] = fallback ?? (optional ? undefined : fail(`--${name} is ${rule}, got none`));
  }
  return values as Values<T>;
}

/** `--name` of an option that need not have a value, where none follows, as `--name=implied`. */
function withImplied(table: Table, arg: string, next: string | undefined): string {
  const name = arg.slice(2);
  const implied = arg.startsWith("--") && Object.hasOwn(table, name) ? table[name]!.implied : undefined;
  return implied !== undefined && (next === undefined || next.startsWith("-")) ? `${arg}=${implied}` : arg;
}

function parseValue(name: string, option: Option, text: string | undefined, fail: (rule: string) => never): OptionValue {
  if (option.placeholder === undefined) return text === undefined || fail(`--${name} takes no value, got ${quoted(text)}`);
  const value = text === undefined ? undefined : option.parse(text);
  return value === undefined ? fail(`--${name} is ${option.rule}, got ${text === undefined ? "none" : quoted(text)}`) : value;
}

/** Where the text of `--help` begins, beside the options' names, or below them where lines are short. */
const INDENT = 28;
const INDENT_BELOW = 6;
const SHORT = 80;

/** Each option with what it means beside it, or below it where its name is long, in lines of at most `width` characters. */
export function describeOptions(table: Table, width: number): string {
  const indent = width < SHORT ? INDENT_BELOW : INDENT;
  const lines = Object.entries(table).flatMap(([name, { placeholder, help, fallback }]) => {
    const left = `  --${name}${placeholder === undefined ? "" : ` ${placeholder}`}`;
    const shown = placeholder !== undefined && fallback !== undefined ? ` (default ${showValue(fallback)})` : "";
    const [first = "", ...rest] = wrap(`${help}${shown}`, width - indent);
    const begin = left.length + 2 <= indent ? [left.padEnd(indent) + first] : [left, " ".repeat(indent) + first];
    return [...begin, ...rest.map((line) => " ".repeat(indent) + line)];
  });
  return lines.join("\n");
}

function showValue(value: NonNullable<OptionValue>): string {
  if (typeof value !== "object") return String(value);
  return value instanceof Array
    ? value.join(",")
    : Object.entries(value)
        .map((pair) => pair.join("="))
        .join(",");
}

/** Lines of at most `width` characters, broken between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + part.length <= width) lines[lines.length - 1] = `${line} ${part}`;
    else lines.push(part);
  }
  return lines;
}

/** A flag: true where it is given. */
export function flag(help: string): Option<boolean> {
  return { help, rule: "a flag", parse: () => true, fallback: false };
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[], help: string, fallback?: T): Option<T> {
  const list = words.join("|");
  const long = list.length > 24;
  const option = {
    placeholder: long ? "NAME" : list,
    help: long ? `${words.join(", ")}: ${help}` : help,
    rule: `one of ${words.join(", ")}`,
    parse: (text: string) => words.find((word) => word === text),
  };
  return fallback === undefined ? option : { ...option, fallback };
}

/** A whole number of at least `least`. */
export function whole(least: number, help: string, fallback: number, most: number = Infinity): Option<number> {
  const rule = `a whole number ${most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`}`;
  return { placeholder: "N", help, rule, parse: (text) => parseWhole(text, least, most), fallback };
}

/** Whole numbers of at least 1 with commas between them. */
export function wholes(help: string, fallback: readonly number[]): Option<readonly number[]> {
  const parse = (text: string): readonly number[] | undefined => {
    const numbers = text.split(",").map((part) => parseWhole(part, 1));
    return numbers.includes(undefined) ? undefined : (numbers as number[]);
  };
  return { placeholder: "N,N,…", help, rule: "whole numbers of at least 1 with commas between them", parse, fallback };
}

function parseWhole(text: string, least: number, most = Infinity): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) && value >= least && value <= most ? value : undefined;
}

/** A finite number above 0. */
export function positive(help: string, fallback: number): Option<number> {
  const parse = (text: string): number | undefined => parseNumber(text) || undefined;
  return { placeholder: "X", help, rule: "a positive number", parse, fallback };
}

/** A finite number of at least 0. */
export function notNegative(help: string, fallback: number): Option<number> {
  return { placeholder: "X", help, rule: "a number of at least 0", parse: parseNumber, fallback };
}

function parseNumber(text: string): number | undefined {
  const value = /^[\d.]/.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Words with commas between them. */
export function words(placeholder: string, help: string): Option<readonly string[]> {
  const parse = (text: string): readonly string[] | undefined => (text.split(",").includes("") ? undefined : text.split(","));
  return { placeholder, help, rule: "names with commas between them", parse };
}

/** Names with numbers: `M=128,N=400`. */
export function named(placeholder: string, help: string): Option<Readonly<Record<string, number>>> {
  const parse = (text: string): Readonly<Record<string, number>> | undefined => {
    const pairs = text.split(",").map((part) => /^([A-Za-z_]\w*)=(-?[\d.]+(?:e[-+]?\d+)?)$/.exec(part));
    const entries = pairs.map((pair) => [pair?.[1] ?? "", Number(pair?.[2])] as const);
    return entries.every(([, value]) => Number.isFinite(value)) ? Object.fromEntries(entries) : undefined;
  };
  return { placeholder, help, rule: `names with numbers, such as ${placeholder}`, parse };
}

/** The same option, which need not be given. */
export function optional<T extends OptionValue>({ fallback: _, ...option }: Option<T>): Option<T | undefined> {
  return { ...option, optional: true };
}

/** A path. */
export function path(placeholder: string, help: string): Option<string> {
  return { placeholder, help, rule: "a path", parse: (text) => (text === "" ? undefined : text) };
}
