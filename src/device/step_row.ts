/**
 * The step row: 64 words that hold everything that changes from one step to the next. Words 0 … 47 are the layout's, by name; the rest hold
 * plain numbers passed where a kernel reads the row.
 */
import { checkValue, OBJECT } from "../check.ts";
import type { Params, Scalar, StepWord } from "../kernel.ts";
import type { Launch, StepLayout, StepRow } from "./device.ts";

export const ROW_WORDS = 64;
const LAYOUT_WORDS = 48;

export function isWord(value: Scalar | readonly number[]): value is StepWord {
  return typeof value === "object" && "word" in value;
}

export function checkLayout(layout: StepLayout): void {
  checkValue("step", "layout", layout, OBJECT);
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

/** One command, bound: it runs with each row of numbers. */
export type Step = (layout: StepLayout | undefined, row: StepRow | undefined) => void;

/**
 * The params of a launch as numbers, rounded as a GPU would hold them unless the device computes in f64: 0 for words of the step row until
 * `update` gives them the values of a row.
 */
export function numbersOf({ kernel, params }: Launch, precision: "f32" | "f64"): { params: Params; update: Step } {
  const numbers: Record<string, number | readonly number[]> = {};
  const words: (readonly [name: string, word: string, rounded: boolean])[] = [];
  for (const name in params) {
    const [value, type] = [params[name]!, kernel.params[name]];
    const rounded = precision === "f32" && (type === "f32" || type === "step.f32");
    if (isWord(value)) {
      words.push([name, value.word, rounded]);
      numbers[name] = 0;
    } else numbers[name] = rounded ? Math.fround(value as number) : value;
  }
  const update: Step = (layout, row) => {
    for (const [name, word, rounded] of words) {
      if (layout === undefined || row === undefined)
        throw new RangeError(`${kernel.name}: the word "${word}" has a value only inside of device.step`);
      const value = wordValue(layout, row, word);
      numbers[name] = rounded ? Math.fround(value) : value;
    }
  };
  return { params: numbers, update };
}
