/**
 * The step row: 64 words that hold everything that changes from one step to the next. Words 0 … 47 are the layout's, by name; the rest hold
 * plain numbers passed where a kernel reads the row.
 */
import type { Params, Scalar, StepWord } from "../kernel.ts";
import type { StepLayout, StepRow } from "./device.ts";

export const ROW_WORDS = 64;
const LAYOUT_WORDS = 48;

export function isWord(value: Scalar | readonly number[]): value is StepWord {
  return typeof value === "object" && "word" in value;
}

export function checkLayout(layout: StepLayout): void {
  const count = Object.keys(layout).length;
  if (count > LAYOUT_WORDS) throw new RangeError(`step: a row has at most ${LAYOUT_WORDS} words, got ${count}`);
}

/** The index of a word in the layout in force. */
export function indexOfWord(layout: StepLayout | undefined, name: string): number {
  const index = layout === undefined ? -1 : Object.keys(layout).indexOf(name);
  if (index < 0) {
    const known = layout === undefined ? "no step is running" : `the layout has ${Object.keys(layout).join(", ")}`;
    throw new RangeError(`run: the step row has no word "${name}", ${known} (pass it to device.step or device.capture)`);
  }
  return index;
}

/** The value of a word as the devices see it: u32, or rounded to f32. */
export function wordValue(layout: StepLayout, row: StepRow, name: string): number {
  const value = row[name];
  if (value === undefined) throw new RangeError(`step: the row has no value for its word "${name}"`);
  return layout[name] === "u32" ? value >>> 0 : value;
}

/** The values of all words in the layout's order, as bits. */
export function rowBits(layout: StepLayout, row: StepRow, into: Uint32Array, at: number): void {
  Object.keys(layout).forEach((name, i) => {
    const value = wordValue(layout, row, name);
    into[at + i] = layout[name] === "u32" ? value : bitsOf(value);
  });
}

const one = new Float32Array(1);
const oneBits = new Uint32Array(one.buffer);

/** The bits of a number rounded to f32. */
export function bitsOf(value: number): number {
  one[0] = value;
  return oneBits[0]!;
}

/** Plain numbers that take words of the row, each distinct value once, from the last word down. */
export class Literals {
  readonly #words = new Map<number, number>();

  /** The word that holds these bits, or undefined when the row is full. */
  place(bits: number): number | undefined {
    const known = this.#words.get(bits);
    if (known !== undefined) return known;
    if (this.#words.size === ROW_WORDS - LAYOUT_WORDS) return undefined;
    const index = ROW_WORDS - 1 - this.#words.size;
    this.#words.set(bits, index);
    return index;
  }

  write(into: Uint32Array, at: number): void {
    for (const [bits, index] of this.#words) into[at + index] = bits;
  }
}

/** Params with every step word replaced by its value. */
export function resolve(params: Readonly<Record<string, Scalar | readonly number[]>>, value: (name: string) => number): Params {
  const out: Record<string, number | readonly number[]> = {};
  for (const [name, given] of Object.entries(params)) out[name] = isWord(given) ? value(given.word) : given;
  return out;
}
