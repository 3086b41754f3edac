/** What a resumed run must have in common with the first one. */
import type { TrainArguments } from "./train_options.ts";
import type { TrainingData } from "./training_data.ts";

/** What a resumed run must have in common with the first one besides what the library compares: schedules by their options, and what the data is called. */
export function settingsOf(options: TrainArguments, { scaling, about }: Pick<TrainingData, "scaling" | "about">): Record<string, unknown> {
  const { schedule, epochs, "learning-rate": rate, "warm-up": warmUpSteps } = options;
  const { beta: value, "beta-warm-up": warmUpEpochs, "beta-cycles": cycles } = options;
  const learningRate = { rate, schedule, warmUpSteps };
  const beta = { value, warmUpEpochs, cycles };
  const laidOut = {
    ...(schedule !== "constant" && { [`epochs of --schedule ${schedule}`]: epochs }),
    ...(cycles !== undefined && { "epochs of --beta-cycles": epochs }),
  };
  return { scaling: scaling.kind, classes: about.classes, learningRate, beta, ...laidOut };
}
