import { quoted } from "../text.ts";
import { FormatError } from "./format_error.ts";

export interface NpyHeader {
  /** The dtype, such as `<f4`. */
  readonly descr: string;
  readonly shape: readonly number[];
  /** Whether the first index of the values runs fastest, and not the last. */
  readonly fortran: boolean;
}

/** NumPy's own limit on dimensions. */
const MAX_RANK = 64;

const BLANKS = /[ \t\n]*/y;
const TEXT = /'([^'\\]*)'|"([^"\\]*)"/y;
const TRUTH = /True|False/y;
/** A whole number; Python 2 wrote `3L`. */
const COUNT = /(\d{1,16})L?/y;

/**
 * The dict literal `{'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), }` of an NPY header, keys in any order, each once, nothing
 * besides. It is read by these few rules and never evaluated; FormatError for anything else.
 */
export function parseNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  const reader = new HeaderReader(bytes, name);
  const seen = new Set<string>();
  let descr: string | undefined;
  let fortran: boolean | undefined;
  let shape: number[] | undefined;
  reader.list("{", "}", () => {
    const key = reader.text("its keys are descr, fortran_order and shape");
    if (seen.has(key)) reader.fail(`it has each key once, ${key} stands twice`);
    seen.add(key);
    reader.expect(":");
    if (key === "descr") descr = reader.text("descr is a string, not a structure");
    else if (key === "fortran_order") fortran = reader.truth("fortran_order is True or False");
    else if (key === "shape") shape = reader.tuple(`shape is a tuple of at most ${MAX_RANK} whole numbers`);
    else reader.fail("its keys are descr, fortran_order and shape");
  });
  reader.end();
  if (descr === undefined || fortran === undefined || shape === undefined) {
    return reader.fail(`it has a ${descr === undefined ? "descr" : shape === undefined ? "shape" : "fortran_order"}`);
  }
  return { descr, shape, fortran };
}

class HeaderReader {
  readonly #text: string;
  readonly #name: string;
  #at = 0;

  constructor(bytes: Uint8Array, name: string) {
    // What is read here is ASCII, whichever encoding the version prescribes.
    this.#text = new TextDecoder("latin1").decode(bytes);
    this.#name = name;
  }

  /** Items between two marks with commas between them, and perhaps one after the last. Returns whether there was one. */
  list(open: string, close: string, item: () => void): boolean {
    this.expect(open);
    let comma = false;
    while (!this.#accept(close)) {
      item();
      comma = this.#accept(",");
      if (comma) continue;
      this.expect(close);
      break;
    }
    return comma;
  }

  text(rule: string): string {
    const [, single, double] = this.#match(TEXT) ?? this.fail(rule);
    return (single ?? double)!;
  }

  truth(rule: string): boolean {
    const [word] = this.#match(TRUTH) ?? this.fail(rule);
    return word === "True";
  }

  /** `()`, `(3,)`, `(60000, 28, 28)`; in Python `(3)` is a number. */
  tuple(rule: string): number[] {
    const counts: number[] = [];
    const comma = this.list("(", ")", () => {
      const [, digits] = this.#match(COUNT) ?? this.fail(rule);
      const count = Number(digits);
      if (!Number.isSafeInteger(count) || counts.push(count) > MAX_RANK) this.fail(rule);
    });
    if (counts.length === 1 && !comma) this.fail(rule);
    return counts;
  }

  expect(mark: string): void {
    if (!this.#accept(mark)) this.fail(`it is a Python dict with "${mark}" at character ${this.#at}`);
  }

  /** Only blanks follow. */
  end(): void {
    this.#match(BLANKS);
    if (this.#at < this.#text.length) this.fail("nothing follows its dict");
  }

  fail(rule: string): never {
    const rest = this.#text.slice(this.#at, this.#at + 40);
    throw new FormatError(`${this.#name}: in an NPY header ${rule}, got ${rest === "" ? "its end" : quoted(rest)} (is it an NPY file?)`);
  }

  #accept(mark: string): boolean {
    this.#match(BLANKS);
    const found = this.#text[this.#at] === mark;
    if (found) this.#at++;
    return found;
  }

  /** What a pattern finds here, after blanks; null where it does not fit. */
  #match(pattern: RegExp): RegExpExecArray | null {
    if (pattern !== BLANKS) this.#match(BLANKS);
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }
}
