/** What a signal does to a command: it aborts what the command was told to watch, and soon ends the process, unless something is being kept. */

/** From the signal to the end of a command that does not end by itself: what it waits for, such as a driver's compiler, cannot be told. */
const GRACE_MS = 700;
/** Between two looks at whether what was kept is safe. */
const LOOK_MS = 50;

const holds = new Set<object>();

/** While `by` holds the process, a signal waits for the command: there is something to keep, and it knows how to end. */
export function hold(by: object): void {
  holds.add(by);
}

export function release(by: object): void {
  holds.delete(by);
}

/** Calls `end` if the process is still there a moment from now, and nothing is held; it alone keeps no process alive. */
export function endSoon(end: () => void): void {
  const look = (): void => void (holds.size > 0 ? setTimeout(look, LOOK_MS).unref() : end());
  setTimeout(look, GRACE_MS).unref();
}
