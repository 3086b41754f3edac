/** The workers of a wasm device, and how a launch's parts are handed out to them: a fork and a join. */
import { mayWait, startThread, type Thread } from "#threads";
import type { Heap } from "./heap.ts";
import { CALLS, DONE, END, FAILED, LIST, OPEN, POLLS, STOP, TURN, WORKER, type WorkerData, wordsOf } from "./worker.ts";

/** Turns are numbered from 1 up to this, and then from 1 again. */
const TURNS = 2 ** 30;

/** How long a worker may be silent, in the middle of a call: as many waits as long. A call takes far less; a machine that slept wakes between two of them. */
const WAIT_MS = 50;
const WAITS = 15;

/** How long workers may take to start. */
const START_MS = 10_000;

export class Team {
  /** The threads, with the main one. */
  readonly size: number;
  readonly #heap: Heap;
  readonly #words: Int32Array;
  readonly #threads: Thread[] = [];
  readonly #lists: { address: number; capacity: number }[] = [];
  readonly #died: (why: string) => Error;
  #turn = 0;

  /** `died` is called if a worker is gone, and gives the error for whoever waits for it. */
  constructor(heap: Heap, size: number, died: (why: string) => Error) {
    this.size = size;
    this.#heap = heap;
    this.#died = died;
    this.#words = new Int32Array(new SharedArrayBuffer(4 * wordsOf(size)));
    for (let thread = 1; thread < size; thread++) this.#lists[thread] = { address: 0, capacity: 0 };
  }

  /** Starts the workers, and waits until all of them run: resolves with the reason if they do not. Until then the main thread does their part. */
  start(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const settle = (why?: string): void => {
        clearTimeout(timer);
        resolve(why);
      };
      const timer = setTimeout(settle, START_MS, `they did not start within ${START_MS / 1000} s`);
      let waiting = this.size - 1;
      const ready = (): void => void (--waiting === 0 && settle());
      for (let thread = 1; thread < this.size; thread++) {
        this.#start(thread, ready, (why) => {
          settle(why);
          this.#died(`worker ${thread} died: ${why}`);
        });
      }
    });
  }

  #start(thread: number, ready: () => void, ended: (why: string) => void): void {
    const data: WorkerData = { memory: this.#heap.memory, words: this.#words, own: wordsOf(thread) };
    try {
      this.#threads.push(startThread(WORKER, data, { ready, ended }));
    } catch (error) {
      ended((error as Error).message);
    }
  }

  /** Lays out a worker's list of calls for the coming turn. */
  lay(thread: number, calls: readonly number[]): void {
    const list = this.#lists[thread]!;
    if (calls.length > list.capacity) {
      const capacity = 2 * calls.length;
      const address = this.#heap.allocate(8 * capacity);
      if (list.capacity > 0) this.#heap.release(list.address);
      this.#lists[thread] = { address, capacity };
    }
    const first = this.#lists[thread]!.address / 8;
    new Float64Array(this.#heap.memory.buffer).set(calls, first);
    const own = wordsOf(thread);
    this.#words[own + LIST] = first;
    this.#words[own + END] = first + calls.length;
  }

  /** Opens the parts of workers 1 … parts − 1. */
  fork(parts: number): void {
    this.#turn = (this.#turn % TURNS) + 1;
    for (let thread = 1; thread < parts; thread++) Atomics.store(this.#words, wordsOf(thread) + OPEN, this.#turn);
    Atomics.store(this.#words, TURN, this.#turn);
    Atomics.notify(this.#words, TURN);
  }

  /** Does the parts that no worker has begun, and waits for the others. */
  join(parts: number, run: (thread: number) => void): void {
    for (let thread = 1; thread < parts; thread++) {
      const open = wordsOf(thread) + OPEN;
      if (Atomics.compareExchange(this.#words, open, this.#turn, 0) === this.#turn) run(thread);
      else this.#wait(thread);
    }
  }

  #wait(thread: number): void {
    const done = wordsOf(thread) + DONE;
    const isDone = (): boolean => Atomics.load(this.#words, done) === this.#turn;
    for (let polls = 0; polls < POLLS; polls++) if (isDone()) return;
    let calls = NaN;
    for (let silent = 0; silent < WAITS; silent++) {
      this.#pause(done);
      if (isDone()) return;
      if (this.#words[done] === FAILED) break;
      const now = Atomics.load(this.#words, wordsOf(thread) + CALLS);
      if (now !== calls) silent = 0;
      calls = now;
    }
    throw this.#died(`worker ${thread} died in the middle of a launch`);
  }

  /** Sleeps until the word changes, or for a moment; a page's main thread, which may not sleep, polls. */
  #pause(done: number): void {
    const value = Atomics.load(this.#words, done);
    if (mayWait()) {
      if (value !== this.#turn) Atomics.wait(this.#words, done, value, WAIT_MS);
      return;
    }
    const until = performance.now() + WAIT_MS;
    while (Atomics.load(this.#words, done) === value && performance.now() < until);
  }

  /** Ends all workers. */
  async stop(): Promise<void> {
    Atomics.store(this.#words, TURN, STOP);
    Atomics.notify(this.#words, TURN);
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}
