/** Damage to good files, by seed: bytes and text turned, cut, moved and repeated, and what is hostile put into the places of numbers and names. */

const NUMBERS = [-1, 0, 1, 2, 3, 7, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 1e300, -0, 0.5, 1e-9];
const WORDS = [
  ...["NaN", "Infinity", "-Infinity", "null", "true", '""', '"x"', "[]", "{}", "[null]", "1e999", "01", "-0", "1.0", "+1", "0x10", "True", "(1,)"],
  ...["9".repeat(400), "[".repeat(2000) + "]".repeat(2000), '{"a":'.repeat(200) + "1" + "}".repeat(200)],
];
const NAMES = [
  ...["__proto__", "constructor", "toString", "valueOf", "dtype", "shape", "data_offsets", "", "\\u0000", "\\ud800", "a", "encoder.0.weight"],
  ...["mean.bias", "scaling.scale", "sums", "format", "version", "config", "about", "state", "__metadata__", "F16", "BF16", "I64", "BOOL", "F64"],
];
const PIECES = ["\u0000", "\ufeff", "é", "😀", "\u2028", "\u001b[2J", "\r", "\r\n", "\t", ";", '"', "'", "\\", "#"];
const BYTES = [0, 0xff, 0x7f, 0x80, 0x22, 0x2c, 0x0a, 0x0d, 0x7b, 0x7d, 0x5b, 0xc0, 0xed, 0xf8];
const MARKS = "[]{},:\"'() \n\\";

export class Mutator {
  #state: number;

  constructor(seed: number) {
    // not the generator's own step, by which one seed would go on where another began
    this.#state = Math.imul(seed, 0x85ebca6b) >>> 0;
  }

  /** A whole number from 0 to n − 1 (Steele, Lea and Flood 2014, SplitMix, in 32 bits). */
  int(n: number): number {
    let z = (this.#state = (this.#state + 0x9e3779b9) >>> 0);
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) % n;
  }

  pick<T>(from: ArrayLike<T>): T {
    return from[this.int(from.length)]!;
  }

  /** True once in n times. */
  once(n: number): boolean {
    return this.int(n) === 0;
  }

  number(): number {
    return this.pick(NUMBERS);
  }

  noise(most: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: this.int(most) }, () => this.int(256));
  }

  bytes(good: Uint8Array): Uint8Array<ArrayBuffer> {
    let now: Uint8Array<ArrayBuffer> = Uint8Array.from(good);
    for (let left = 1 + this.int(4); left > 0; left--) now = this.#damaged(now);
    return now;
  }

  #damaged(now: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const at = this.int(now.length + 1);
    const rest = (from: number): Uint8Array => now.subarray(Math.min(from, now.length));
    switch (this.int(7)) {
      case 0:
        if (at < now.length) now[at]! ^= 1 << this.int(8);
        return now;
      case 1:
        if (at < now.length) now[at] = this.pick(BYTES);
        return now;
      case 2:
        return now.slice(0, at);
      case 3:
        return Uint8Array.of(...now.subarray(0, at), ...this.noise(20), ...rest(at));
      case 4:
        return Uint8Array.of(...now.subarray(0, at), ...rest(at + this.int(40)));
      case 5:
        if (now.length >= 4) new DataView(now.buffer).setUint32(this.int(now.length - 3), this.number() >>> 0, this.once(2));
        return now;
      default:
        return Uint8Array.of(...now.subarray(0, at), ...rest(this.int(now.length + 1)));
    }
  }

  text(good: string): string {
    let now = good;
    for (let left = 1 + this.int(3); left > 0; left--) now = this.#edited(now);
    return now;
  }

  #edited(now: string): string {
    const at = this.int(now.length + 1);
    switch (this.int(7)) {
      case 0:
        return this.#replaced(now, /-?\d+(\.\d+)?/g, () => (this.once(2) ? String(this.number()) : this.pick(WORDS)));
      case 1:
        return this.#replaced(now, /"(?:[^"\\]|\\.)*"/g, () => (this.once(2) ? `"${this.pick(NAMES)}"` : this.pick(WORDS)));
      case 2:
        return this.#replaced(now, /[[\]{},:"'()]/g, () => (this.once(2) ? "" : this.pick(MARKS)));
      case 3:
        return now.slice(0, at) + this.pick(WORDS) + now.slice(at);
      case 4:
        return now.slice(0, at) + now.slice(at + this.int(30));
      case 5:
        return now.slice(0, at + this.int(60)) + now.slice(at);
      default:
        return now.slice(0, at) + this.pick(PIECES) + now.slice(at);
    }
  }

  #replaced(now: string, what: RegExp, by: () => string): string {
    const found = [...now.matchAll(what)];
    if (found.length === 0) return now;
    const { index, 0: text } = this.pick(found);
    return now.slice(0, index) + by() + now.slice(index + text.length);
  }

  /** JSON in which one value, at any depth, has become another. */
  json(text: string): string {
    const root = { value: JSON.parse(text) as unknown };
    let [holder, key]: [Record<string, unknown>, string] = [root, "value"];
    for (;;) {
      const value = holder[key];
      if (typeof value !== "object" || value === null || Object.keys(value).length === 0 || (holder !== (root as object) && this.once(3))) break;
      [holder, key] = [value as Record<string, unknown>, this.pick(Object.keys(value))];
    }
    if (this.once(8)) delete holder[key];
    else holder[key] = this.pick([this.number(), null, true, "", "x", [], {}, [null], [1], [{}], { length: 2 }, "x".repeat(3000), [[[]]]]);
    return JSON.stringify(root.value) ?? "";
  }
}

/** A reader, and what it is tried with. */
export interface HostileReader {
  /** A file, damaged or not a file at all. */
  readonly make: (m: Mutator) => Uint8Array;
  /** Reads it and uses what it holds; throws for what is no error of the reader's but a wrong result. */
  readonly read: (file: Uint8Array, m: Mutator) => unknown;
}
