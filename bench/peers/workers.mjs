/** Web Workers over worker_threads, as far as the peers need them: in stock Node their builds find none, or one that refuses blob: addresses. */
import { Worker as Thread } from "node:worker_threads";

const BROWSER = `
  const { parentPort } = require("node:worker_threads");
  globalThis.self = globalThis;
  globalThis.postMessage = (message) => parentPort.postMessage(message);
  parentPort.on("message", (data) => self.onmessage({ data }));
`;

/** The address of a script is the script itself. */
export function installBlobAddresses() {
  globalThis.Blob = class {
    constructor(parts) {
      this.source = parts.join("");
    }
  };
  URL.createObjectURL = ({ source }) => source;
  URL.revokeObjectURL = () => {};
}

/** A Worker that runs the text which stands for its address. */
export class BlobWorker extends Thread {
  constructor(source) {
    super(source, { eval: true });
    this.unref();
  }
}

/** The same with what a browser's worker has around it. */
export class WebWorker extends BlobWorker {
  constructor(source) {
    super(BROWSER + source);
    this.on("message", (data) => this.onmessage?.({ data }));
    this.on("error", (error) => this.onerror?.(error));
  }
}
