/** `elbograd recipe iwae-mnist`: table 1 of Burda, Grosse and Salakhutdinov (2016), one stochastic layer, to any epoch of it. */
import { dataset } from "../../data/dataset.ts";
import type { Device } from "../../device/device.ts";
import { estimateNll, type NllEstimate } from "../../judge/nll.ts";
import type { AtomicFiles } from "../../node/atomic.ts";
import { readCheckpoint, writeCheckpoint } from "../../node/checkpoints.ts";
import { type ImageSet, readMnist } from "../../node/images.ts";
import { readTable, type TableFile } from "../../node/tables.ts";
import { save } from "../../vae/files/save.ts";
import { elboObjective } from "../../vae/objectives/elbo_objective.ts";
import { dregObjective, iwaeObjective } from "../../vae/objectives/iwae_objective.ts";
import type { Objective } from "../../vae/objectives/objective.ts";
import { columnMeans, IWAE_MNIST_EPOCHS, iwaeMnistTraining, iwaeMnistVae } from "../../vae/recipes/iwae_mnist.ts";
import type { Checkpoint } from "../../vae/training/checkpoint.ts";
import type { EpochReport } from "../../vae/training/losses.ts";
import { train } from "../../vae/training/train.ts";
import type { TrainOptions } from "../../vae/training/train_options.ts";
import type { Vae } from "../../vae/vae.ts";
import { type Command, Interrupted } from "../command.ts";
import { define, openFor, shared } from "../define.ts";
import { flag, oneOf, optional, path, type Values, whole } from "../options.ts";
import { commandLine } from "../shell.ts";
import { print } from "../terminal.ts";
import { openOutputs, writingFolder } from "../training/run_files.ts";
import { historyLine, TrainingLog } from "../training/training_log.ts";

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
  notes:
    "Losses are in nats per example. Ctrl-C writes a checkpoint and prints the line to resume with; --resume also goes on to more epochs than were planned.",
  call: "const vae = iwaeMnistVae(device, means, seed);\nfor await (const report of train(vae, data, { ...iwaeMnistTraining(), objective, epochs, seed })) …",
  async run(options, signal, args) {
    const inputs = await readInputs(options); // a checkpoint before the outputs are opened: reading it clears what killed runs have left
    const files = await openOutputs(options.out, recipeOutputs(options));
    try {
      const device = await openFor(options);
      try {
        await new RecipeRun(device, files, inputs, options, args, signal).go();
      } finally {
        await device.close();
      }
    } finally {
      await files.discard();
    }
  },
});

interface Inputs {
  readonly images: ImageSet;
  /** What to score at the end. */
  readonly scored: TableFile | undefined;
  readonly checkpoint: Checkpoint | undefined;
}

async function readInputs({ evaluate, resume, out }: Options): Promise<Inputs> {
  return {
    scored: evaluate === undefined ? undefined : await readTable(evaluate, { packed: SIDE * SIDE }),
    checkpoint: resume ? await readCheckpoint(out) : undefined,
    images: await readMnist(),
  };
}

function recipeOutputs({ evaluate }: Options): string[] {
  return ["model.safetensors", "history.jsonl", ...(evaluate === undefined ? [] : ["evaluation.json"])];
}

function recipeObjective({ objective, samples }: Options): Objective {
  if (objective === "vae") return elboObjective({ samples });
  return objective === "iwae" ? iwaeObjective({ samples }) : dregObjective({ samples });
}

class RecipeRun {
  readonly #device: Device;
  readonly #files: AtomicFiles;
  readonly #inputs: Inputs;
  readonly #options: Options;
  readonly #args: readonly string[];
  readonly #signal: AbortSignal;
  /** Steps of the last checkpoint. */
  #saved: number | undefined;

  constructor(device: Device, files: AtomicFiles, inputs: Inputs, options: Options, args: readonly string[], signal: AbortSignal) {
    this.#device = device;
    this.#files = files;
    this.#inputs = inputs;
    this.#options = options;
    this.#args = args;
    this.#signal = signal;
  }

  async go(): Promise<void> {
    const { json, epochs, objective, samples, seed } = this.#options;
    const { data, columns, scale } = this.#inputs.images.train;
    const vae = iwaeMnistVae(this.#device, columnMeans(data, columns, scale), seed);
    const log = new TrainingLog(json, epochs, recipeObjective(this.#options).importance);
    log.begin(`iwae-mnist, objective ${objective} with ${samples} ${samples === 1 ? "sample" : "samples"}, seed ${seed}`, this.#device);
    try {
      await this.#train(vae, log);
      const estimate = await this.#score(vae);
      await this.#write(vae, estimate);
      log.end(this.#files.folder, recipeOutputs(this.#options));
      if (estimate) print(json ? JSON.stringify(plainOf(estimate)) : describe(estimate));
    } catch (error) {
      throw this.#signal.aborted && this.#saved !== undefined ? new Interrupted(this.#howToResume()) : error;
    } finally {
      log.clear();
    }
  }

  async #train(vae: Vae, log: TrainingLog): Promise<void> {
    const { checkpoint } = this.#inputs;
    const keep = (report: EpochReport): Promise<void> => this.#append("history.jsonl", `${historyLine(report)}\n`);
    for (const report of checkpoint?.state.history ?? []) await keep(report);
    const { data, columns, scale } = this.#inputs.images.train;
    const rows = dataset(this.#device, data, { columns, scale });
    const options = { ...this.#training(rows.rows, log), ...(checkpoint && { resume: checkpoint }) };
    for await (const report of train(vae, rows, options)) {
      await keep(report);
      log.epoch(report);
    }
  }

  #training(rows: number, log: TrainingLog): TrainOptions {
    const { epochs, seed } = this.#options;
    const recipe = iwaeMnistTraining();
    return {
      ...recipe,
      epochs,
      seed,
      objective: recipeObjective(this.#options),
      settings: { recipe: "iwae-mnist" },
      signal: this.#signal,
      onCompile: (compiling) => log.compiling(compiling),
      onProgress: (progress) => log.progress(progress),
      checkpointEvery: Math.ceil(rows / recipe.batchSize),
      onCheckpoint: async (checkpoint) => {
        await writingFolder(this.#files.folder, () => writeCheckpoint(this.#files.folder, checkpoint));
        this.#saved = checkpoint.state.step;
      },
    };
  }

  async #score(vae: Vae): Promise<NllEstimate | undefined> {
    const { scored } = this.#inputs;
    if (!scored) return undefined;
    const { values, columns } = scored;
    return estimateNll(vae, dataset(this.#device, values, { columns }), {
      samples: this.#options["nll-samples"],
      seed: this.#options.seed,
      signal: this.#signal,
    });
  }

  async #write(vae: Vae, estimate: NllEstimate | undefined): Promise<void> {
    const { name, width, height, train } = this.#inputs.images;
    const about = { data: name, scaling: { kind: "unit" as const, scale: [train.scale], shift: [0] }, width, height };
    await this.#append("model.safetensors", await save(vae, about));
    if (estimate) await this.#append("evaluation.json", `${JSON.stringify(plainOf(estimate))}\n`);
    this.#signal.throwIfAborted();
    await writingFolder(this.#files.folder, () => this.#files.commit());
  }

  #append(name: string, content: string | Uint8Array): Promise<void> {
    return writingFolder(this.#files.folder, () => this.#files.append(name, content));
  }

  #howToResume(): string {
    const args = this.#args.filter((arg) => arg !== "--resume");
    return `recipe: interrupted, the checkpoint of step ${this.#saved} is safe (resume with: ${commandLine(["recipe", "iwae-mnist", ...args, "--resume"])})`;
  }
}

function plainOf({ ofRows: _, ...rest }: NllEstimate): Omit<NllEstimate, "ofRows"> {
  return rest;
}

function describe({ estimator, nll, effectiveSamples }: NllEstimate): string {
  return `${estimator}: ${nll.mean.toFixed(2)} ± ${nll.standardError.toFixed(2)} nats (effective samples ${effectiveSamples.mean.toFixed(1)} on average)`;
}
