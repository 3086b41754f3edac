/** What SIMD kernels run on: a heap, scratch memory, routines that are compiled when first asked for, and threads that share the work. */
import { assemble, type Routine } from "./emit/assembler.ts";
import type { Type } from "./emit/instructions.ts";
import type { Heap } from "./heap.ts";
import type { Team } from "./team.ts";

export type Compiled<T extends readonly Type[]> = (...parameters: { readonly [K in keyof T]: number }) => void;
type AnyCompiled = (...parameters: number[]) => void;

/** Compiled modules, shared by all devices: they hold no state. One kind for shared memories, one for others. */
const modules = { shared: new WeakMap<object, Module>(), unshared: new WeakMap<object, Module>() };

interface Module {
  readonly bytes: Uint8Array;
  readonly module: WebAssembly.Module;
}

/** Vector instructions that pay for handing a part to another thread and waiting for it: about 15 microseconds of work. */
const WORTH = 65536;

export class Engine {
  readonly heap: Heap;
  /** Whether products may use relaxed SIMD. */
  readonly relaxed: boolean;
  readonly #team: Team | undefined;
  readonly #compiled = new Map<object, AnyCompiled>();
  /** The list of calls for a worker, while it is being laid out. */
  #calls: number[] | undefined;
  readonly #scratch = { product: { address: 0, bytes: 0 }, operand: { address: 0, bytes: 0 } };

  constructor(heap: Heap, { team, relaxed = false }: { readonly team?: Team; readonly relaxed?: boolean } = {}) {
    this.heap = heap;
    this.relaxed = relaxed;
    this.#team = team;
  }

  /** The compiled function of a routine. */
  function<T extends readonly Type[]>(routine: Routine<T>): Compiled<T> {
    let run = this.#compiled.get(routine);
    if (!run) this.#compiled.set(routine, (run = this.#compile(routine)));
    return run as Compiled<T>;
  }

  #compile(routine: Routine<readonly Type[]>): AnyCompiled {
    const known = this.#team ? modules.shared : modules.unshared;
    let made = known.get(routine);
    if (!made) {
      const bytes = assemble(routine, this.#team !== undefined);
      known.set(routine, (made = { bytes, module: new WebAssembly.Module(bytes) }));
    }
    const run = new WebAssembly.Instance(made.module, { e: { m: this.heap.memory } }).exports["run"] as AnyCompiled;
    return this.#team ? this.#listable(run, made.bytes) : run;
  }

  /** A function that, while a list is being laid out for a worker, is written there instead of running. */
  #listable(run: AnyCompiled, bytes: Uint8Array): AnyCompiled {
    const number = this.#compiled.size;
    let address = 0;
    return (...parameters) => {
      if (this.#calls === undefined) return run(...parameters);
      if (address === 0) {
        address = this.heap.allocate(bytes.length);
        new Uint8Array(this.heap.memory.buffer).set(bytes, address);
      }
      this.#calls.push(number, address, bytes.length, parameters.length, ...parameters);
    };
  }

  /**
   * Runs `part` on ranges from … to that together are 0 … count − 1 and start at multiples of `step`, each on a thread of its own where the work,
   * in vector instructions of all ranges together, pays for it. A part only calls compiled functions, and parts do not depend on each other.
   */
  split(count: number, step: number, work: number, part: (from: number, to: number, thread: number) => void): void {
    const team = this.#team;
    const parts = team ? Math.min(team.size, Math.floor(work / WORTH), Math.ceil(count / step)) : 1;
    if (!team || parts <= 1) return part(0, count, 0);
    const bound = (i: number): number => (i === parts ? count : step * Math.round((count * i) / parts / step));
    const run = (thread: number): void => {
      const [from, to] = [bound(thread), bound(thread + 1)];
      if (from < to) part(from, to, thread);
    };
    for (let thread = 1; thread < parts; thread++) team.lay(thread, this.#callsOf(run, thread));
    team.fork(parts);
    try {
      run(0);
    } finally {
      team.join(parts, run);
    }
  }

  #callsOf(run: (thread: number) => void, thread: number): readonly number[] {
    const calls: number[] = [];
    this.#calls = calls;
    try {
      run(thread);
    } finally {
      this.#calls = undefined;
    }
    return calls;
  }

  /** The threads that share the work. */
  get threads(): number {
    return this.#team?.size ?? 1;
  }

  /** The address of at least so many bytes, kept from launch to launch, until the next call for the same use: by products, or by what they read. */
  scratch(bytes: number, use: "product" | "operand" = "product"): number {
    const kept = this.#scratch[use];
    if (bytes <= kept.bytes) return kept.address;
    this.#release(kept);
    kept.address = this.heap.allocate(bytes);
    kept.bytes = bytes;
    return kept.address;
  }

  trim(): void {
    Object.values(this.#scratch).forEach((kept) => this.#release(kept));
  }

  #release(kept: { readonly address: number; bytes: number }): void {
    if (kept.bytes > 0) this.heap.release(kept.address);
    kept.bytes = 0;
  }
}
