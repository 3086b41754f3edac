/** Whether a run can go on from a checkpoint. */
import type { Dataset } from "../../data/dataset.ts";
import { FormatError } from "../../formats/format_error.ts";
import type { Vae } from "../vae.ts";
import { type Checkpoint, checkFits, type TrainingState } from "./checkpoint.ts";
import { checkSameConfiguration, configurationOf, type Settled } from "./configuration.ts";
import { layOut } from "./laid_out.ts";
import { settle } from "./settled.ts";
import { timeOf } from "./scheduled.ts";
import type { TrainOptions } from "./train_options.ts";

/**
 * Throws unless a run of these options can go on from `options.resume` to the bits of one that was never stopped: FormatError for a checkpoint whose parts
 * do not fit together, RangeError for one of another configuration or other data, and for epochs that it cannot go on to.
 */
export function checkResume(vae: Vae, data: Dataset, options: TrainOptions, settled: Omit<Settled, "laid"> = settle(vae, options)): void {
  const { resume } = options;
  if (!resume) return;
  checkFits(resume);
  const { state } = resume;
  const asStored = { ...options, epochs: state.epochs };
  checkSameConfiguration(state.config, configurationOf(vae, data, asStored, { ...settled, laid: layOut(data, asStored) }));
  checkEpochs(data, options, state);
  checkNumbers(resume);
}

function checkEpochs(data: Dataset, options: TrainOptions, { step, stepsPerEpoch, epochs: planned }: TrainingState): void {
  const { epochs, batchSize } = options;
  const own = timeOf(0, data, options).stepsPerEpoch;
  if (stepsPerEpoch !== own) {
    throw new FormatError(
      `resume: ${data.rows} rows in batches of ${batchSize} are ${own} steps an epoch, got ${stepsPerEpoch} in the checkpoint (it was edited: go on from another one)`,
    );
  }
  if (step > epochs * stepsPerEpoch) {
    const begun = `${Math.ceil(step / stepsPerEpoch)}, which the checkpoint has ${step % stepsPerEpoch === 0 ? "done" : "begun"}`;
    throw new RangeError(`train: epochs is at least ${begun}, got ${epochs} (give as many or more)`);
  }
  if (epochs === planned) return;
  const [before, now] = [planned, epochs].map((length) => layOut(data, { ...options, epochs: length }, step));
  for (const name of ["learningRate", "beta", "objective"] as const) {
    if (before![name].every((value, i) => value === now![name][i])) continue;
    throw new RangeError(
      `train: ${name} is laid out over the whole run, which was to have ${planned} epochs, got ${epochs} (resume with ${planned}, or train anew)`,
    );
  }
}

function checkNumbers({ tensors }: Checkpoint): void {
  for (const [name, { data }] of tensors) {
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) continue;
    throw new FormatError(`resume: a checkpoint's numbers are finite, got ${data[bad]} in ${name} (it was edited: go on from another one)`);
  }
}
