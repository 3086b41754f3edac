/** Labels of a table's rows, by name and as numbers of classes. */
import type { NumbersFile } from "../../node/numbers.ts";

/** The most labels that a message lists. */
const LISTED = 12;

/** Some classes by name, for messages. */
export const list = (classes: readonly string[]): string =>
  classes.length <= LISTED ? classes.join(", ") : `${classes.slice(0, LISTED).join(", ")}, … (${classes.length})`;

/** The different labels of a table, in the order of their numbers or else of their letters: label 0, 1, … of the model. */
export function classesIn(command: string, { name, labels }: NumbersFile): string[] {
  if (!labels)
    throw new RangeError(
      `${command}: --condition labels needs images with labels, got ${name} without (a folder of pictures has them as subfolders, IDX files in -labels-idx1-ubyte)`,
    );
  const different = [...new Set(labels)];
  const numbers = different.every((label) => label.trim() !== "" && Number.isFinite(Number(label)));
  return numbers ? different.sort((a, b) => Number(a) - Number(b)) : different.sort();
}

interface LabelledRows {
  readonly name: string;
  readonly labels?: readonly string[] | undefined;
}

/** The labels of a table's rows as numbers of classes. */
export function labelsIn(command: string, classes: readonly string[], { name, labels }: LabelledRows): Uint32Array {
  if (!labels) {
    throw new RangeError(`${command}: the rows of a conditional model have labels, ${list(classes)}, got ${name} without (--condition names them)`);
  }
  const numbers = new Map(classes.map((label, i) => [label, i]));
  const unknown = labels.findIndex((label) => !numbers.has(label));
  if (unknown >= 0)
    throw new RangeError(`${command}: the model's labels are ${list(classes)}, got ${labels[unknown]} in row ${unknown + 1} of ${name}`);
  return Uint32Array.from(labels, (label) => numbers.get(label)!);
}
