/** What is wrong with the labels that a conditional model is given, or with those that another one is given. */
import { type Numbers, numbersOf } from "../check.ts";
import type { Dataset } from "../data/dataset.ts";
import type { BatchRows } from "../ops/rows.ts";
import { checkBelow, Tensor } from "../tensor.ts";

/** Which classes rows are made of, by a model that has some: one label for all of them, or one for each. */
export interface LabelOptions {
  readonly label?: number | Numbers;
}

interface Classes {
  /** C; undefined for a model that is not conditional. */
  readonly classes?: number | undefined;
}

const HOW = "dataset(device, data, { columns, labels }), or withLabels(x, labels)";

/** Throws unless the data has the labels that the model needs. */
export function checkLabels(op: string, { classes }: Classes, { labels }: Pick<Dataset, "labels">): void {
  if (classes === undefined) return;
  if (!labels) throw new RangeError(`${op}: the model has ${classes} classes, got data without labels (${HOW})`);
  checkClasses(op, { greatest: { value: labels.greatest, at: labels.row } }, classes);
}

/** Throws if a label is none of the model's, where the host knows them. */
function checkClasses(op: string, labels: Pick<Tensor, "greatest">, classes: number): void {
  checkBelow(op, `labels of a model of ${classes} classes`, labels, classes);
}

/** The labels of x [B, D] or a batch, u32 [B]; undefined for a model without classes, which takes no notice of them. */
export function labelsOf({ classes }: Classes, x: Tensor | BatchRows): Tensor | undefined {
  if (classes === undefined) return undefined;
  const labels = x instanceof Tensor ? undefined : x.labels;
  if (!labels) throw new RangeError(`vae: the model has ${classes} classes, got rows without labels (${HOW})`);
  checkClasses("vae", labels, classes);
  return labels;
}

/** One label for each of `rows` rows; undefined for a model without classes. */
export function labelsGiven(op: string, { classes }: Classes, label: LabelOptions["label"], rows: number): Uint32Array | undefined {
  const all = label === undefined || typeof label === "number" ? label : numbersOf(op, "label", label);
  const given = typeof all === "object" ? `${all.length} of them` : all;
  if (classes === undefined && given === undefined) return undefined;
  if (classes === undefined)
    throw new RangeError(`${op}: the model has no classes, got label ${given} (leave it out, or make the model with classes)`);
  if (all === undefined) throw new RangeError(`${op}: the model has ${classes} classes, got no label ({ label: 0 } to { label: ${classes - 1} })`);
  const each = typeof all === "number" ? new Float64Array(rows).fill(all) : all;
  if (each.length !== rows) throw new RangeError(`${op}: there is one label for each of ${rows} rows, or one for all, got ${given}`);
  const unknown = each.find((value) => !(Number.isInteger(value) && value >= 0 && value < classes));
  if (unknown !== undefined) throw new RangeError(`${op}: labels of a model of ${classes} classes are 0 to ${classes - 1}, got ${unknown}`);
  return Uint32Array.from(each);
}

/** Throws unless a conditional model was given labels of its own to decode with. */
export function checkGiven({ classes }: Classes, labels: Tensor | undefined): void {
  if (classes === undefined) return;
  if (labels) return checkClasses("decode", labels, classes);
  throw new RangeError(`decode: the model has ${classes} classes, got no labels (a u32 tensor, one for each row of z)`);
}
