/** Which likelihood data asks for, with the evidence, and what is wrong with another one. */
import { type Check, checkOptions, checkValue, FLAG, type Numbers, oneOf, rowsOf, TEXT } from "../check.ts";
import type { TypedArray } from "../kernel.ts";

/** What values are: 0 and 1 alone, grey levels, parts of a whole, numbers of things, or measurements. */
export type DataKind = "binary" | "grey" | "unit" | "counts" | "real";

/** A likelihood for data, and why. */
export interface Proposal {
  readonly kind: DataKind;
  /** The name of a likelihood, as `likelihoodNamed` takes it. */
  readonly likelihood: "bernoulli" | "continuousBernoulli" | "gaussianLearned";
  /** What was seen in the data, as a sentence. */
  readonly evidence: string;
}

/** What is known of the values besides themselves. */
export interface ProposalOptions {
  /** Whether they are pixels, whose whole numbers are grey levels and count nothing; by default bytes are. */
  readonly image?: boolean;
}

/**
 * Looks at raw values [rows, columns], not yet scaled, and proposes p(x|z): bernoulli for 0 and 1, continuousBernoulli for grey levels and other values
 * in [0, 1] that fill it, gaussianLearned, on standardised columns, for the rest.
 */
export function proposeLikelihood(given: Numbers, columns: number, options: ProposalOptions = {}): Proposal {
  const values = rowsOf("proposeLikelihood", given, columns);
  checkOptions("proposeLikelihood", options, { image: FLAG });
  const { image = values instanceof Uint8Array } = options;
  const seen = look(values, columns);
  const range = `from ${short(seen.min)} to ${short(seen.max)}`;
  if (seen.bits === values.length) return { kind: "binary", likelihood: "bernoulli", evidence: `all ${values.length} values are 0 or 1` };
  if (image && seen.min >= 0) {
    const between = ((100 * (values.length - seen.ends)) / values.length).toFixed(1);
    const evidence = `grey levels ${range}, of which ${between} % are neither the least nor the greatest`;
    return { kind: "grey", likelihood: "continuousBernoulli", evidence };
  }
  if (seen.min >= 0 && seen.max <= 1 && seen.wideColumns >= columns / 2) {
    const inside = values.length - seen.bits;
    return {
      kind: "unit",
      likelihood: "continuousBernoulli",
      evidence: `all values lie in [0, 1], and ${inside} of ${values.length} between the two`,
    };
  }
  if (seen.min >= 0 && seen.whole === values.length) {
    const evidence = `all values are whole numbers ${range}: counts, for which a normal distribution is an approximation`;
    return { kind: "counts", likelihood: "gaussianLearned", evidence };
  }
  if (seen.min >= 0 && seen.max <= 1) {
    const evidence = `values ${range}, but only ${seen.wideColumns} of ${columns} columns span a quarter of [0, 1]: measurements in small units`;
    return { kind: "real", likelihood: "gaussianLearned", evidence };
  }
  const mixed = seen.binaryColumns > 0 ? `; ${seen.binaryColumns} of ${columns} columns hold only 0 and 1, which a density does not fit` : "";
  return { kind: "real", likelihood: "gaussianLearned", evidence: `values ${range}, not bounded by nature${mixed}` };
}

interface Seen {
  readonly min: number;
  readonly max: number;
  /** Values that are 0 or 1, that are whole, and that are the least or the greatest of all. */
  readonly bits: number;
  readonly whole: number;
  readonly ends: number;
  readonly binaryColumns: number;
  /** Columns whose values lie a quarter or more apart. */
  readonly wideColumns: number;
}

function look(values: TypedArray, columns: number): Seen {
  if (values instanceof Uint8Array) return lookAtBytes(values);
  let [min, max, bits, whole, ends] = [Infinity, -Infinity, 0, 0, 0];
  const bitsOf = new Uint32Array(columns);
  const [least, greatest] = [new Float64Array(columns).fill(Infinity), new Float64Array(columns).fill(-Infinity)];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      throw new RangeError(`proposeLikelihood: values are finite, got ${value} at row ${Math.floor(i / columns)}, column ${i % columns}`);
    }
    if (value < min) min = value;
    if (value > max) max = value;
    if (value < least[i % columns]!) least[i % columns] = value;
    if (value > greatest[i % columns]!) greatest[i % columns] = value;
    if (Number.isInteger(value)) whole++;
    if (value === 0 || value === 1) {
      bits++;
      bitsOf[i % columns]!++;
    }
  }
  for (let i = 0; i < values.length; i++) if (values[i] === min || values[i] === max) ends++;
  const rows = values.length / columns;
  const wideColumns = least.filter((value, column) => greatest[column]! - value >= 0.25).length;
  return { min, max, bits, whole, ends, binaryColumns: bitsOf.filter((count) => count === rows).length, wideColumns };
}

/** From how often each byte is there; they are whole and not below 0, so that nobody asks for columns. */
function lookAtBytes(values: Uint8Array): Seen {
  const counts = new Uint32Array(256);
  for (let i = 0; i < values.length; i++) counts[values[i]!]!++;
  const [min, max] = [counts.findIndex((count) => count > 0), counts.findLastIndex((count) => count > 0)];
  const ends = min === max ? counts[min]! : counts[min]! + counts[max]!;
  return { min, max, bits: counts[0]! + counts[1]!, whole: values.length, ends, binaryColumns: 0, wideColumns: 0 };
}

/** At most four digits, without an exponent where that is short. */
function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** What is chosen for data of a kind. */
export interface Choice {
  /** The name of the likelihood. */
  readonly likelihood: string;
  /** Whether training draws grey values as 0 or 1. */
  readonly binarise?: boolean;
}

const KIND: Check = oneOf(["binary", "grey", "unit", "counts", "real"] satisfies DataKind[]);

/**
 * What to know of numbers that a likelihood gives for data of a kind before they are published: undefined where it fits. The options that it names are
 * those of `train`.
 */
export function caution(kind: DataKind, choice: Choice): string | undefined {
  checkValue("caution", "the kind of data", kind, KIND);
  checkOptions("caution", choice, { likelihood: TEXT, binarise: FLAG }, ["likelihood"]);
  const { likelihood, binarise = false } = choice;
  const grey = kind === "grey" || kind === "unit";
  const probability = likelihood === "bernoulli";
  if (grey && probability && !binarise) {
    return (
      "grey values scored as Bernoulli are a cross-entropy, which is no likelihood of continuous data: compare the numbers only with others that do the " +
      "same (or binarise, or use continuousBernoulli)"
    );
  }
  if (kind === "binary" && !probability) {
    return `${likelihood} is a density, and that of values which are only 0 and 1 grows without bound: the numbers say little (use bernoulli)`;
  }
  if ((kind === "grey" || kind === "counts") && !probability) {
    return `${likelihood} is a density, and that of whole numbers grows without bound: compare the numbers only with others on the same, equally scaled values`;
  }
  if (kind === "unit" && likelihood.startsWith("gaussian")) {
    return `${likelihood} gives probability to values outside of [0, 1], where there are none (continuousBernoulli does not)`;
  }
  return undefined;
}
