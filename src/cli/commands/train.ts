/** `elbograd train`: a dense VAE on any rows of numbers, from the raw file to the model, its history, pictures and a report. */
import type { Dataset } from "../../data/dataset.ts";
import type { Device } from "../../device/device.ts";
import type { AtomicFiles } from "../../node/atomic.ts";
import { readCheckpoint, writeCheckpoint } from "../../node/checkpoints.ts";
import { save } from "../../vae/files/save.ts";
import { checkTraining } from "../../vae/training/check_training.ts";
import type { Checkpoint } from "../../vae/training/checkpoint.ts";
import type { EpochReport } from "../../vae/training/losses.ts";
import { train as trainVae } from "../../vae/training/train.ts";
import type { TrainOptions as LibraryOptions } from "../../vae/training/train_options.ts";
import type { Vae } from "../../vae/vae.ts";
import { type Command, Interrupted } from "../command.ts";
import { define, openFor } from "../define.ts";
import { Doctor } from "../doctor/doctor.ts";
import { commandLine, withoutOption } from "../shell.ts";
import { checkOptions } from "../training/check_options.ts";
import { trainerOptionsOf, vaeOf } from "../training/library_options.ts";
import { settingsOf } from "../training/resume_settings.ts";
import { openOutputs, runOutputs, writingFolder } from "../training/run_files.ts";
import { TRAIN_OPTIONS, type TrainArguments } from "../training/train_options.ts";
import { readTrainingData, rowsOn, type TrainingData } from "../training/training_data.ts";
import { historyLine, TrainingLog } from "../training/training_log.ts";
import { drawRun } from "../views/pictures.ts";
import { type RunFacts, runPage, summaryOf } from "../views/run_page.ts";

export const train: Command = define({
  name: "train",
  summary: "trains a VAE and shows what it has learnt",
  usage: "--data mnist|digits|FILE --out DIR [options]",
  options: TRAIN_OPTIONS,
  notes: "Losses are in nats per example. Ctrl-C in a run with --checkpoint-every writes a checkpoint and prints the line to resume with.",
  call: "for await (const report of train(vae, data, { epochs, batchSize, validation, seed })) …\nconst file = await save(vae, { scaling, names });",
  async run(options, signal, args) {
    checkOptions(options);
    const data = await readTrainingData(options);
    const resume = options.resume === undefined ? undefined : await readCheckpoint(options.resume);
    const outputs = runOutputs(data.about, options.latent);
    const files = await openOutputs(options.out ?? options.resume!, outputs);
    try {
      const device = await openFor(options);
      try {
        await new TrainRun(files, device, data, options, args, signal).go(resume);
      } finally {
        await device.close();
      }
    } finally {
      await files.discard();
    }
  },
});

/** One run: everything it writes goes into place together at the very end, so that a run that fails leaves the outputs of the last one alone. */
class TrainRun {
  readonly #files: AtomicFiles;
  readonly #device: Device;
  readonly #data: TrainingData;
  readonly #options: TrainArguments;
  readonly #args: readonly string[];
  readonly #signal: AbortSignal;
  /** Steps of the last checkpoint. */
  #saved: number | undefined;

  constructor(files: AtomicFiles, device: Device, data: TrainingData, options: TrainArguments, args: readonly string[], signal: AbortSignal) {
    this.#files = files;
    this.#device = device;
    this.#data = data;
    this.#options = options;
    this.#args = args;
    this.#signal = signal;
  }

  /** Trains and writes. After a checkpoint an interruption says how to go on. */
  async go(resume: Checkpoint | undefined): Promise<void> {
    const { latent, json, epochs } = this.#options;
    const vae = vaeOf(this.#device, this.#data, this.#options);
    const rows = rowsOn(this.#device, this.#data, this.#data.train);
    const options = { ...this.#libraryOptions(), ...(resume && { resume }) };
    // Before anything is printed.
    checkTraining(vae, rows, options);
    const log = new TrainingLog(json, epochs, options.objective?.importance);
    const { validation } = options;
    const doctor = new Doctor({ vae, train: rows, validation, data: this.#data, options: this.#options, signal: this.#signal }, log);
    log.begin(summaryOf(this.#data), this.#device, doctor.before);
    let trained: number;
    try {
      const history = await this.#train(vae, rows, options, log, doctor);
      trained = history.length;
      await this.#write(vae, history, await doctor.atEnd(history));
    } catch (error) {
      throw this.#signal.aborted && this.#saved !== undefined ? new Interrupted(this.#howToResume(this.#saved)) : error;
    } finally {
      log.clear();
    }
    log.end(this.#files.folder, runOutputs(this.#data.about, latent));
    await doctor.remedies(trained, this.#files.folder);
  }

  async #write(vae: Vae, history: readonly EpochReport[], findings: RunFacts["findings"]): Promise<void> {
    this.#signal.throwIfAborted();
    const { about, validation, train } = this.#data;
    const pictures = await drawRun({ vae, about }, validation ?? train, this.#options.seed);
    const page = runPage({ vae, data: this.#data, history, pictures, findings, options: this.#options, args: this.#args });
    const outputs: [name: string, content: Uint8Array | string][] = [
      ["model.safetensors", await save(vae, about)],
      ["report.html", page],
      ...pictures.map(({ name, png }): [string, Uint8Array] => [name, png]),
    ];
    await writingFolder(this.#files.folder, async () => {
      for (const [name, content] of outputs) await this.#files.append(name, content);
      this.#signal.throwIfAborted();
      await this.#files.commit();
    });
  }

  /** Trains, and returns the reports of all epochs, those before a resumption first. */
  async #train(vae: Vae, rows: Dataset, options: LibraryOptions, log: TrainingLog, doctor: Doctor): Promise<EpochReport[]> {
    const history: EpochReport[] = [];
    const keep = async (report: EpochReport): Promise<void> => {
      history.push(report);
      await writingFolder(this.#files.folder, () => this.#files.append("history.jsonl", `${historyLine(report)}\n`));
    };
    for (const report of options.resume?.state.history ?? []) await keep(report);
    const reports = trainVae(vae, rows, {
      ...options,
      onCompile: (compiling) => log.compiling(compiling),
      onProgress: (progress) => log.progress(progress),
    });
    for await (const report of reports) {
      await keep(report);
      log.epoch(report);
      await doctor.afterEpoch(report.epoch);
    }
    return history;
  }

  #libraryOptions(): LibraryOptions {
    const { validation } = this.#data;
    const { epochs, "early-stopping": patience, "checkpoint-every": every } = this.#options;
    return {
      ...trainerOptionsOf(this.#data, this.#options),
      epochs,
      signal: this.#signal,
      settings: settingsOf(this.#options, this.#data),
      ...(validation && { validation: rowsOn(this.#device, this.#data, validation) }),
      ...(patience !== undefined && { earlyStopping: { patience } }),
      ...(every !== undefined && { checkpointEvery: every, onCheckpoint: (checkpoint: Checkpoint) => this.#keep(checkpoint) }),
    };
  }

  async #keep(checkpoint: Checkpoint): Promise<void> {
    await writingFolder(this.#files.folder, () => writeCheckpoint(this.#files.folder, checkpoint));
    this.#saved = checkpoint.state.step;
  }

  #howToResume(step: number): string {
    const args = [...withoutOption(this.#args, "--resume"), "--resume", this.#files.folder];
    return `train: interrupted, the checkpoint of step ${step} is safe (resume with: ${commandLine(["train", ...args])})`;
  }
}
