/** Turns of the event loop in long work: timers, signals and what else waits come to their turn, the work can be ended, and it is said how far it is. */

import { breathe } from "./breathe.ts";
import { type Checks, FUNCTION, SIGNAL } from "./check.ts";

/** How far work is. */
export interface WorkProgress {
  /** What is done: of rows, of steps, or of the bytes of a file, as the function that it is passed to says. Never less than before, in the end `total`. */
  readonly done: number;
  readonly total: number;
}

/** What every function that works for long takes. */
export interface WorkOptions {
  /** Ends the work at its next turn, by throwing the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told every fraction of a second how far the work is, and when it is done. */
  readonly onProgress?: ((progress: WorkProgress) => void) | undefined;
}

/** The rules of these options. */
export const WORK: Checks<keyof WorkOptions> = { signal: SIGNAL, onProgress: FUNCTION };

/** Says that so much `more` is done (default nothing): awaited between two parts of the work, as often as is convenient. */
export type Turn = (more?: number) => Promise<void> | undefined;

/** How long one part of it should take: at most that long and 10 ms more lie between two turns. */
const PART_MS = 15;
/** The first part's rows. */
const FIRST = 8;
/** Between two calls of `onProgress`. */
const TELL_MS = 50;

/** The turns of one piece of work, which is done when `total` is; throws where the signal has come already. */
export function turns({ signal, onProgress }: WorkOptions = {}, total: number = 0): Turn {
  signal?.throwIfAborted();
  let [done, told, toldAt] = [0, -1, -Infinity];
  const tell = (): void => {
    const now = performance.now();
    if (!onProgress || told === done || (done < total && now - toldAt < TELL_MS)) return;
    [told, toldAt] = [done, now];
    onProgress({ done, total });
  };
  return (more = 0) => {
    done += more;
    signal?.throwIfAborted();
    tell();
    return breathe()?.then(() => signal?.throwIfAborted());
  };
}

/** What is done with part of the rows; all work that does not wait comes before its first await. */
type Part = (first: number, count: number) => Promise<void>;

/** How rows are divided. */
export interface Parts {
  readonly rows: number;
  /** The most rows of a part. */
  readonly most: number;
  /** A device that computes while others wait for it, such as a GPU, always gets the most: how a product is divided among its cores may depend on the rows. */
  readonly device: { readonly name: string };
}

/** Parts of whole rows, one after the other, each as long as fits between two turns: multiples of four rows, but for the last one. */
export async function inParts({ rows, most, device }: Parts, turn: Turn, part: Part): Promise<void> {
  const pace = new Pace(most, device);
  for (let first = 0; first < rows;) {
    const count = Math.min(pace.size, rows - first);
    await pace.timed(count, () => part(first, count));
    first += count;
    await turn(count);
  }
}

/** Whether the host itself computes for the device, so that parts are as long as fits between two turns; others, such as a GPU, get all at once. */
export function isPaced({ name }: Parts["device"]): boolean {
  return name !== "webgpu";
}

/** How large parts are: grown and shrunk by the time that the last one took. */
export class Pace {
  /** Of the next part. */
  size: number;
  readonly #most: number;
  readonly #paced: boolean;

  constructor(most: number, device: Parts["device"]) {
    this.#most = most;
    this.#paced = isPaced(device);
    this.size = this.#paced ? Math.min(most, FIRST) : most;
  }

  /** Does a part of so much, and takes the time until it waits. */
  timed<T>(size: number, part: () => T): T {
    const start = performance.now();
    const result = part();
    const took = performance.now() - start;
    const next = Math.min(2 * size, (size * PART_MS) / took);
    if (this.#paced) this.size = Math.min(this.#most, Math.max(4, next - (next % 4)));
    return result;
  }
}

/** Runs work that is written as a generator to its end, with a turn after each step; what it yields is how much more is done. */
export async function inTurns<T>(steps: Iterator<number, T>, turn: Turn): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await turn(value);
  }
}

/** Runs it to its end without a turn. */
export function atOnce<T>(steps: Iterator<number, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
