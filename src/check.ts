/** Arguments and options as programs pass them: what they are to be stands in tables, and what is said where they are something else stands here. */
import type { KeyWords, TypedArray } from "./kernel.ts";
import { cut, harmless, quoted, suggestion } from "./text.ts";

/**
 * What a value is to be: in words that follow its name; whether it is of the kind, TypeError where it is not; whether one of the kind is right, RangeError
 * where it is not; and what to do, where the value does not say it.
 */
export type Check = readonly [
  is: string,
  isKind: (value: unknown) => boolean,
  isRight?: ((value: never) => boolean) | undefined,
  how?: string | undefined,
];

/** The rules of options, by their names. */
export type Checks<Name extends string = string> = Readonly<Record<Name, Check>>;

/** Numbers, row after row: typed arrays, and plain ones. */
export type Numbers = TypedArray | readonly number[];

/** A number of which something is true. */
/* @__NO_SIDE_EFFECTS__ */
export function number(is: string, isRight: (x: number) => boolean): Check {
  return [is, (value) => typeof value === "number", isRight];
}

export const COUNT: Check = number("is a whole number of at least 1", (n) => Number.isSafeInteger(n) && n >= 1);
export const WHOLE: Check = number("is a whole number of at least 0", (n) => Number.isSafeInteger(n) && n >= 0);
export const POSITIVE: Check = number("is a positive number", (x) => x > 0 && x < Infinity);
export const AT_LEAST_ZERO: Check = number("is a number of at least 0", (x) => x >= 0 && x < Infinity);
export const NUMBER: Check = ["is a number", (value) => typeof value === "number"];
export const FINITE: Check = number("is a finite number", Number.isFinite);
export const FLAG: Check = ["is true or false", (value) => typeof value === "boolean"];
export const TEXT: Check = ["is a text", (value) => typeof value === "string"];
export const FUNCTION: Check = ["is a function", (value) => typeof value === "function"];
export const OBJECT: Check = ["is an object", (value) => isPlain(value)];
export const ARRAY: Check = ["is an array", Array.isArray];
/** Sizes, axes and places: few, and whole ones where it says so. */
export const NUMBERS: Check = ["is an array of numbers", (value) => Array.isArray(value) && value.every((n) => typeof n === "number")];
export const MAP: Check = ["is a Map", (value) => value instanceof Map];
/** Checked where it is used. */
export const ANY: Check = ["is anything", () => true];

/** One of a few words. */
/* @__NO_SIDE_EFFECTS__ */
export function oneOf(words: readonly string[], how?: string): Check {
  return [
    `is ${words
      .map((word) => `"${word}"`)
      .join(", ")
      .replace(/, (?=\S+$)/, " or ")}`,
    TEXT[1],
    (value: string) => words.includes(value),
    how,
  ];
}

/** What is right, or a value of another kind that stands for it. */
/* @__NO_SIDE_EFFECTS__ */
export function or([is, isKind, isRight, how]: Check, isOther: (value: unknown) => boolean): Check {
  return [is, (value) => isOther(value) || isKind(value), (value: never) => isOther(value) || !isRight || isRight(value), how];
}

/** A number, or a function that gives one for each step. */
/* @__NO_SIDE_EFFECTS__ */
export function scheduled(check: Check): Check {
  return or(check, FUNCTION[1]);
}

/** A number, or the word of the step row that holds it. */
/* @__NO_SIDE_EFFECTS__ */
export function scalar(check: Check): Check {
  return or(check, (value) => Object(value) === value && "word" in (value as object));
}

/** An object that has these members, whatever made it. */
/* @__NO_SIDE_EFFECTS__ */
export function thing(what: string, members: readonly string[], how: string): Check {
  return [`is ${what}`, (value) => Object(value) === value && members.every((member) => member in (value as object)), undefined, how];
}

export const DEVICE: Check = thing("a device", ["alloc", "scope"], "await openDevice()");
export const SIGNAL: Check = thing("an AbortSignal", ["aborted", "throwIfAborted"], "new AbortController().signal");
export const KEY: Check = ["is a key", (value) => Array.isArray((value as Partial<KeyWords> | undefined | null)?.words), undefined, "key(seed)"];

/** Throws unless the value is what its rule says. */
export function checkValue(op: string, name: string, value: unknown, [is, isKind, isRight, how]: Check): void {
  const kind = isKind(value);
  if (kind && (!isRight || isRight(value as never))) return;
  throw new (kind ? RangeError : TypeError)(`${op}: ${name} ${is}, got ${shown(value)}${adviceOn(value, how)}`);
}

/**
 * Throws unless `given` is an object of options that there are, each as its check says; those that are `required` may not be left out. `what` they are,
 * for a message.
 */
export function checkOptions<Name extends string>(
  op: string,
  given: unknown,
  checks: Checks<Name>,
  required: readonly NoInfer<Name>[] = [],
  what = "the options are",
): void {
  const fail = (got: string): never => {
    const names = Object.keys(checks);
    throw new TypeError(`${op}: ${names.length > 0 ? `${what} { ${names.join(", ")} }` : "there are no options"}, got ${got}`);
  };
  if (!isBag(given)) return fail(shown(given) + adviceOn(given));
  for (const name in given) {
    if (!Object.hasOwn(checks, name)) fail(quoted(name) + suggestion(name, Object.keys(checks)));
    if (given[name] !== undefined) checkValue(op, name, given[name], checks[name as Name]);
  }
  for (const name of required) if (given[name] === undefined) checkValue(op, name, undefined, checks[name]);
}

/** An object of options: what a class makes is one if it has fields. */
function isBag(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlain(value) || (typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0);
}

/** True for `{…}`, and not for arrays or what a class makes. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** What can be said of a value that stands in the place of another: a promise, a function, or what `how` says. */
function adviceOn(value: unknown, how?: string): string {
  if (isPromise(value)) return " (await it)";
  if (typeof value === "function" && value.name !== "") return ` (call it: ${named(value.name)}())`;
  return how === undefined ? "" : ` (${how})`;
}

const named = (name: string): string => harmless(cut(name));

/** A value for a message: text and numbers as they are, else what kind of thing it is. */
export function shown(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${named(value.name)}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  if (isPlain(value)) return "an object";
  const name = named(String((value.constructor as { readonly name: unknown } | undefined)?.name));
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
}

/** The numbers of a typed array, or of a plain one; throws at the first that is none. */
export function numbersOf(op: string, name: string, given: unknown): TypedArray {
  const is = `${op}: ${name} is an array of numbers`;
  // a DataView has no length, and a BigInt64Array no numbers
  if (ArrayBuffer.isView(given) && "length" in given && !/^Big/.test(given.constructor.name)) return given as TypedArray;
  if (!Array.isArray(given)) throw new TypeError(`${is}, got ${shown(given)}${adviceOn(given, "a Float32Array, or any other")}`);
  const at = given.findIndex((value) => typeof value !== "number");
  if (at < 0) return Float64Array.from(given as number[]);
  throw new TypeError(`${is}, got ${shown(given[at])} at ${at}${Array.isArray(given[at]) ? " (one after the other: .flat())" : ""}`);
}

/** The numbers of whole rows, of which there is one at least. */
export function rowsOf(op: string, given: unknown, columns: unknown, name = "values"): TypedArray {
  const values = numbersOf(op, name, given);
  checkValue(op, "columns", columns, COUNT);
  if (values.length > 0 && values.length % (columns as number) === 0) return values;
  throw new RangeError(`${op}: there is at least one row and rows are whole, got ${values.length} values for ${String(columns)} columns`);
}

/** The two words of a key. */
export function wordsOf(op: string, name: string, key: KeyWords): KeyWords["words"] {
  checkValue(op, name, key, KEY);
  return key.words;
}

/** The bytes of a file, however they were read. */
export function bytesOf(op: string, given: unknown): Uint8Array {
  if (given instanceof ArrayBuffer) return new Uint8Array(given);
  if (given instanceof Uint8Array) return given;
  throw new TypeError(`${op}: the bytes are a Uint8Array or an ArrayBuffer, got ${shown(given)}${adviceOn(given, "read the file first")}`);
}
