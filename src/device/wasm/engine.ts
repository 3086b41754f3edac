/** What SIMD kernels run on: a heap, scratch memory, and routines that are compiled when first asked for. */
import { assemble, type Routine } from "./assembler.ts";
import type { Heap } from "./heap.ts";
import type { Type } from "./instructions.ts";

export type Compiled<T extends readonly Type[]> = (...parameters: { readonly [K in keyof T]: number }) => void;

/** Compiled modules, shared by all devices: they hold no state. */
const modules = new WeakMap<object, WebAssembly.Module>();

export class Engine {
  readonly heap: Heap;
  readonly #compiled = new Map<object, (...parameters: number[]) => void>();
  #scratch = 0;
  #scratchBytes = 0;

  constructor(heap: Heap) {
    this.heap = heap;
  }

  /** The compiled function of a routine. */
  function<T extends readonly Type[]>(routine: Routine<T>): Compiled<T> {
    let run = this.#compiled.get(routine);
    if (!run) {
      let module = modules.get(routine);
      if (!module) modules.set(routine, (module = new WebAssembly.Module(assemble(routine))));
      run = new WebAssembly.Instance(module, { e: { m: this.heap.memory } }).exports["run"] as (...parameters: number[]) => void;
      this.#compiled.set(routine, run);
    }
    return run as Compiled<T>;
  }

  /** The address of at least so many bytes, until the next call: kept from launch to launch. */
  scratch(bytes: number): number {
    if (bytes <= this.#scratchBytes) return this.#scratch;
    this.trim();
    this.#scratch = this.heap.allocate(bytes);
    this.#scratchBytes = bytes;
    return this.#scratch;
  }

  /**
   * Runs `part` on ranges from … to that together are 0 … count − 1 and start at multiples of `step`, each on a thread of its own where the work,
   * in vector instructions of all ranges together, pays for it. A part may only call compiled functions, and parts may not depend on each other.
   */
  split(count: number, step: number, work: number, part: (from: number, to: number, thread: number) => void): void {
    void step;
    void work;
    part(0, count, 0);
  }

  trim(): void {
    if (this.#scratchBytes > 0) this.heap.release(this.#scratch);
    this.#scratchBytes = 0;
  }
}
