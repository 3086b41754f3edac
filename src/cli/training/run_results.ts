/** What a run leaves, in the order of its worth: checkpoints while it trains, then the model, its history, and the checkpoint of its end. */
import { FolderInUseError } from "../../node/lock.ts";
import type { Checkpoint } from "../../vae/training/checkpoint.ts";
import type { EpochReport } from "../../vae/training/losses.ts";
import type { CheckpointMoment, TrainOptions } from "../../vae/training/train_options.ts";
import { Interrupted } from "../command.ts";
import { HISTORY_FILE, type RunFolder } from "./run_folder.ts";
import { historyLine, type TrainingLog } from "./training_log.ts";

/** Between two checkpoints of a run that nobody has asked for any. */
export const CHECKPOINT_SECONDS = 300;

/** How a run keeps what it has got to. */
interface Keeping {
  readonly command: string;
  /** Whether checkpoints are wanted however short the run is. */
  readonly wanted: boolean;
  /** Whether it goes on from the checkpoint in its own folder. */
  readonly resumed: boolean;
  /** The command line that goes on from there. */
  readonly resumeLine: string;
}

export class RunResults {
  readonly #folder: RunFolder;
  readonly #log: TrainingLog;
  readonly #keeping: Keeping;
  /** Steps of the checkpoint that this run wrote last. */
  #saved: number | undefined;
  #last: Checkpoint | undefined;
  #warned = false;

  constructor(folder: RunFolder, log: TrainingLog, keeping: Keeping) {
    this.#folder = folder;
    this.#log = log;
    this.#keeping = keeping;
  }

  /** What training is told. */
  get onCheckpoint(): NonNullable<TrainOptions["onCheckpoint"]> {
    return (checkpoint, moment) => this.#take(checkpoint, moment);
  }

  /** The model first and by itself; then what is at hand already. Where the model cannot be written, what it can be made from is kept if that is possible. */
  async put(model: Uint8Array, history: readonly EpochReport[]): Promise<void> {
    try {
      await this.#folder.putModel(model, this.#keeping.resumed || this.#saved !== undefined);
    } catch (error) {
      if (this.#last) await this.#write(this.#last).catch(() => undefined);
      throw new Error(`${(error as Error).message}${this.#howToResume()}`, { cause: error });
    }
    await this.#folder.put(HISTORY_FILE, history.map((report) => `${historyLine(report)}\n`).join(""));
    const last = this.#has ? this.#last : undefined;
    if (last) await this.#folder.attempt("the last checkpoint", () => this.#write(last));
  }

  /** What is thrown where a signal stops the run. */
  interrupted(error: unknown): unknown {
    const { command } = this.#keeping;
    if (error instanceof Interrupted) return error;
    if (this.#folder.hasModel) return new Interrupted(`${command}: interrupted, ${this.#folder.path} has the model, but not all that goes with it`);
    return this.#saved === undefined ? error : new Interrupted(`${command}: interrupted${this.#howToResume()}`);
  }

  get #has(): boolean {
    return this.#keeping.wanted || this.#saved !== undefined;
  }

  #howToResume(): string {
    return this.#saved === undefined ? "" : `, the checkpoint of step ${this.#saved} is safe (resume with: ${this.#keeping.resumeLine})`;
  }

  async #take(checkpoint: Checkpoint, moment: CheckpointMoment): Promise<void> {
    this.#last = moment === "end" ? checkpoint : undefined;
    if (moment === "due" || (moment === "stopped" && this.#has)) await this.#tryToWrite(checkpoint);
  }

  /** A training does not end because a checkpoint of it cannot be written: the next one may be. Said once, until one is written again. */
  async #tryToWrite(checkpoint: Checkpoint): Promise<void> {
    try {
      await this.#write(checkpoint);
    } catch (error) {
      const { cause, message } = error as Error;
      if (cause instanceof FolderInUseError) throw error;
      if (!this.#warned) this.#log.warn(`the checkpoint of step ${checkpoint.state.step} was not written (${message}); training goes on`);
      this.#warned = true;
    }
  }

  async #write(checkpoint: Checkpoint): Promise<void> {
    await this.#folder.putCheckpoint(checkpoint);
    this.#saved = checkpoint.state.step;
    this.#warned = false;
  }
}
