/** What the library's subjects are made with: sizes by name, and random values that depend on a key alone. */
import type { Kernel, Params } from "../../kernel.ts";
import { forEachBits, type Key, normalOf, uniformOf } from "../../random.ts";
import { streams } from "../../streams.ts";
import type { Operands, Sizes, Subject } from "./subject.ts";

/** The most numbers in one operand: as many as adapters bind, and no more than memory holds. */
const MOST = 2 ** 30;

function checkLength(length: number): void {
  if (length > MOST) throw new RangeError(`operands: an operand has at most ${MOST} numbers, got ${length} (use smaller sizes)`);
}

/** Arrays of random numbers, each from a stream of its own. Those in f64 are exact in f32. */
export class Draw {
  readonly #key: Key;
  #arrays = 0;

  constructor(key: Key) {
    this.#key = key;
  }

  #fill<T extends Float64Array | Uint32Array | Uint8Array>(kind: new (length: number) => T, length: number, valueOf: (bits: number) => number): T {
    checkLength(length);
    const into = new kind(length);
    const [k0, k1] = streams.operand(this.#key, this.#arrays++).words;
    forEachBits(k0, k1, length, (i, bits) => (into[i] = valueOf(bits)));
    return into;
  }

  /** Standard normal, times `scale`. */
  normals(length: number, scale = 1): Float64Array {
    return this.#fill(Float64Array, length, (bits) => Math.fround(scale * normalOf(bits)));
  }

  /** Uniform between `low` and `high`. */
  uniforms(length: number, low = 0, high = 1): Float64Array {
    return this.#fill(Float64Array, length, (bits) => Math.fround(low + (high - low) * uniformOf(bits)));
  }

  bytes(length: number): Uint8Array {
    return this.#fill(Uint8Array, length, (bits) => bits >>> 24);
  }

  /** Whole numbers below a limit. */
  indices(length: number, limit: number): Uint32Array {
    return this.#fill(Uint32Array, length, (bits) => Math.floor(uniformOf(bits) * limit));
  }
}

/** max |x|. */
export function largest(x: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < x.length; i++) most = Math.max(most, Math.abs(x[i]!));
  return most;
}

interface Description<P extends Params, N extends string> extends Pick<Subject<P>, "exact"> {
  readonly sizes: Readonly<Record<N, number>>;
  readonly edges: readonly Partial<Readonly<Record<NoInfer<N>, number>>>[];
  operands(sizes: Readonly<Record<NoInfer<N>, number>>, draw: Draw): Operands<P>;
  terms?(sizes: Readonly<Record<NoInfer<N>, number>>): number;
  bound?(operands: Operands<P>): number;
}

/** The subject of a kernel. Sizes are whole numbers; those that are not given are the usual ones. */
export function subject<P extends Params, N extends string>(kernel: Kernel<P>, { operands, terms, ...rest }: Description<P, N>): Subject<P> {
  const complete = (sizes: Sizes): Readonly<Record<N, number>> => {
    for (const [name, size] of Object.entries(sizes)) {
      if (!Object.hasOwn(rest.sizes, name)) {
        throw new RangeError(`${kernel.name}: its sizes are ${Object.keys(rest.sizes).join(", ")}, got "${name}"`);
      }
      if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${kernel.name}: ${name} is a whole number of at least 0, got ${size}`);
    }
    return { ...rest.sizes, ...sizes };
  };
  return {
    ...rest,
    kernel,
    edges: rest.edges as readonly Sizes[],
    operands: (sizes, key) => {
      const made = operands(complete(sizes), new Draw(key));
      for (const output of made.outputs) if (typeof output === "number") checkLength(output);
      return made;
    },
    ...(terms && { terms: (sizes) => terms(complete(sizes)) }),
  };
}
