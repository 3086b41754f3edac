/** A digest of bytes: two data sets of the same digest are the same, but for accidents of probability 2^-128. It keeps no secret. */

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

/** MurmurHash3_x86_128 of the bytes (Appleby 2011), as four words; synchronous, because pages without TLS have no crypto.subtle. */
export function murmur128(bytes: Uint8Array, seed = 0): Uint32Array {
  let [h1, h2, h3, h4] = [seed, seed, seed, seed];
  const blocks = bytes.length >>> 4;
  const words = wordsOf(bytes, blocks);
  for (let i = 0; i < 4 * blocks; i += 4) {
    h1 = (Math.imul(rotate(h1 ^ scramble(words[i]!, C1, 15, C2), 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 = (Math.imul(rotate(h2 ^ scramble(words[i + 1]!, C2, 16, C3), 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 = (Math.imul(rotate(h3 ^ scramble(words[i + 2]!, C3, 17, C4), 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 = (Math.imul(rotate(h4 ^ scramble(words[i + 3]!, C4, 18, C1), 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  const [k1, k2, k3, k4] = tailOf(bytes, blocks);
  h1 ^= scramble(k1, C1, 15, C2);
  h2 ^= scramble(k2, C2, 16, C3);
  h3 ^= scramble(k3, C3, 17, C4);
  h4 ^= scramble(k4, C4, 18, C1);
  [h1, h2, h3, h4] = spread(h1 ^ bytes.length, h2 ^ bytes.length, h3 ^ bytes.length, h4 ^ bytes.length);
  return Uint32Array.from(spread(avalanche(h1), avalanche(h2), avalanche(h3), avalanche(h4)));
}

/** One digest of several arrays, of their bytes and of where each of them ends: 32 hexadecimal digits. */
export function digestOf(...parts: readonly ArrayBufferView[]): string {
  const each = new Uint32Array(4 * parts.length);
  parts.forEach(({ buffer, byteOffset, byteLength }, i) => each.set(murmur128(new Uint8Array(buffer, byteOffset, byteLength)), 4 * i));
  const words = murmur128(new Uint8Array(each.buffer));
  return Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("");
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function scramble(k: number, first: number, by: number, second: number): number {
  return Math.imul(rotate(Math.imul(k, first), by), second);
}

/** The whole blocks of 16 bytes as words. */
function wordsOf(bytes: Uint8Array, blocks: number): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice(0, 16 * blocks);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, 4 * blocks);
}

/** The last bytes, fewer than 16, as words with zeros behind. */
function tailOf(bytes: Uint8Array, blocks: number): [number, number, number, number] {
  const tail = new Uint8Array(16);
  tail.set(bytes.subarray(16 * blocks));
  const [a, b, c, d] = new Uint32Array(tail.buffer);
  return [a!, b!, c!, d!];
}

function spread(h1: number, h2: number, h3: number, h4: number): [number, number, number, number] {
  const sum = (h1 + h2 + h3 + h4) | 0;
  return [sum, (h2 + sum) | 0, (h3 + sum) | 0, (h4 + sum) | 0];
}

/** Each bit of the word reaches all others. */
function avalanche(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
