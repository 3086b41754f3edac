/** Text in UTF-16, as spreadsheets and Windows write it, in UTF-8: it says itself what it is by its first two bytes. */
import { FormatError } from "./format_error.ts";

const WHOLE = 1 << 20;

/** Bytes that come in pieces of any length: those of text in UTF-16 as UTF-8, all others as they are. */
export class Utf8Pieces {
  readonly #name: string;
  /** Undefined until two bytes are in; null for what is not UTF-16. */
  #decoder: TextDecoder | null | undefined;
  #first = new Uint8Array(0);

  /** `name` is what errors call the file. */
  constructor(name: string) {
    this.#name = name;
  }

  push(piece: Uint8Array): Uint8Array {
    if (this.#decoder === null) return piece;
    if (this.#decoder) return this.#encoded(this.#decoder, piece, true);
    const bytes = this.#first.length > 0 ? Uint8Array.of(...this.#first, ...piece) : piece;
    if (bytes.length < 2) {
      this.#first = Uint8Array.from(bytes);
      return new Uint8Array(0);
    }
    this.#first = new Uint8Array(0);
    const order = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined;
    this.#decoder = order === undefined ? null : new TextDecoder(order, { fatal: true });
    return this.#decoder ? this.#encoded(this.#decoder, bytes, true) : bytes;
  }

  /** What is left. FormatError where a character is cut. */
  finish(): Uint8Array {
    return this.#decoder ? this.#encoded(this.#decoder, new Uint8Array(0), false) : this.#first;
  }

  #encoded(decoder: TextDecoder, bytes: Uint8Array, stream: boolean): Uint8Array {
    try {
      return new TextEncoder().encode(decoder.decode(bytes, { stream }));
    } catch (error) {
      throw new FormatError(`${this.#name}: the text begins as UTF-16, got a character that is damaged (save it as UTF-8)`, { cause: error });
    }
  }
}

/** The bytes of a text, in UTF-8 where they are UTF-16. */
export function inUtf8(bytes: Uint8Array, name: string): Uint8Array {
  const pieces = new Utf8Pieces(name);
  const first = pieces.push(bytes.subarray(0, 2));
  if (first.length > 0) return bytes;
  const made: Uint8Array[] = [];
  for (let at = 2; at < bytes.length; at += WHOLE) made.push(pieces.push(bytes.subarray(at, at + WHOLE)));
  made.push(pieces.finish());
  const all = new Uint8Array(made.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of made) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
