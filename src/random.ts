/**
 * Randomness is a pure function of a key and an index: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"),
 * equal bit for bit on every device. Block j (the counter `[j, 0, 0, 0]`) gives elements 4j … 4j+3.
 */
import { type Check, checkValue, KEY, number, WHOLE } from "./check.ts";

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The upper 32 bits of the product of two 32-bit integers, by halves of 16 bits. */
function mulhi(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  return (a1 * b1 + Math.floor(middle / 0x10000) + (((a0 * b1 + (middle & 0xffff)) / 0x10000) >>> 0)) >>> 0;
}

/** Philox4x32-10: four words of counter and two of key to four words of random bits, written to `out`. */
export function philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number, out: Uint32Array): void {
  for (let round = 0; round < 10; round++) {
    const hi0 = mulhi(M0, c0);
    const lo0 = Math.imul(M0, c0) >>> 0;
    const hi1 = mulhi(M1, c2);
    const lo1 = Math.imul(M1, c2) >>> 0;
    c0 = (hi1 ^ c1 ^ k0) >>> 0;
    c1 = lo1;
    c2 = (hi0 ^ c3 ^ k1) >>> 0;
    c3 = lo0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** 32 random bits as a uniform number `(bits >> 9)·2^-23 + 2^-24`: exact in f32, symmetric about 1/2, never 0 or 1. */
export function uniformOf(bits: number): number {
  return (bits >>> 9) * 2 ** -23 + 2 ** -24;
}

/** 32 random bits as a standard normal number, √2·erf⁻¹(2u − 1), by the single-precision polynomial of Giles (2010), table 5. */
export function normalOf(bits: number): number {
  const x = 2 * uniformOf(bits) - 1;
  let w = -Math.log((1 - x) * (1 + x));
  let p: number;
  if (w < 5) {
    w -= 2.5;
    p = 2.81022636e-8;
    p = 3.43273939e-7 + p * w;
    p = -3.5233877e-6 + p * w;
    p = -4.39150654e-6 + p * w;
    p = 0.00021858087 + p * w;
    p = -0.00125372503 + p * w;
    p = -0.00417768164 + p * w;
    p = 0.246640727 + p * w;
    p = 1.50140941 + p * w;
  } else {
    w = Math.sqrt(w) - 3;
    p = -0.000200214257;
    p = 0.000100950558 + p * w;
    p = 0.00134934322 + p * w;
    p = -0.00367342844 + p * w;
    p = 0.00573950773 + p * w;
    p = -0.0076224613 + p * w;
    p = 0.00943887047 + p * w;
    p = 1.00167406 + p * w;
    p = 2.83297682 + p * w;
  }
  return Math.SQRT2 * p * x;
}

/** Calls `visit(i, bits)` for `count` elements of the stream of the key (k0, k1), i = 0 being the first of a block, by default of block 0. */
export function forEachBits(k0: number, k1: number, count: number, visit: (i: number, bits: number) => void, first = 0): void {
  const block = new Uint32Array(4);
  for (let i = 0; i < count; i += 4) {
    philox(first + i / 4, 0, 0, 0, k0, k1, block);
    for (let j = 0; j < 4 && i + j < count; j++) visit(i + j, block[j]!);
  }
}

/**
 * A key: 64 bits that name a stream of random numbers. Streams of different keys are independent; the same key gives the same numbers.
 *
 * - `key(seed)`: the words `(seed mod 2^32, floor(seed / 2^32))`.
 * - `key.fold(n)`: the first two words of Philox with counter `[n mod 2^32, floor(n / 2^32), 0, 1]` and this key; n = 0, 1, … give different keys.
 * - `key.split()`: `[key.fold(0), key.fold(1)]`.
 */
export interface Key {
  readonly words: readonly [number, number];
  /** The key number n of this one, n from 0 to 2^53 − 1. */
  fold(n: number): Key;
  /** Two keys of this one. */
  split(): readonly [Key, Key];
}

class PhiloxKey implements Key {
  readonly words: readonly [number, number];

  constructor(words: readonly [number, number]) {
    this.words = words;
  }

  fold(n: number): Key {
    return keyIn(0, this, n);
  }

  split(): readonly [Key, Key] {
    return [this.fold(0), this.fold(1)];
  }
}

const SEED: Check = number("is a whole number from 0 to 2^53 − 1", (n) => Number.isSafeInteger(n) && n >= 0);

function checkWhole(op: string, name: string, n: number): void {
  checkValue(op, name, n, SEED);
}

/** The key (seed mod 2^32, ⌊seed / 2^32⌋) of a seed, a whole number from 0 to 2^53 − 1. */
export function key(seed: number): Key {
  checkWhole("key", "seed", seed);
  return new PhiloxKey([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0]);
}

/**
 * Key number n in a domain of a key, by the first two words of Philox at the counter `[n mod 2^32, ⌊n / 2^32⌋, domain, 1]`. Domain 0 is that of
 * `fold`; each purpose that the library draws for has one of the others (src/streams.ts).
 */
export function keyIn(domain: number, { words }: Key, n: number): Key {
  checkWhole("key.fold", "n", n);
  const block = new Uint32Array(4);
  philox(n >>> 0, Math.floor(n / 2 ** 32) >>> 0, domain, 1, words[0], words[1], block);
  return new PhiloxKey([block[0]!, block[1]!]);
}

/** A permutation of 0 … n − 1 (Fisher–Yates; Lemire's multiply-shift maps 32 random bits to a range, off by less than n·2^-32). */
export function permutation(of: Key, n: number): Uint32Array<ArrayBuffer> {
  checkValue("permutation", "the key", of, KEY);
  checkValue("permutation", "n", n, WHOLE);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  forEachBits(of.words[0], of.words[1], n, (i, bits) => {
    const last = n - 1 - i;
    const other = mulhi(bits, last + 1);
    const kept = order[last]!;
    order[last] = order[other]!;
    order[other] = kept;
  });
  return order;
}
