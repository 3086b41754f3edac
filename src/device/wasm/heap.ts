/** The memory of a wasm device: pieces of one WebAssembly.Memory, which grows up to a fixed maximum. */

const PAGE = 65536;
/** Pieces start at multiples of this. */
const ALIGNMENT = 256;
/**
 * Kept free at both ends: address 0 means that a slice is absent, and kernels read whole vectors, so up to sixteen elements past the ends of a
 * slice, which are then ignored.
 */
const MARGIN = ALIGNMENT;
/** The memory grows by at least this much, because every growth makes all views anew. */
const GROWTH = 256 * PAGE;

interface Gap {
  readonly start: number;
  readonly end: number;
}

export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly #maximum: number;
  /** The free pieces in order of their addresses, no two touching. */
  readonly #gaps: Gap[];
  readonly #ends = new Map<number, number>();

  /** A heap of at most `maximum` bytes, rounded up to whole pages of 64 KiB; shared with other threads, or not. */
  constructor(maximum: number, shared = false) {
    const pages = Math.ceil(maximum / PAGE);
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared });
    this.#maximum = pages * PAGE;
    this.#gaps = [{ start: MARGIN, end: PAGE - MARGIN }];
  }

  /** The address of a new piece, from the smallest gap that holds it. */
  allocate(bytes: number): number {
    const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    let best = this.#bestGap(size);
    if (best < 0) {
      this.#grow(size);
      best = this.#bestGap(size);
    }
    const { start, end } = this.#gaps[best]!;
    if (end - start === size) this.#gaps.splice(best, 1);
    else this.#gaps[best] = { start: start + size, end };
    this.#ends.set(start, start + size);
    return start;
  }

  release(address: number): void {
    const end = this.#ends.get(address);
    if (end === undefined) throw new TypeError(`wasm: no piece of memory starts at ${address}`);
    this.#ends.delete(address);
    this.#addGap({ start: address, end });
  }

  /** The bytes that are free, together, if the memory grows to its maximum. */
  get free(): number {
    const gaps = this.#gaps.reduce((sum, { start, end }) => sum + end - start, 0);
    return gaps + this.#maximum - this.memory.buffer.byteLength;
  }

  #bestGap(size: number): number {
    let best = -1;
    let least = Infinity;
    this.#gaps.forEach(({ start, end }, i) => {
      if (end - start < size || end - start >= least) return;
      best = i;
      least = end - start;
    });
    return best;
  }

  #addGap({ start, end }: Gap): void {
    let at = this.#gaps.findIndex((gap) => gap.start >= end);
    if (at < 0) at = this.#gaps.length;
    const [before, after] = [this.#gaps[at - 1], this.#gaps[at]];
    const joinsBefore = before?.end === start;
    const joinsAfter = after?.start === end;
    const joined = { start: joinsBefore ? before.start : start, end: joinsAfter ? after.end : end };
    this.#gaps.splice(at - (joinsBefore ? 1 : 0), (joinsBefore ? 1 : 0) + (joinsAfter ? 1 : 0), joined);
  }

  #grow(size: number): void {
    const length = this.memory.buffer.byteLength;
    const last = this.#gaps.at(-1);
    const atEnd = last?.end === length - MARGIN ? last.end - last.start : 0;
    const needed = Math.ceil((size - atEnd) / PAGE) * PAGE;
    const room = this.#maximum - length;
    if (needed > room) throw this.#full(size);
    try {
      this.memory.grow(Math.min(room, Math.max(needed, GROWTH)) / PAGE);
    } catch {
      throw this.#full(size);
    }
    this.#addGap({ start: length - MARGIN, end: this.memory.buffer.byteLength - MARGIN });
  }

  #full(size: number): RangeError {
    return new RangeError(`wasm: the memory is full, got ${size} bytes asked for, ${this.free} free of ${this.#maximum} (free tensors)`);
  }
}
