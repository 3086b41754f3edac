/** What schedules come to over a run: tried before it begins, and compared when it is resumed. */
import type { Dataset } from "../../data/dataset.ts";
import { digestOf } from "../../data/digest.ts";
import { timeOf, valueAt } from "./scheduled.ts";
import type { TrainerOptions } from "./trainer_options.ts";

/** The numbers that may change in the course of a run, at the steps at which they are tried, in the precision in which steps get them. */
export interface LaidOut {
  readonly learningRate: Float32Array;
  readonly beta: Float32Array;
  /** Its own numbers, such as a capacity, one after the other. */
  readonly objective: Float32Array;
}

/** Steps at which schedules are tried: all of a short run. */
const TRIED = 10_000;

/** The numbers of the first `steps` steps, at 10,000 of them where there are more; RangeError where one has no value. */
export function layOut(data: Pick<Dataset, "rows">, options: TrainerOptions, steps: number = timeOf(0, data, options).steps): LaidOut {
  const { batchSize, beta = 1, learningRate = 0, objective } = options;
  const [rates, betas, numbers]: number[][] = [[], [], []];
  const stride = Math.ceil(steps / TRIED);
  for (let step = 0; step < steps; step += stride) {
    const time = timeOf(step, data, options);
    rates!.push(valueAt("learningRate", learningRate, time));
    betas!.push(valueAt("beta", beta, time));
    numbers!.push(...Object.values(objective?.at(batchSize, 1, time) ?? {}));
  }
  return { learningRate: Float32Array.from(rates!), beta: Float32Array.from(betas!), objective: Float32Array.from(numbers!) };
}

/** A schedule in a configuration, which is plain JSON: a digest of what it comes to. */
export function scheduleText(values: Float32Array): string {
  return `schedule ${digestOf(values)}`;
}
