/** Numbers that may be schedules, and what they are at a step. */
import type { Schedule, ScheduleTime } from "../../nn/schedules.ts";

export interface RunLength {
  readonly batchSize: number;
  readonly epochs?: number;
}

/** The number, or the schedule's at this step; a RangeError that names the step where it has none. */
export function valueAt(name: string, given: number | Schedule, time: ScheduleTime): number {
  if (typeof given === "number") return given;
  const value = given(time);
  if (value >= 0 && value < Infinity) return value;
  throw new RangeError(`train: ${name} is a number of at least 0, got ${value} at step ${time.step + 1} of ${time.steps} (a schedule has no gaps)`);
}

/** A step, from 0, of a run over the rows of a data set. */
export function timeOf(step: number, { rows }: { readonly rows: number }, { batchSize, epochs = 1 }: RunLength): ScheduleTime {
  const stepsPerEpoch = Math.ceil(rows / batchSize);
  return { step, steps: epochs * stepsPerEpoch, stepsPerEpoch };
}

/** For configurations, which are plain JSON. */
export function plain(given: number | Schedule): number | string {
  return typeof given === "number" ? given : "scheduled";
}
