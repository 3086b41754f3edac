/** Threads in Node: worker_threads. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** A worker that runs one function with one argument. It does not keep the process alive. */
export interface Thread {
  /** Ends the worker, wherever it is. */
  stop(): Promise<void>;
}

/** Starts a worker that calls the function whose text is `source`; `ended` is told why it is over, unless it was stopped. */
export function startThread(source: string, argument: unknown, ended: (why: string) => void): Thread {
  const program = `import { workerData } from "node:worker_threads"; (${source})(workerData);`;
  // the process's own flags, such as --input-type, are not the worker's
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), { workerData: argument, execArgv: [] });
  let stopped = false;
  let why = "it ended";
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
