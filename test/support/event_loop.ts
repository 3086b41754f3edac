/** A clock that tests set, and the turns that work gives the event loop. */
import { vi } from "vitest";

/** Runs work under a clock that goes on by so many milliseconds whenever it is looked at, and counts the event loop's turns meanwhile. */
export async function underClock<T>(step: number, work: () => Promise<T>): Promise<{ readonly value: T; readonly turns: number }> {
  let now = 1e9;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += step));
  const counter = new Counter();
  try {
    return { value: await work(), turns: counter.turns };
  } finally {
    counter.stop();
    clock.mockRestore();
  }
}

/** Counts by a task that comes up once in each turn, and asks for the next. */
class Counter {
  turns = 0;
  #counts = true;

  constructor() {
    if (typeof setImmediate === "function") {
      const next = (): void => void (this.#count() && setImmediate(next));
      setImmediate(next);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (this.#count() ? port2.postMessage(undefined) : port1.close());
    port2.postMessage(undefined);
  }

  #count(): boolean {
    this.turns++;
    return this.#counts;
  }

  stop(): void {
    this.#counts = false;
  }
}
