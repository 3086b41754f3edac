/** Different texts by number, found by their bytes: a cell that was seen before becomes no string. */
import { decodedText } from "../formats/delimited.ts";

/** More different texts, or more bytes of them, are no levels of anything. */
const MOST_TEXTS = 200_000;
const MOST_BYTES = 1 << 25;

export class TextCodes {
  /** Open addressing; codes from 1, 0 is free. */
  #table = new Int32Array(256);
  #arena = new Uint8Array(4096);
  readonly #ends: number[] = [0];
  readonly #hashes: number[] = [];

  get size(): number {
    return this.#hashes.length;
  }

  /** The code of a text, from 0, in the order of their first places; −1 if it is new and no more are taken. */
  codeOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5; // FNV-1a
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const mask = this.#table.length - 1;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#table[slot]! - 1;
      if (entry < 0) return this.#add(slot, hash, bytes, start, end);
      if (this.#hashes[entry] === hash && this.#isText(entry, bytes, start, end)) return entry;
    }
  }

  text(code: number): string {
    return decodedText(this.#arena.subarray(this.#ends[code], this.#ends[code + 1]));
  }

  #isText(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#ends[code]!;
    if (this.#ends[code + 1]! - from !== end - start) return false;
    for (let i = start; i < end; i++) if (this.#arena[from + i - start] !== bytes[i]) return false;
    return true;
  }

  #add(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const from = this.#ends.at(-1)!;
    const to = from + end - start;
    if (this.size >= MOST_TEXTS || to > MOST_BYTES) return -1;
    if (to > this.#arena.length) {
      const more = new Uint8Array(Math.max(2 * this.#arena.length, to));
      more.set(this.#arena);
      this.#arena = more;
    }
    this.#arena.set(bytes.subarray(start, end), from);
    this.#ends.push(to);
    this.#table[slot] = this.#hashes.push(hash);
    if (2 * this.size > this.#table.length) this.#grow();
    return this.size - 1;
  }

  #grow(): void {
    const table = new Int32Array(4 * this.#table.length);
    const mask = table.length - 1;
    this.#hashes.forEach((hash, code) => {
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = code + 1;
    });
    this.#table = table;
  }
}
