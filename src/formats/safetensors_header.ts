import { quoted } from "../text.ts";

/** One tensor as the header of a safetensors file describes it. */
export interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The bytes of its values, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly tensors: Map<string, TensorInfo>;
  readonly metadata: Map<string, string>;
}

/** Throws the error that says which rule is broken. */
export type Fail = (rule: string) => never;

export const METADATA = "__metadata__";

/**
 * `{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …, "__metadata__": {"key": "text", …}}`, keys in any order, each once.
 * Only this much of JSON is read. `JSON.parse` would keep the last of two equal keys, and would build whatever else a hostile header nests,
 * at many times its size.
 */
export function parseHeader(text: string, fail: Fail): Header {
  const reader = new HeaderReader(text, fail);
  const tensors = new Map<string, TensorInfo>();
  const metadata = new Map<string, string>();
  reader.object((name) => {
    if (name === METADATA) reader.object((key) => metadata.set(key, reader.string(`${METADATA} is an object of strings`)));
    else tensors.set(name, readInfo(reader, name, fail));
  });
  reader.end();
  return { tensors, metadata };
}

function readInfo(reader: HeaderReader, name: string, fail: Fail): TensorInfo {
  const said = quoted(name);
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.object((key) => {
    if (key === "dtype") dtype = reader.string(`the dtype of ${said} is a string`);
    else if (key === "shape") shape = reader.counts(`the shape of ${said} is a list of whole numbers`);
    else if (key === "data_offsets") offsets = reader.counts(`the data_offsets of ${said} are two whole numbers`);
    else fail(`${said} has a dtype, a shape and data_offsets, got ${quoted(key)}`);
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    const missing = dtype === undefined ? "dtype" : shape === undefined ? "shape" : "data_offsets";
    return fail(`${said} has a dtype, a shape and data_offsets, got no ${missing}`);
  }
  if (offsets.length !== 2) fail(`the data_offsets of ${said} are two whole numbers, got ${offsets.length}`);
  return { dtype, shape, begin: offsets[0]!, end: offsets[1]! };
}

/** Each name costs a reader ten times its bytes, and no model has so many. */
const MAX_KEYS = 1 << 16;
const MAX_RANK = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BLANKS = /[ \t\n\r]*/y;
const COUNT = /0|[1-9]\d{0,15}/y;

class HeaderReader {
  readonly #text: string;
  readonly #fail: Fail;
  #at = 0;

  constructor(text: string, fail: Fail) {
    this.#text = text;
    this.#fail = fail;
  }

  /** An object; `value` reads what belongs to a key. */
  object(value: (key: string) => void): void {
    this.#expect("{");
    if (this.#accept("}")) return;
    const keys = new Set<string>();
    do {
      const key = this.string("a key of the header is a string");
      if (keys.size === MAX_KEYS) this.#fail(`an object of the header has at most ${MAX_KEYS} names, got more`);
      if (keys.has(key)) this.#fail(`a key of the header occurs once, got ${quoted(key)} twice`);
      keys.add(key);
      this.#expect(":");
      value(key);
    } while (this.#accept(","));
    this.#expect("}");
  }

  string(rule: string): string {
    this.#skipBlanks();
    if (this.#text.charCodeAt(this.#at) !== QUOTE) this.#wrong(rule);
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text.charCodeAt(end) !== QUOTE) end += this.#text.charCodeAt(end) === BACKSLASH ? 2 : 1;
    try {
      const text = JSON.parse(this.#text.slice(this.#at, end + 1)) as string;
      this.#at = end + 1;
      return text;
    } catch {
      return this.#wrong("a string of the header is JSON");
    }
  }

  /** A list of whole numbers from 0 on, at most as long as a shape. */
  counts(rule: string): number[] {
    const counts: number[] = [];
    if (!this.#accept("[")) this.#wrong(rule);
    if (this.#accept("]")) return counts;
    do {
      this.#skipBlanks();
      COUNT.lastIndex = this.#at;
      const count = Number(COUNT.exec(this.#text)?.[0] ?? NaN);
      if (!Number.isSafeInteger(count)) this.#wrong(rule);
      this.#at = COUNT.lastIndex;
      if (counts.push(count) > MAX_RANK) this.#fail(`a list of the header has at most ${MAX_RANK} numbers, got more`);
    } while (this.#accept(","));
    if (!this.#accept("]")) this.#wrong(rule);
    return counts;
  }

  /** Only blanks follow. */
  end(): void {
    this.#skipBlanks();
    if (this.#at < this.#text.length) this.#wrong("nothing follows the object of the header");
  }

  #expect(mark: string): void {
    if (!this.#accept(mark)) this.#wrong(`the header is JSON with "${mark}" at character ${this.#at}`);
  }

  #accept(mark: string): boolean {
    this.#skipBlanks();
    const found = this.#text[this.#at] === mark;
    if (found) this.#at++;
    return found;
  }

  #skipBlanks(): void {
    BLANKS.lastIndex = this.#at;
    BLANKS.test(this.#text);
    this.#at = BLANKS.lastIndex;
  }

  #wrong(rule: string): never {
    const rest = this.#text.slice(this.#at, this.#at + 20);
    return this.#fail(`${rule}, got ${rest === "" ? "its end" : quoted(rest)}`);
  }
}
