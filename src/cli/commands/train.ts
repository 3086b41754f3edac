/** `elbograd train`: a dense VAE on any rows of numbers, from the raw file to the model, its history, pictures and a report. */
import { join, resolve } from "node:path";
import type { Dataset } from "../../data/dataset.ts";
import type { Device } from "../../device/device.ts";
import { checkHasCheckpoint, readCheckpoint } from "../../node/checkpoints.ts";
import { save } from "../../vae/files/save.ts";
import { checkTraining } from "../../vae/training/check_training.ts";
import type { Checkpoint } from "../../vae/training/checkpoint.ts";
import type { EpochReport } from "../../vae/training/losses.ts";
import { checkResume } from "../../vae/training/resume.ts";
import { train as trainVae } from "../../vae/training/train.ts";
import type { TrainOptions as LibraryOptions } from "../../vae/training/train_options.ts";
import type { Vae } from "../../vae/vae.ts";
import type { Command } from "../command.ts";
import { define, openFor } from "../define.ts";
import { Doctor } from "../doctor/doctor.ts";
import { keptReport } from "../doctor/likelihood_doctor.ts";
import { hold, release } from "../interruption.ts";
import { commandLine, withoutOption } from "../shell.ts";
import { checkOptions } from "../training/check_options.ts";
import { trainerOptionsOf, vaeOf } from "../training/library_options.ts";
import { optionWarnings } from "../training/option_warnings.ts";
import { settingsOf } from "../training/resume_settings.ts";
import { REPORT_FILE, RunFolder, runOutputs } from "../training/run_folder.ts";
import { CHECKPOINT_SECONDS, RunResults } from "../training/run_results.ts";
import { TRAIN_OPTIONS, type TrainArguments } from "../training/train_options.ts";
import { readTrainingData, rowsOn, type TrainingData } from "../training/training_data.ts";
import { resumedText, TrainingLog } from "../training/training_log.ts";
import { ownVersion } from "../versions.ts";
import { drawRun } from "../views/pictures.ts";
import { parameterCount, runPage, summaryOf } from "../views/run_page.ts";

export const train: Command = define({
  name: "train",
  summary: "trains a VAE and shows what it has learnt",
  usage: "--data mnist|digits|FILE --out DIR [options]",
  options: TRAIN_OPTIONS,
  jsonLines: true,
  notes: [
    "Losses are in nats per example. The model is written first, and stays where what goes with it (history, pictures, report) fails with exit",
    "code 1. A run with checkpoints, as any of more than five minutes, writes one when a signal stops it (Ctrl-C, SIGTERM, SIGHUP: exit code 130,",
    "143, 129) and prints the line to resume with; and one at its end, from which it goes on to more --epochs. While it is at work, run.lock",
    "keeps a second run out of --out.",
  ].join("\n"),
  call: "for await (const report of train(vae, data, { epochs, batchSize, validation, seed })) …\nconst file = await save(vae, { scaling, names });",
  async run(options, signal, args) {
    checkOptions(options);
    const data = await readTrainingData(options, signal);
    const { resume, latent } = options;
    if (resume !== undefined) await checkHasCheckpoint(resume);
    const folder = await RunFolder.open({ command: "train", path: options.out ?? resume!, outputs: runOutputs(data.about, latent), signal });
    try {
      const checkpoint = resume === undefined ? undefined : await readCheckpoint(resume);
      const device = await openFor(options);
      try {
        await new TrainRun({ folder, device, data, options, args, signal }).go(checkpoint);
      } finally {
        await device.close();
      }
    } finally {
      await folder.close();
    }
  },
});

interface Parts {
  readonly folder: RunFolder;
  readonly device: Device;
  readonly data: TrainingData;
  readonly options: TrainArguments;
  /** The command line as it was given. */
  readonly args: readonly string[];
  readonly signal: AbortSignal;
}

/** One run: the outputs of the last one stay until it has a model, which is written before all that goes with it. */
class TrainRun {
  readonly #parts: Parts;
  readonly #log: TrainingLog;
  readonly #results: RunResults;

  constructor(parts: Parts) {
    const { folder, data, options, args } = parts;
    const { resume } = options;
    this.#parts = parts;
    this.#log = new TrainingLog(options.json ? "lines" : "table", options.epochs, trainerOptionsOf(data, options).objective?.importance);
    this.#results = new RunResults(folder, this.#log, {
      command: "train",
      wanted: options["checkpoint-every"] !== undefined || resume !== undefined,
      resumed: resume !== undefined && resolve(folder.path) === resolve(resume),
      resumeLine: commandLine(["train", ...withoutOption(args, "--resume"), "--resume", folder.path]),
    });
  }

  /** Trains and writes. Where there is something to go on with, an interruption says how. */
  async go(resume: Checkpoint | undefined): Promise<void> {
    const { folder, device, data, signal } = this.#parts;
    const vae = vaeOf(device, data, this.#parts.options);
    const rows = rowsOn(device, data, data.train);
    const options = { ...this.#libraryOptions(), ...(resume && { resume }) };
    // Before anything is printed.
    checkTraining(vae, rows, options);
    checkResume(vae, rows, options);
    const { validation } = options;
    const doctor = new Doctor({ vae, train: rows, validation, data, options: this.#parts.options, signal }, this.#log);
    const from = resume ? `${resumedText(this.#parts.options.resume!, resume.state, options.epochs)}\n` : "";
    for (const text of [...data.warnings, ...optionWarnings(this.#parts.options, data)]) this.#log.warn(text);
    this.#log.begin(summaryOf(data), device, `${from}${doctor.before}`, this.#about(vae, resume));
    try {
      const history = await this.#train(vae, rows, options, doctor);
      await this.#write(vae, history, doctor);
      this.#log.end(folder.path, folder.written);
      await doctor.remedies(history.length, folder.path);
      this.#log.result(this.#result(history, doctor));
    } catch (error) {
      throw signal.aborted ? this.#results.interrupted(error) : error;
    } finally {
      this.#log.clear();
      release(this);
    }
    folder.checkComplete();
  }

  /** Trains, and returns the reports of all epochs, those before a resumption first. */
  async #train(vae: Vae, rows: Dataset, options: LibraryOptions, doctor: Doctor): Promise<EpochReport[]> {
    const history = [...(options.resume?.state.history ?? [])];
    const reports = trainVae(vae, rows, {
      ...options,
      onCompile: (compiling) => this.#log.compiling(compiling),
      onProgress: (progress) => {
        // from the first step on there may be something to keep
        hold(this);
        this.#log.progress(progress);
      },
    });
    for await (const report of reports) {
      history.push(report);
      this.#log.epoch(report);
      await doctor.afterEpoch(report.epoch);
    }
    return history;
  }

  async #write(vae: Vae, history: readonly EpochReport[], doctor: Doctor): Promise<void> {
    const { folder, data, options, args, signal } = this.#parts;
    await this.#results.put(await save(vae, data.about), history);
    signal.throwIfAborted();
    const findings = (await folder.attempt("findings", () => doctor.atEnd(history))) ?? [];
    signal.throwIfAborted();
    const { about, validation, train } = data;
    const pictures = (await folder.attempt("pictures", () => drawRun({ vae, about }, validation ?? train, options.seed))) ?? [];
    for (const { name, png } of pictures) await folder.put(name, png);
    await folder.attempt(REPORT_FILE, () => folder.put(REPORT_FILE, runPage({ vae, data, history, pictures, findings, options, args })));
  }

  /** What `--json` says of the run before it begins. */
  #about(vae: Vae, resume: Checkpoint | undefined): Record<string, unknown> {
    const { folder, data, options } = this.#parts;
    const { train, validation, batchSize, likelihood, scaling } = data;
    const { name, rows, columns, width, height, channels = 1 } = train;
    const { hidden, latent, epochs, seed, objective, prior } = options;
    return {
      command: "train",
      version: ownVersion(),
      data: { name, rows, validation: validation?.rows ?? 0, columns, ...(width !== undefined && { width, height, channels }) },
      model: { likelihood: likelihood.name, scaling: scaling.kind, hidden, latent, prior, parameters: parameterCount(vae) },
      training: { objective, epochs, batchSize, stepsPerEpoch: Math.ceil(rows / batchSize), seed },
      ...(resume && { resumed: { folder: options.resume, step: resume.state.step } }),
      out: folder.path,
    };
  }

  /** And of how it ended: losses of the weights that the model has. */
  #result(history: readonly EpochReport[], doctor: Doctor): Record<string, unknown> {
    const { folder, options } = this.#parts;
    const { epoch, negElbo, reconstruction, kl, negBound, validation } = keptReport(history, options["early-stopping"] !== undefined);
    const losses = { negElbo, reconstruction, kl, negBound, validation };
    return { ...doctor.result, losses, epoch, epochs: history.length, files: folder.written.map((name) => join(folder.path, name)) };
  }

  #libraryOptions(): LibraryOptions {
    const { device, data, options, signal } = this.#parts;
    const { epochs, "early-stopping": patience, "checkpoint-every": every, "no-checkpoint": none } = options;
    const { validation } = data;
    return {
      ...trainerOptionsOf(data, options),
      epochs,
      signal,
      settings: settingsOf(options, data),
      ...(validation && { validation: rowsOn(device, data, validation) }),
      ...(patience !== undefined && { earlyStopping: { patience } }),
      ...(every !== undefined ? { checkpointEvery: every } : { checkpointSeconds: CHECKPOINT_SECONDS }),
      ...(!none && { onCheckpoint: this.#results.onCheckpoint }),
    };
  }
}
