/** Schedules: numbers that change in the course of a run, such as the learning rate or beta. Pure functions of the step, computed in f64. */
import { ARRAY, AT_LEAST_ZERO, type Check, checkOptions, type Checks, checkValue, COUNT, FUNCTION, number, POSITIVE } from "../check.ts";

/** Where in a run a schedule is asked. */
export interface ScheduleTime {
  /** The step, from 0. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** A number for each step of a run. */
export type Schedule = (at: ScheduleTime) => number;

/** value, at every step. */
export function constant(value: number): Schedule {
  checkValue("constant", "value", value, AT_LEAST_ZERO);
  return () => value;
}

/** The epochs, counted from 0, at whose start the value is multiplied by `factor`. */
export type StepListOptions = { readonly factor: number } & ({ readonly epochs: readonly number[] } | { readonly every: number });

/**
 * value·factor^k, k the number of `epochs` that have begun, or ⌊epoch/every⌋ (PyTorch's MultiStepLR and StepLR):
 * `stepList(1e-3, { epochs: [30, 60], factor: 0.1 })`.
 */
export function stepList(value: number, options: StepListOptions): Schedule {
  checkValue("stepList", "value", value, AT_LEAST_ZERO);
  checkOptions("stepList", options, STEP_LIST, ["factor"]);
  const { factor } = options;
  const listed = "epochs" in options;
  if (listed) checkValue("stepList", "epochs", options.epochs, ARRAY);
  for (const epoch of listed ? options.epochs : [options.every]) checkValue("stepList", listed ? "every one of epochs" : "every", epoch, COUNT);
  const begun = (epoch: number): number => (listed ? options.epochs.filter((start) => start <= epoch).length : Math.floor(epoch / options.every));
  return ({ step, stepsPerEpoch }) => value * factor ** begun(Math.floor(step / stepsPerEpoch));
}

const STEP_LIST: Checks = { factor: POSITIVE, epochs: ARRAY, every: COUNT };

/** floor + (value − floor)·(1 + cos(π·step/steps))/2, from value down to floor (Loshchilov and Hutter 2017, equation 5, without restarts). */
export function cosine(value: number, options: { readonly floor?: number } = {}): Schedule {
  checkValue("cosine", "value", value, AT_LEAST_ZERO);
  checkOptions("cosine", options, { floor: AT_LEAST_ZERO });
  const { floor = 0 } = options;
  return ({ step, steps }) => floor + ((value - floor) * (1 + Math.cos(Math.PI * Math.min(1, step / steps)))) / 2;
}

const SCHEDULE: Check = ["is a schedule", FUNCTION[1], undefined, "constant(value), for one number"];

/**
 * schedule·min(1, (step + 1)/steps): up on a line in the first `steps` steps, of which the last has the full value (Goyal et al. 2017,
 * section 2.2). For beta it is the warm-up of Sønderby et al. (2016, section 2.3): `warmUp(constant(1), 2000)`.
 */
export function warmUp(schedule: Schedule, steps: number): Schedule {
  checkValue("warmUp", "schedule", schedule, SCHEDULE);
  checkValue("warmUp", "steps", steps, COUNT);
  return (at) => schedule(at) * Math.min(1, (at.step + 1) / steps);
}

/** How often, and for how long, a cyclical schedule rises. */
export interface CyclicalOptions {
  /** M, cycles in the run; default 4. */
  readonly cycles?: number;
  /** R, the part of a cycle in which the value rises from 0; default 0.5. */
  readonly ramp?: number;
}

const CYCLICAL: Checks<keyof CyclicalOptions> = {
  cycles: COUNT,
  ramp: number("is a part of a cycle, above 0 and at most 1", (part) => part > 0 && part <= 1),
};

/**
 * value·min(1, τ/R), τ = (step mod ⌈steps/M⌉)/(steps/M): M times from 0 up on a line, and flat for the rest of the cycle (Fu et al. 2019, equations 6 and
 * 7). For beta it is a warm-up that begins again and again: `cyclical(1, { cycles: 4, ramp: 0.5 })`.
 */
export function cyclical(value: number, options: CyclicalOptions = {}): Schedule {
  checkValue("cyclical", "value", value, AT_LEAST_ZERO);
  checkOptions("cyclical", options, CYCLICAL);
  const { cycles = 4, ramp = 0.5 } = options;
  return ({ step, steps }) => {
    if (cycles > steps) throw new RangeError(`cyclical: cycles is at most the steps of the run, got ${cycles} for ${steps}`);
    const place = (step % Math.ceil(steps / cycles)) / (steps / cycles);
    return value * Math.min(1, place / ramp);
  };
}
