/** Labels of conditional models by name: those that a model knows, and the one that a command is asked for. */
import type { NumbersFile } from "../../node/numbers.ts";
import type { LabelOptions } from "../../vae/labels.ts";
import { type Option, optional, path } from "../options.ts";
import type { Model, ModelFile } from "./model.ts";
import { labelsIn, list } from "./table_labels.ts";

/** What a conditional model is to make. */
export const LABEL: Option<string | undefined> = optional(path("NAME", "of a conditional model: what the rows are to be, one of its labels"));

/** The labels of a table's rows for a model that needs them; `condition` is the option of that name. */
export function modelLabels(command: string, model: ModelFile, table: NumbersFile, condition: string | undefined): Uint32Array | undefined {
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
