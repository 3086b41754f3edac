/** Labels of conditional models by name: those that a table has, those that a model knows, and the one that a command is asked for. */
import type { TableFile } from "../../node/tables.ts";
import type { LabelOptions } from "../../vae/labels.ts";
import type { Model, ModelFile } from "./model.ts";
import { type Option, optional, path } from "../options.ts";

/** What a conditional model is to make. */
export const LABEL: Option<string | undefined> = optional(path("NAME", "of a conditional model: what the rows are to be, one of its labels"));

/** The most labels that a message lists. */
const LISTED = 12;

const list = (classes: readonly string[]): string =>
  classes.length <= LISTED ? classes.join(", ") : `${classes.slice(0, LISTED).join(", ")}, … (${classes.length})`;

/** The different labels of a table, in the order of their numbers or else of their letters: label 0, 1, … of the model. */
export function classesIn(command: string, { name, labels }: TableFile): string[] {
  if (!labels) throw new RangeError(`${command}: --condition labels needs images with labels, got ${name} without (add their -labels-idx1-ubyte)`);
  const different = [...new Set(labels)];
  const numbers = different.every((label) => label.trim() !== "" && Number.isFinite(Number(label)));
  return numbers ? different.sort((a, b) => Number(a) - Number(b)) : different.sort();
}

interface Labelled {
  readonly name: string;
  readonly labels?: readonly string[] | undefined;
}

/** The labels of a table's rows as numbers of classes. */
export function labelsIn(command: string, classes: readonly string[], { name, labels }: Labelled): Uint32Array {
  if (!labels) {
    throw new RangeError(`${command}: the rows of a conditional model have labels, ${list(classes)}, got ${name} without (--condition names them)`);
  }
  const numbers = new Map(classes.map((label, i) => [label, i]));
  const unknown = labels.findIndex((label) => !numbers.has(label));
  if (unknown >= 0)
    throw new RangeError(`${command}: the model's labels are ${list(classes)}, got ${labels[unknown]} in row ${unknown + 1} of ${name}`);
  return Uint32Array.from(labels, (label) => numbers.get(label)!);
}

/** The labels of a table's rows for a model that needs them; `condition` is the option of that name. */
export function labelsFor(command: string, model: ModelFile, table: TableFile, condition: string | undefined): Uint32Array | undefined {
  const classes = classesOf(model);
  if (classes) return labelsIn(command, classes, table);
  if (condition === undefined) return undefined;
  throw new RangeError(`${command}: ${model.path} is a model without labels, got --condition ${condition} (leave it out; --drop leaves columns out)`);
}

/** `--label` for a conditional model, and nothing for another one. */
export function labelOption(command: string, model: ModelFile, name: string | undefined): LabelOptions {
  const classes = classesOf(model);
  if (!classes) {
    if (name === undefined) return {};
    throw new RangeError(`${command}: ${model.path} is a model without labels, got --label ${name} (leave it out, or train with --condition)`);
  }
  const label = name === undefined ? -1 : classes.indexOf(name);
  if (label < 0) throw new RangeError(`${command}: --label is one of those of ${model.path}, ${list(classes)}, got ${name ?? "none"}`);
  return { label };
}

/** The names of a model's classes; their numbers where it has none. */
function classesOf({ vae, about }: Model): readonly string[] | undefined {
  const { classes } = vae.config;
  return classes === undefined ? undefined : (about.classes ?? Array.from({ length: classes }, (_, i) => String(i)));
}
