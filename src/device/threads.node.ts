/** Threads in Node: worker_threads. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** A worker that runs one function. It does not keep the process alive. */
export interface Thread {
  /** Ends the worker, wherever it is. */
  stop(): Promise<void>;
}

/** What becomes of a worker. */
export interface ThreadEvents {
  /** Its function has called `ready`. */
  ready(): void;
  /** It is over, and why, unless it was stopped. */
  ended(why: string): void;
}

/** Starts a worker that calls the function whose text is `source`: `source(argument, ready)`. */
export function startThread(source: string, argument: unknown, { ready, ended }: ThreadEvents): Thread {
  const program = `import { parentPort, workerData } from "node:worker_threads"; (${source})(workerData, () => parentPort.postMessage(0));`;
  // the process's own flags, such as --input-type, are not the worker's
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), { workerData: argument, execArgv: [] });
  let stopped = false;
  let why = "it ended";
  worker.on("message", ready);
  worker.unref();
  worker.on("error", (error: unknown) => (why = error instanceof Error ? error.message : String(error)));
  worker.on("exit", () => stopped || ended(why));
  return {
    async stop() {
      stopped = true;
      await worker.terminate();
    },
  };
}

/** How many threads run at once here. */
export const cores: () => number = availableParallelism;

/** Why there can be no threads here, or undefined. */
export function threadsRefused(): string | undefined {
  return undefined;
}

/** Whether this thread may sleep until another one wakes it. */
export function mayWait(): boolean {
  return true;
}
