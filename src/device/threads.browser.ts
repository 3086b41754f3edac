/** Threads in browsers: Workers that share memory, which a page may have when it is cross-origin isolated. */
import type { Thread, ThreadEvents } from "./threads.node.ts";

interface Scope {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly document?: unknown;
}

const scope = globalThis as Scope;

/** What an error without a message means: it is the script, not what the script did. */
const NOT_LOADED = "its script was refused (a Content-Security-Policy has to allow worker-src blob:)";

/** Starts a worker that calls the function whose text is `source`: `source(argument, ready)`. */
export function startThread(source: string, argument: unknown, { ready, ended }: ThreadEvents): Thread {
  const program = `onmessage = ({ data }) => (${source})(data, () => postMessage(0))`;
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const worker = new Worker(url);
  worker.onmessage = ready;
  worker.onerror = (event: Partial<ErrorEvent> & Event) => {
    event.preventDefault();
    ended(event.message ?? NOT_LOADED);
  };
  worker.postMessage(argument);
  return {
    stop() {
      worker.onerror = null;
      worker.terminate();
      URL.revokeObjectURL(url);
      return Promise.resolve();
    },
  };
}

/** How many threads run at once here. */
export function cores(): number {
  return scope.navigator?.hardwareConcurrency ?? 1;
}

/** Why there can be no threads here, or undefined. */
export function threadsRefused(): string | undefined {
  if (typeof SharedArrayBuffer !== "undefined" && typeof Worker !== "undefined" && scope.crossOriginIsolated) return undefined;
  return "no SharedArrayBuffer (serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)";
}

/** Whether this thread may sleep until another one wakes it: a page may not. */
export function mayWait(): boolean {
  return scope.document === undefined;
}
