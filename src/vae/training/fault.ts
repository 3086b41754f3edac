/** From a loss that is NaN or infinite to the tensor that went bad first: the steps that led to it run once more, launch by launch. */
import type { TypedArray } from "../../kernel.ts";
import { firstNonFinite, lossOf, NonFiniteError } from "./losses.ts";
import type { Trainer } from "./trainer.ts";

/** Throws if the losses of the last steps, slots `from` … `to − 1` of the epoch's sums, are not finite, and says which tensor was the first. */
export async function checkLosses(trainer: Trainer, sums: TypedArray, from: number, to: number): Promise<void> {
  const slot = firstNonFinite(sums, from, to);
  if (slot >= 0) throw await faultOf(trainer, trainer.step - to + slot, `the loss is ${lossOf(sums, slot)}`);
}

/** The same for the weights after the last step, which the losses do not tell of yet. */
export async function checkWeights(trainer: Trainer): Promise<void> {
  if (!(await trainer.hasFiniteWeights())) throw await faultOf(trainer, trainer.step - 1, "the weights after it are not finite");
}

async function faultOf(trainer: Trainer, bad: number, what: string): Promise<NonFiniteError> {
  const { tensor, where } = await firstBadTensor(trainer, bad);
  const found = tensor === undefined ? "run again, it is finite" : `the first tensor that is not finite is ${tensor}${where}`;
  const message = `train: step ${bad + 1}: ${what}; ${found} (lower the learning rate, clip the gradient, or scale the data)`;
  return new NonFiniteError(message, { step: bad + 1, tensor });
}

/**
 * Goes back to the last state that was kept and on to step `bad`, counted from 0. The step before it is watched as well: an update that breaks the
 * weights shows in the loss of the next step. In the end the model has the weights that were kept.
 */
async function firstBadTensor(trainer: Trainer, bad: number): Promise<{ tensor: string | undefined; where: string }> {
  trainer.rewind();
  const kept = await trainer.badState();
  if (kept !== undefined) return { tensor: kept, where: `, before step ${trainer.step + 1}` };
  trainer.steps(Math.max(0, bad - 1 - trainer.step));
  let tensor: string | undefined;
  while (tensor === undefined && trainer.step <= bad) tensor = await trainer.watchedStep();
  const where = trainer.step <= bad ? `, in step ${trainer.step}` : "";
  trainer.rewind();
  return { tensor, where };
}
