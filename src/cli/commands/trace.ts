/** `elbograd trace`: one step of a training run explained, launch by launch. */
import type { Device } from "../../device/device.ts";
import { openDevice } from "../../device/open.ts";
import { type Trace, trace as traceStep } from "../../lab/trace/trace.ts";
import { Trainer } from "../../vae/training/trainer.ts";
import { type Command, UsageError } from "../command.ts";
import { define, shared } from "../define.ts";
import { type Option, optional, path, type Values } from "../options.ts";
import { print } from "../terminal.ts";
import { endingOf, writePicture } from "../rows/output.ts";
import { commandLine } from "../shell.ts";
import { checkOptions } from "../training/check_options.ts";
import { trainerOptionsOf, vaeOf } from "../training/library_options.ts";
import { TRAIN_OPTIONS, type TrainArguments } from "../training/train_options.ts";
import { readTrainingData, rowsOn, type TrainingData } from "../training/training_data.ts";
import { versions } from "../versions.ts";
import { summaryOf } from "../views/run_page.ts";
import { tracePageOf } from "../views/trace_page.ts";
import { traceTable } from "../views/trace_table.ts";

/** Options of `train` that no single step depends on. */
const WITHOUT = ["validation", "early-stopping", "checkpoint-every", "resume", "remedy", "out"] as const;

const OUT: Option<string | undefined> = optional(
  path("FILE", "a page that shows the step, each launch with its shader, its CPU loop and its equation: .html"),
);
const TRACE_OPTIONS = { ...without(TRAIN_OPTIONS, WITHOUT), out: OUT, json: shared("").json };

export const trace: Command = define({
  name: "trace",
  summary: "explains a training step, launch by launch",
  usage: "--data mnist|digits|FILE [--out FILE.html] [options]",
  options: TRACE_OPTIONS,
  notes:
    "The options are train's. Each launch is timed by itself, in the step's order, by the GPU's clock where there is one, else by the host's, which\n" +
    "includes the wait for it. MB are those of the operands as they are bound, the data set whole, of which a step reads one batch.",
  call: 'import { trace } from "elbograd/lab";\nconst { launches, totals } = await trace(new Trainer(vae, data, { batchSize, seed }));',
  async run(given, signal, args) {
    if (given.out !== undefined) endingOf("trace", given.out, ["html"]);
    const options = complete(given);
    const data = await readData(options, signal);
    const device = await openDevice(given.device, { clock: true, ...(given.threads !== undefined && { threads: given.threads }) });
    try {
      const report = await traceRun(device, data, options);
      signal.throwIfAborted();
      const about = { summary: summaryOf(data), command: commandLine(["trace", ...args]), versions: versions() };
      if (given.out !== undefined) await writePicture("trace", given.out, tracePageOf(report, about));
      const written = given.out === undefined || given.json ? "" : `\n\nwritten: ${given.out}`;
      print(given.json ? jsonOf(report, about) : traceTable(report, about.summary) + written);
    } finally {
      await device.close();
    }
  },
});

function without<T extends object, K extends keyof T>(table: T, names: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(table).filter(([name]) => !names.includes(name as K))) as Omit<T, K>;
}

/** As `train` knows them; where it would write does not matter. */
function complete(given: Values<typeof TRACE_OPTIONS>): TrainArguments {
  return { ...given, ...(Object.fromEntries(WITHOUT.map((name) => [name, undefined])) as Pick<TrainArguments, (typeof WITHOUT)[number]>), out: "" };
}

/** The options are those of `train`, and so is what it says of mistakes. */
async function readData(options: TrainArguments, signal: AbortSignal): Promise<TrainingData> {
  try {
    checkOptions(options);
    return await readTrainingData(options, signal);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(error.message.replace(/^train:/, "trace:"), { cause: error });
    throw error;
  }
}

async function traceRun(device: Device, data: TrainingData, options: TrainArguments): Promise<Trace> {
  const rows = rowsOn(device, data, data.train);
  return traceStep(new Trainer(vaeOf(device, data, options), rows, trainerOptionsOf(data, options)));
}

/** Kernels are functions, for which JSON has no words: their names are there. */
function jsonOf(report: Trace, about: object): string {
  return JSON.stringify({ ...about, ...report, launches: report.launches.map(({ kernel: _, shaders: __, ...launch }) => launch) });
}
