/** Who competes in `peers`, and how they get here: packages into bench/peers/node_modules on demand, PyTorch where a Python has it. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The folder of the peers' scripts, which are not compiled: build/bench is two levels below the root, as bench/peers is. */
export const PEERS: string = fileURLToPath(new URL("../../bench/peers/", import.meta.url));

/** What JavaScript's peers run on; PyTorch competes with wasm on the CPU. */
export type PeerDevice = "wasm" | "webgpu";

export interface Contender {
  readonly peer: string;
  readonly threads: number;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** True for elbograd, which the others are compared with. */
  readonly own?: boolean;
}

/** Those that run on a device, once for each number of threads; a GPU's work has none. */
export function contenders(device: PeerDevice, threads: readonly number[], python: string | undefined, mode: string): Contender[] {
  const inNode = (peer: string, script: string): Contender[] => threads.map((n) => ({ peer, threads: n, command: [process.execPath, script] }));
  const inPython = (peer: string, n: number, openMp: number): Contender => {
    return { peer, threads: n, command: [python!, "torch_peer.py"], env: { OMP_NUM_THREADS: `${openMp}`, OPENBLAS_NUM_THREADS: `${n}` } };
  };
  if (device === "webgpu") {
    return [
      { ...inNode("elbograd webgpu", "elbograd.mjs")[0]!, own: true },
      ...inNode("jax-js webgpu", "jax.mjs"),
      ...inNode("TensorFlow.js webgpu", "tfjs.mjs"),
    ];
  }
  return [
    ...inNode("elbograd wasm", "elbograd.mjs").map((contender) => ({ ...contender, own: true })),
    ...inNode("jax-js wasm", "jax.mjs"),
    ...inNode("TensorFlow.js wasm", "tfjs.mjs"),
    ...(mode === "decode" ? inNode("onnxruntime-node", "ort.mjs") : []),
    ...(python === undefined ? [] : threads.map((n) => inPython("PyTorch", n, n))),
    // its own loops gain less from a second thread than waiting for it costs
    ...(python === undefined ? [] : threads.filter((n) => n > 1).map((n) => inPython("PyTorch, OpenMP 1", n, 1))),
  ];
}

/** Installs what bench/peers/package.json asks for, unless it is there in these versions. */
export async function installPeers(): Promise<void> {
  const { dependencies } = manifest(PEERS);
  const missing = Object.entries(dependencies).filter(([name, version]) => {
    const folder = join(PEERS, "node_modules", name);
    return !existsSync(folder) || manifest(folder).version !== version;
  });
  if (missing.length === 0) return;
  console.error(`installing ${missing.map(([name, version]) => `${name}@${version}`).join(", ")} into bench/peers/node_modules`);
  // no scripts: onnxruntime-node would download code for GPUs, and its CPU code is in the package
  const args = ["install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--fetch-retries=1"];
  try {
    await promisify(execFile)("npm", args, { cwd: PEERS, maxBuffer: 2 ** 26 });
  } catch (error) {
    const { message, stderr = "" } = error as Error & { stderr?: string };
    const why = /^npm (?:error|ERR!) (?!code|errno|syscall)(.+)$/m.exec(stderr)?.[1] ?? message.split("\n")[0];
    throw new Error(`peers: npm install in bench/peers failed: ${why} (it needs the network; run it again when there is one)`, { cause: error });
  }
}

function manifest(folder: string): { readonly version: string; readonly dependencies: Readonly<Record<string, string>> } {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as ReturnType<typeof manifest>;
}

/** A Python that can import torch: $PYTHON, the one in the path, or the system's own. */
export async function pythonWithTorch(): Promise<string | undefined> {
  for (const python of [process.env["PYTHON"] ?? "python3", "/usr/bin/python3"]) {
    try {
      await promisify(execFile)(python, ["-c", "import torch"]);
      return python;
    } catch {
      // the next one may have it
    }
  }
  return undefined;
}
