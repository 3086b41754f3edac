/** What likelihoods and priors are made with: plain JSON, which a model file holds, and which their readers take from one. */
import { isPlain, shown } from "../check.ts";
import { quoted } from "../text.ts";

/** Plain JSON: written and read, it is itself again. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object of plain JSON. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/**
 * Makes a likelihood or a prior of the options that stand in a file, JSON that anybody may have written, or throws an error that names what is wrong
 * with them. It has the type of a method, so that a function which declares the options that it takes is one too.
 */
export type OptionsReader<T> = {
  /** What the options make. */
  read(options: unknown): T;
}["read"];

/** Readers by the names that stand in files. */
export type OptionsReaders<T> = Readonly<Record<string, OptionsReader<T>>>;

/** The reader of a name that may be anybody's text: what all objects have, such as `constructor`, is none. */
export function readerOf<T>(readers: OptionsReaders<T>, name: string): OptionsReader<T> | undefined {
  return typeof name === "string" && Object.hasOwn(readers, name) ? readers[name] : undefined;
}

/** Levels of arrays and objects within one another: more is a value that holds itself. */
const DEEPEST = 64;

/** Throws unless a file can hold the name and the options: what it would not give back is refused before anybody has trained with it. */
export function checkStorable(kind: "likelihood" | "prior", { name, options }: { readonly name: unknown; readonly options: unknown }): void {
  if (typeof name !== "string" || name === "") throw new TypeError(`vae: the name of a ${kind} is a text, got ${shown(name)}`);
  if (!isPlain(options)) throw new TypeError(`vae: the options of ${name} are an object, got ${shown(options)}`);
  checkJson(name, "options", options, 0);
}

function checkJson(owner: string, path: string, value: unknown, depth: number): void {
  if (value === null || typeof value === "boolean" || typeof value === "string" || Number.isFinite(value)) return;
  if (depth > DEEPEST) {
    throw new TypeError(`vae: the options of ${owner} have at most ${DEEPEST} levels, got more at ${quoted(path)} (does an object hold itself?)`);
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) checkJson(owner, `${path}[${i}]`, value[i], depth + 1);
  } else if (isPlain(value)) {
    for (const [name, part] of Object.entries(value)) checkJson(owner, `${path}.${name}`, part, depth + 1);
  } else {
    throw new TypeError(`vae: the options of ${owner} are plain JSON, got ${shown(value)} at ${quoted(path)} (a file could not hold it)`);
  }
}
