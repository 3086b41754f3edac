/**
 * What the workers of a wasm device run: a text in plain JavaScript, which needs no file of its own and no build. A worker polls, then sleeps, until
 * it is the turn of another launch; then it takes the list of calls that is laid out for it in the shared memory, unless the main thread already
 * has, and works through it.
 */

/** The words that main thread and workers share: each that is written often has a cache line of 16 words for itself. */
export const LINE = 16;
/** The number of the turn: whoever waits, waits for it to change. */
export const TURN = 0;
/** Words of a worker, in its lines: the turn whose part is open (0 once somebody took it), the list's place in memory, in elements of f64, and its end. */
export const OPEN = 0;
export const LIST = 1;
export const END = 2;
/** The turn that the worker has finished, or FAILED; and the calls that it has done, ever. */
export const DONE: number = LINE;
export const CALLS: number = LINE + 1;
/** Where the words of a worker begin. */
export const wordsOf = (thread: number): number => 2 * LINE * thread;

/** The number of the last turn: workers end. */
export const STOP = -1;
export const FAILED = -1;

/** How often a word is read before sleeping: about half a millisecond, in which the next launch has usually come. */
export const POLLS = 50_000;

/** Before a call's arguments in a list: the routine's number, where its module's bytes lie and how many they are, and the number of arguments. */
export const HEAD = 4;

export interface WorkerData {
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
  /** The index of this worker's words. */
  readonly own: number;
}

export const WORKER: string = `({ memory, words, own }, ready) => {
  const routines = [];
  let numbers = new Float64Array(memory.buffer);
  const compile = (address, length) => {
    const bytes = new Uint8Array(memory.buffer, address, length).slice();
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { e: { m: memory } }).exports.run;
  };
  const work = (at, end) => {
    if (end > numbers.length) numbers = new Float64Array(memory.buffer);
    while (at < end) {
      const first = at + ${HEAD};
      const last = first + numbers[at + 3];
      const routine = (routines[numbers[at]] ??= compile(numbers[at + 1], numbers[at + 2]));
      routine(...numbers.subarray(first, last));
      Atomics.add(words, own + ${CALLS}, 1);
      at = last;
    }
  };
  ready();
  for (let turn = 0; ; ) {
    let polls = 0;
    while (Atomics.load(words, ${TURN}) === turn) if (++polls > ${POLLS}) Atomics.wait(words, ${TURN}, turn);
    turn = Atomics.load(words, ${TURN});
    if (turn === ${STOP}) return;
    if (Atomics.compareExchange(words, own + ${OPEN}, turn, 0) !== turn) continue;
    let result = ${FAILED};
    try {
      work(words[own + ${LIST}], words[own + ${END}]);
      result = turn;
    } finally {
      Atomics.store(words, own + ${DONE}, result);
      Atomics.notify(words, own + ${DONE});
    }
  }
}`;
