/** Likelihoods and priors that a model file names: the library's, and those that `load` is given. */
import { shown } from "../../check.ts";
import { FormatError } from "../../formats/format_error.ts";
import { cut, harmless, quoted } from "../../text.ts";
import type { Likelihood } from "../likelihoods/likelihood.ts";
import { likelihoodReaders } from "../likelihoods/registry.ts";
import { type OptionsReaders, readerOf } from "../options.ts";
import type { Prior } from "../priors/prior.ts";
import { priorReaders } from "../priors/registry.ts";

/** A kind of thing that a file names, and what everything of this kind can do. */
export interface Kind<T extends { readonly name: string }> {
  readonly what: "likelihood" | "prior";
  /** The option of `load` that takes more of them. */
  readonly option: "likelihoods" | "priors";
  readonly known: OptionsReaders<T>;
  readonly methods: readonly (keyof T & string)[];
}

export const LIKELIHOOD: Kind<Likelihood> = {
  what: "likelihood",
  option: "likelihoods",
  known: likelihoodReaders,
  methods: ["columns", "check", "nll", "mean", "sample"],
};

export const PRIOR: Kind<Prior> = { what: "prior", option: "priors", known: priorReaders, methods: ["logProb", "sample"] };

/** The library's readers and those given, which win; throws where one of them is no function. */
export function readersOf<T extends { readonly name: string }>({ option, known }: Kind<T>, given: OptionsReaders<T> = {}): OptionsReaders<T> {
  for (const [name, read] of Object.entries(given)) {
    if (typeof read !== "function") throw new TypeError(`load: ${option}.${name} is a function of the options in a file, got ${shown(read)}`);
  }
  return { ...known, ...given };
}

/** What the file names, made of the options in it. */
export function readNamed<T extends { readonly name: string }>(
  kind: Kind<T>,
  readers: OptionsReaders<T>,
  name: string,
  options: unknown,
  file: string,
): T {
  const read = readerOf(readers, name);
  if (!read) throw new FormatError(unknown(kind, readers, name, file));
  let made: unknown;
  try {
    made = read(options);
  } catch (error) {
    throw unusable(file, error);
  }
  checkMade(kind, name, made);
  return made;
}

/** Likelihoods of the entry for tables, which programs without tables do not load. */
const OF_TABLES: ReadonlySet<string> = new Set(["mixed", "categorical", "gaussianMixture"]);

function unknown({ what, option }: Pick<Kind<Prior>, "what" | "option">, readers: OptionsReaders<unknown>, name: string, file: string): string {
  const pass = /^[A-Za-z_$][\w$]{0,99}$/.test(name) ? name : `${quoted(name)}: …`;
  const rule = `load: ${file} has the ${what} ${quoted(name)}, which is none of ${Object.keys(readers).join(", ")}`;
  if (OF_TABLES.has(name)) return `${rule} (pass those of elbograd/tables: load(device, bytes, { likelihoods: tableLikelihoods }))`;
  return `${rule} (pass it: load(device, bytes, { ${option}: { ${pass} } }))`;
}

/** Throws unless a reader has made what it stands for. */
function checkMade<T extends { readonly name: string }>({ what, option, methods }: Kind<T>, name: string, made: unknown): asserts made is T {
  const fail = (got: string): never => {
    throw new TypeError(`load: ${option}.${name} makes a ${what} of that name, got ${got}`);
  };
  if (typeof made !== "object" || made === null) return fail(shown(made));
  const missing = methods.find((method) => typeof (made as Record<string, unknown>)[method] !== "function");
  if (missing !== undefined) fail(`an object without ${missing}`);
  const { name: got } = made as T;
  if (got !== name) fail(`one of the name ${shown(got)}`);
}

/** Characters of an error's message that another message repeats: there may be parts of the file in it. */
const MOST = 1000;

/** The error, in one line, for a configuration of which no model can be made. */
export function unusable(file: string, error: unknown): FormatError {
  const message = harmless(cut((error instanceof Error ? error.message : String(error)).replace(/\s+/g, " "), MOST));
  return new FormatError(`load: the config in ${file} cannot be used (${message})`, { cause: error });
}
