/** The folder of a run: this process's alone while it trains, and in the end with the model and what goes with it. */
import { existsSync, rmdirSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { atExit } from "../../node/at_exit.ts";
import { checkWritable, type FileLook, makeFolder, removeTarget, writeFileAtomic } from "../../node/atomic.ts";
import { CHECKPOINT_FILE, writeCheckpoint } from "../../node/checkpoints.ts";
import { FolderInUseError, FolderLock } from "../../node/lock.ts";
import { removeStrayFiles } from "../../node/temporary.ts";
import type { ModelAbout } from "../../vae/files/about.ts";
import type { Checkpoint } from "../../vae/training/checkpoint.ts";

export const MODEL_FILE = "model.safetensors";
export const HISTORY_FILE = "history.jsonl";
export const REPORT_FILE = "report.html";
/** Of a recipe. */
export const EVALUATION_FILE = "evaluation.json";

/** Whatever a run may leave beside its model. */
const COMPANIONS = [HISTORY_FILE, REPORT_FILE, EVALUATION_FILE, "samples.png", "reconstructions.png", "manifold.png", CHECKPOINT_FILE];

/** The names of all files of a run: pictures for images only. */
export function runOutputs({ width }: ModelAbout, latent: number): string[] {
  const always = [MODEL_FILE, HISTORY_FILE, REPORT_FILE];
  if (width === undefined) return always;
  return [...always, "samples.png", "reconstructions.png", ...(latent === 2 ? ["manifold.png"] : [])];
}

/** What a run writes, and where. */
interface RunPlan {
  /** What errors begin with. */
  readonly command: string;
  readonly path: string;
  readonly outputs: readonly string[];
  readonly signal: AbortSignal;
}

export class RunFolder {
  readonly path: string;
  readonly #plan: RunPlan;
  readonly #lock: FolderLock;
  /** Whether it was not there before. */
  readonly #made: boolean;
  readonly #forget: () => void;
  /** How old files looked that are gone, for the new ones in their places. */
  readonly #looks = new Map<string, FileLook>();
  readonly #written = new Set<string>();
  readonly #failures: string[] = [];

  private constructor(plan: RunPlan, lock: FolderLock, made: boolean, forget: () => void) {
    this.path = plan.path;
    this.#plan = plan;
    this.#lock = lock;
    this.#made = made;
    this.#forget = forget;
  }

  /** Locks the folder and tries a place for each output, so that what cannot be written is found before the training. */
  static async open(plan: RunPlan): Promise<RunFolder> {
    return await writing(plan, async () => {
      const made = !existsSync(plan.path);
      // a new folder goes again if it is empty: others cannot be removed
      const forget = atExit(() => made && rmdirSync(plan.path));
      await makeFolder(plan.path);
      const folder = new RunFolder(plan, await FolderLock.take(plan.path), made, forget);
      try {
        await removeStrayFiles(plan.path);
        for (const name of [...plan.outputs, CHECKPOINT_FILE]) await checkWritable(join(plan.path, name));
      } catch (error) {
        await folder.close();
        throw error;
      }
      return folder;
    });
  }

  /** Names of what is in place. */
  get written(): readonly string[] {
    return [...this.#written];
  }

  get hasModel(): boolean {
    return this.#written.has(MODEL_FILE);
  }

  async putCheckpoint(checkpoint: Checkpoint): Promise<void> {
    await this.#checkMine();
    await writeCheckpoint(this.path, checkpoint);
    this.#written.add(CHECKPOINT_FILE);
  }

  /** Puts the model in its place; what an older run has left beside it goes, with its checkpoint unless that is this run's. */
  async putModel(bytes: Uint8Array, ownCheckpoint: boolean): Promise<void> {
    await this.#checkMine();
    await writing(this.#plan, () => writeFileAtomic(join(this.path, MODEL_FILE), bytes));
    this.#written.add(MODEL_FILE);
    for (const name of COMPANIONS) {
      if (name === CHECKPOINT_FILE && ownCheckpoint) continue;
      await this.attempt(name, () => this.#remove(name));
    }
  }

  /** Puts a file beside the model. */
  async put(name: string, content: Uint8Array | string): Promise<void> {
    await this.attempt(name, async () => {
      await this.#checkMine();
      await writeFileAtomic(join(this.path, name), content, this.#looks.get(name));
      this.#written.add(name);
    });
  }

  /** Does what the model does not depend on: a failure is kept for the end, unless a signal was its cause. */
  async attempt<T>(what: string, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (this.#plan.signal.aborted) throw error;
      this.#failures.push(`${what} (${(error as Error).message})`);
      return undefined;
    }
  }

  /** Throws if something is missing beside the model. */
  checkComplete(): void {
    if (this.#failures.length === 0) return;
    throw new Error(`${this.#plan.command}: ${join(this.path, MODEL_FILE)} is written, but not all that goes with it: ${this.#failures.join("; ")}`);
  }

  async close(): Promise<void> {
    await this.#lock.release();
    if (this.#made) await rmdir(this.path).catch(() => undefined);
    this.#forget();
  }

  /** A file that will be written anew leaves its look, and stays a link where it is one. */
  async #remove(name: string): Promise<void> {
    const path = join(this.path, name);
    if (!this.#plan.outputs.includes(name)) return await rm(path, { force: true });
    const look = await removeTarget(path);
    if (look) this.#looks.set(name, look);
  }

  /** Throws if another process has taken the folder. */
  async #checkMine(): Promise<void> {
    await writing(this.#plan, () => this.#lock.check());
  }
}

/** Runs what writes into the folder; an error then names the command and the folder. */
async function writing<T>({ command, path }: RunPlan, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof FolderInUseError) throw new Error(`${command}: ${message}`, { cause: error });
    throw new Error(`${command}: --out is a folder that can be written, got ${path} (${message})`, { cause: error });
  }
}
