/** Memory kept for reuse, by size class, so that a training loop allocates nothing once it is warm. */

/** The size class of a number of bytes: 256, 512, then four classes per power of two, so at most a quarter is wasted. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const power = 2 ** Math.floor(Math.log2(bytes));
  const step = Math.max(256, power / 4);
  return Math.ceil(bytes / step) * step;
}

export interface Memory<M> {
  create(bytes: number): M;
  destroy(memory: M): void;
}

/** Hands out memory of type M; what comes back is kept up to a cap of bytes. */
export class Pool<M> {
  readonly #memory: Memory<M>;
  readonly #cap: number;
  readonly #free = new Map<number, M[]>();
  pooled = 0;
  pooledBytes = 0;
  created = 0;

  constructor(memory: Memory<M>, cap: number) {
    this.#memory = memory;
    this.#cap = cap;
  }

  /** Memory of `size` bytes, which must be a size class. */
  take(size: number): M {
    const reused = this.#free.get(size)?.pop();
    if (reused !== undefined) {
      this.pooled--;
      this.pooledBytes -= size;
      return reused;
    }
    this.created++;
    return this.#memory.create(size);
  }

  give(size: number, memory: M): void {
    if (this.pooledBytes + size > this.#cap) return this.#memory.destroy(memory);
    let list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, (list = []));
    list.push(memory);
    this.pooled++;
    this.pooledBytes += size;
  }

  clear(): void {
    for (const list of this.#free.values()) for (const memory of list) this.#memory.destroy(memory);
    this.#free.clear();
    this.pooled = 0;
    this.pooledBytes = 0;
  }
}
