/** `elbograd recipe iwae-mnist`: table 1 of Burda, Grosse and Salakhutdinov (2016), one stochastic layer, to any epoch of it. */
import { join } from "node:path";
import { type Dataset, dataset } from "../../data/dataset.ts";
import type { Device } from "../../device/device.ts";
import { estimateNll, type NllEstimate } from "../../judge/nll.ts";
import { checkHasCheckpoint, readCheckpoint } from "../../node/checkpoints.ts";
import { type ImageSet, readMnist } from "../../node/images.ts";
import { readNumbers, type NumbersFile } from "../../node/numbers.ts";
import { save } from "../../vae/files/save.ts";
import { elboObjective } from "../../vae/objectives/elbo_objective.ts";
import { dregObjective, iwaeObjective } from "../../vae/objectives/iwae_objective.ts";
import type { Objective } from "../../vae/objectives/objective.ts";
import { columnMeans, IWAE_MNIST_EPOCHS, iwaeMnistTraining, iwaeMnistVae } from "../../vae/recipes/iwae_mnist.ts";
import type { Checkpoint } from "../../vae/training/checkpoint.ts";
import type { EpochReport } from "../../vae/training/losses.ts";
import { checkResume } from "../../vae/training/resume.ts";
import { train } from "../../vae/training/train.ts";
import type { TrainOptions } from "../../vae/training/train_options.ts";
import type { Vae } from "../../vae/vae.ts";
import type { Command } from "../command.ts";
import { define, openFor, shared } from "../define.ts";
import { hold, release } from "../interruption.ts";
import { flag, oneOf, optional, path, type Values, whole } from "../options.ts";
import { withProgress } from "../progress.ts";
import { commandLine } from "../shell.ts";
import { plainEstimate, plusMinus } from "../table.ts";
import { print } from "../terminal.ts";
import { EVALUATION_FILE, HISTORY_FILE, MODEL_FILE, RunFolder } from "../training/run_folder.ts";
import { CHECKPOINT_SECONDS, RunResults } from "../training/run_results.ts";
import { resumedText, TrainingLog } from "../training/training_log.ts";

const OPTIONS = {
  objective: oneOf(
    ["vae", "iwae", "dreg"],
    "what is trained: −ELBO with K samples, the importance weighted bound, or that with DReG's gradients",
    "vae",
  ),
  samples: whole(1, "K, of z for each image", 1),
  epochs: whole(1, "to train to, of the paper's 3280: the learning rate depends on the epoch alone", 13, IWAE_MNIST_EPOCHS),
  out: path("DIR", "folder for the model, the history and a checkpoint after every epoch"),
  resume: flag("goes on from the checkpoint in --out, to the same bits"),
  evaluate: optional(path("FILE.npy", "fixed binarised images, eight pixels to a byte, whose NLL is estimated at the end")),
  "nll-samples": whole(1, "S, of z for each of these images", 500),
  ...shared("of weights, order, noise and binarisation"),
};

type Options = Values<typeof OPTIONS>;

const SIDE = 28;

export const iwaeMnist: Command = define({
  name: "recipe iwae-mnist",
  summary: "784-200-200-50 with tanh on dynamically binarised MNIST (Burda et al. 2016, table 1)",
  usage: "--objective vae|iwae|dreg --samples K --epochs N --out DIR",
  options: OPTIONS,
  notes: [
    "Losses are in nats per example. A checkpoint is written after every epoch, every five minutes, and when a signal stops the run (Ctrl-C,",
    "SIGTERM, SIGHUP: exit code 130, 143, 129), with the line to resume with; --resume also goes on to more epochs than were planned.",
  ].join("\n"),
  call: "const vae = iwaeMnistVae(device, means, seed);\nfor await (const report of train(vae, data, { ...iwaeMnistTraining(), objective, epochs, seed })) …",
  async run(options, signal, args) {
    const { out, resume, evaluate } = options;
    const scored = evaluate === undefined ? undefined : await readNumbers(evaluate, { packed: SIDE * SIDE, signal });
    if (resume) await checkHasCheckpoint(out);
    const folder = await RunFolder.open({ command: "recipe", path: out, outputs: recipeOutputs(options), signal });
    try {
      const checkpoint = resume ? await readCheckpoint(out) : undefined;
      const images = await readMnist();
      const device = await openFor(options);
      try {
        await new RecipeRun({ folder, device, images, scored, options, args, signal }).go(checkpoint);
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
  readonly images: ImageSet;
  /** What to score at the end. */
  readonly scored: NumbersFile | undefined;
  readonly options: Options;
  readonly args: readonly string[];
  readonly signal: AbortSignal;
}

function recipeOutputs({ evaluate }: Options): string[] {
  return [MODEL_FILE, HISTORY_FILE, ...(evaluate === undefined ? [] : [EVALUATION_FILE])];
}

function recipeObjective({ objective, samples }: Options): Objective {
  if (objective === "vae") return elboObjective({ samples });
  return objective === "iwae" ? iwaeObjective({ samples }) : dregObjective({ samples });
}

class RecipeRun {
  readonly #parts: Parts;
  readonly #log: TrainingLog;
  readonly #results: RunResults;

  constructor(parts: Parts) {
    const { folder, options, args } = parts;
    this.#parts = parts;
    this.#log = new TrainingLog(options.json ? "none" : "table", options.epochs, recipeObjective(options).importance);
    const again = [...args.filter((arg) => arg !== "--resume"), "--resume"];
    this.#results = new RunResults(folder, this.#log, {
      command: "recipe",
      wanted: true,
      resumed: options.resume,
      resumeLine: commandLine(["recipe", "iwae-mnist", ...again]),
    });
  }

  async go(checkpoint: Checkpoint | undefined): Promise<void> {
    const { folder, device, images, options, signal } = this.#parts;
    const { objective, samples, seed, out } = options;
    const { data, columns, scale } = images.train;
    const vae = iwaeMnistVae(device, columnMeans(data, columns, scale), seed);
    const rows = dataset(device, data, { columns, scale });
    const training = { ...this.#training(rows.rows), ...(checkpoint && { resume: checkpoint }) };
    checkResume(vae, rows, training);
    const about = `iwae-mnist, objective ${objective} with ${samples} ${samples === 1 ? "sample" : "samples"}, seed ${seed}`;
    this.#log.begin(about, device, checkpoint && resumedText(out, checkpoint.state, options.epochs));
    try {
      const history = await this.#train(vae, rows, training);
      await this.#write(vae, history);
      const estimate = await folder.attempt(EVALUATION_FILE, () => this.#score(vae));
      this.#log.end(folder.path, folder.written);
      if (options.json) print(JSON.stringify(this.#result(history, estimate)));
      else if (estimate) print(describe(estimate));
    } catch (error) {
      throw signal.aborted ? this.#results.interrupted(error) : error;
    } finally {
      this.#log.clear();
      release(this);
    }
    folder.checkComplete();
  }

  /** What `--json` prints. */
  #result(history: readonly EpochReport[], estimate: NllEstimate | undefined): Record<string, unknown> {
    const { folder } = this.#parts;
    const { negElbo, reconstruction, kl, negBound } = history.at(-1)!;
    const files = folder.written.map((name) => join(folder.path, name));
    const losses = { negElbo, reconstruction, kl, negBound };
    return { recipe: "iwae-mnist", epochs: history.length, losses, ...(estimate && { evaluation: plainOf(estimate) }), files };
  }

  async #train(vae: Vae, rows: Dataset, options: TrainOptions): Promise<EpochReport[]> {
    const history = [...(options.resume?.state.history ?? [])];
    for await (const report of train(vae, rows, options)) {
      history.push(report);
      this.#log.epoch(report);
    }
    return history;
  }

  #training(rows: number): TrainOptions {
    const { options, signal } = this.#parts;
    const recipe = iwaeMnistTraining();
    return {
      ...recipe,
      epochs: options.epochs,
      seed: options.seed,
      objective: recipeObjective(options),
      settings: { recipe: "iwae-mnist" },
      signal,
      onCompile: (compiling) => this.#log.compiling(compiling),
      onProgress: (progress) => {
        hold(this);
        this.#log.progress(progress);
      },
      checkpointEvery: Math.ceil(rows / recipe.batchSize),
      checkpointSeconds: CHECKPOINT_SECONDS,
      onCheckpoint: this.#results.onCheckpoint,
    };
  }

  async #write(vae: Vae, history: readonly EpochReport[]): Promise<void> {
    const { name, width, height, train } = this.#parts.images;
    const about = { data: name, scaling: { kind: "unit" as const, scale: [train.scale], shift: [0] }, width, height };
    await this.#results.put(await save(vae, about), history);
  }

  async #score(vae: Vae): Promise<NllEstimate | undefined> {
    const { folder, device, scored, options, signal } = this.#parts;
    if (!scored) return undefined;
    const { values, columns } = scored;
    const data = dataset(device, values, { columns });
    const estimate = await withProgress("scoring", signal, (work) =>
      estimateNll(vae, data, { samples: options["nll-samples"], seed: options.seed, ...work }),
    );
    await folder.put(EVALUATION_FILE, `${JSON.stringify(plainOf(estimate))}\n`);
    return estimate;
  }
}

function plainOf({ ofRows: _, nll, curve, ...rest }: NllEstimate): Record<string, unknown> {
  return { ...rest, nll: plainEstimate(nll), curve: curve.map(({ samples, nll: value }) => ({ samples, nll: plainEstimate(value) })) };
}

function describe({ estimator, nll, effectiveSamples }: NllEstimate): string {
  return `${estimator}: ${`${nll.mean.toFixed(2)} ${plusMinus(nll.standardError, 2)}`.trimEnd()} nats (effective samples ${effectiveSamples.mean.toFixed(1)} on average)`;
}
