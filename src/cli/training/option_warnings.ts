/** Options of `train` that are allowed and do not do what they seem to: said before the training. */
import type { TrainArguments } from "./train_options.ts";
import type { TrainingData } from "./training_data.ts";

/** Lines on warm-ups that are longer than the run, and on a condition that is always the same. */
export function optionWarnings(options: TrainArguments, { train, batchSize, about: { classes } }: TrainingData): string[] {
  const { epochs, condition, beta, "learning-rate": rate, "warm-up": steps, "beta-warm-up": betaEpochs } = options;
  const { capacity, "capacity-warm-up": capacityEpochs } = options;
  const run = epochs * Math.ceil(train.rows / batchSize);
  const longer = (option: string, length: string, of: string, what: string, value: number, reached: number): string =>
    `${option} is longer than the run of ${of}: ${what} rises to ${Number((value * reached).toPrecision(3))} and never to ${value} (more --epochs, or ${option} of ${length} at most)`;
  return [
    ...(steps !== undefined && steps > run ? [longer("--warm-up", `${run} steps`, `${run} steps`, "the learning rate", rate, run / steps)] : []),
    ...(betaEpochs !== undefined && betaEpochs > epochs
      ? [longer("--beta-warm-up", `${epochs} epochs`, `${epochs} epochs`, "the weight of the KL", beta, epochs / betaEpochs)]
      : []),
    ...(capacity !== undefined && capacityEpochs !== undefined && capacityEpochs > epochs
      ? [longer("--capacity-warm-up", `${epochs} epochs`, `${epochs} epochs`, "the capacity", capacity, epochs / capacityEpochs)]
      : []),
    ...(classes?.length === 1 ? [`--condition ${condition} has the same label in all rows, which says nothing (leave it out)`] : []),
  ];
}
