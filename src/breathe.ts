/** One turn of the event loop: what waits comes to its turn. */

/** How long work goes on without a turn. */
const TURN_MS = 10;

/** When the event loop, of which there is one to a thread, last had a turn that work gave it. */
let turnedAt = -Infinity;

/** Lets whatever waits have its turn, if it has had none for 10 ms; otherwise there is nothing to await. */
export function breathe(): Promise<void> | undefined {
  const since = performance.now() - turnedAt;
  // a clock that was set back says nothing
  if (since >= 0 && since < TURN_MS) return undefined;
  return pass().then(() => void (turnedAt = performance.now()));
}

/** What is waited for, as for a GPU; or what is there at once, after a turn: whoever asks for it in a loop lets others have theirs. */
export async function waited<T>(value: T | Promise<T>): Promise<T> {
  if (!(value instanceof Promise)) await breathe();
  return value;
}

let waiting: (() => void)[] = [];
let channel: MessageChannel | undefined;

/** A turn of the event loop: by setImmediate in Node, on a page by a message, because timers wait there for four milliseconds. */
function pass(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") return void setImmediate(resolve);
    if (typeof MessageChannel !== "function") return void setTimeout(resolve, 0);
    if (channel === undefined) {
      channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const all = waiting;
        waiting = [];
        all.forEach((go) => go());
      };
    }
    waiting.push(resolve);
    if (waiting.length === 1) channel.port2.postMessage(undefined);
  });
}
