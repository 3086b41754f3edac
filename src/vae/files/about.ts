/** What a model knows of its data, in memory and in its file. */
import { ANY, type Checks, isPlain, shown } from "../../check.ts";
import type { Scaling } from "../../data/scaling.ts";
import { quoted } from "../../text.ts";
import type { VaeConfig } from "../config.ts";

/** What a model knows of the data that it was trained on, so that values come back in the units that went in. */
export interface ModelAbout {
  /** The data set's name. */
  readonly data?: string;
  /** How raw values become the model's: x' = x·scale + shift. */
  readonly scaling?: Scaling;
  /** What the classes of a conditional model are called, label 0 first. */
  readonly classes?: readonly string[];
  /** The columns' names. */
  readonly names?: readonly string[];
  /** Of an image, in pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Of a pixel of an image, side by side in a row: 3 are red, green and blue (default 1, grey). */
  readonly channels?: 1 | 3;
}

/** The names of what a model knows; `checkAbout` says more of each. */
export const ABOUT: Checks<keyof ModelAbout> = { data: ANY, scaling: ANY, classes: ANY, names: ANY, width: ANY, height: ANY, channels: ANY };

/** Throws an error of the kind that a rule is broken in. */
type Fail = (kind: typeof RangeError | typeof TypeError, rule: string) => never;

const KINDS: readonly string[] = ["none", "unit", "minmax", "standard"] satisfies Scaling["kind"][];

/** Fails unless what is known of the data fits a model of this configuration: anybody may have written it. */
export function checkAbout(about: ModelAbout, { input, classes }: Pick<VaeConfig, "input" | "classes">, fail: Fail): void {
  const { data, scaling, names, width, height, channels = 1 } = about;
  if (data !== undefined && typeof data !== "string") fail(TypeError, `about.data is a text, got ${shown(data)}`);
  if (scaling !== undefined) checkScaling(scaling, input, fail);
  if (names !== undefined) checkTexts("names", names, `${input} columns`, input, fail);
  if (about.classes !== undefined) checkTexts("classes", about.classes, `${classes ?? 0} classes`, classes, fail);
  for (const [name, pixels] of Object.entries({ width, height })) {
    if (pixels === undefined || (Number.isSafeInteger(pixels) && pixels >= 1)) continue;
    fail(typeof pixels === "number" ? RangeError : TypeError, `about.${name} is a whole number of pixels of at least 1, got ${shown(pixels)}`);
  }
  if (channels !== 1 && channels !== 3) fail(RangeError, `about.channels is 1 or 3, got ${shown(channels)}`);
  if (width !== undefined && height !== undefined && width * height * channels !== input) {
    fail(RangeError, `about.width·height·channels are the ${input} columns of the model, got ${width}·${height}·${channels}`);
  }
}

/** A list of texts, of which there are as many as `count` says, if it says anything. */
function checkTexts(name: string, texts: unknown, wanted: string, count: number | undefined, fail: Fail): void {
  if (!Array.isArray(texts)) return fail(TypeError, `about.${name} is a list of texts, got ${shown(texts)}`);
  const odd = texts.findIndex((text) => typeof text !== "string");
  if (odd >= 0) fail(TypeError, `about.${name} is a list of texts, got ${shown(texts[odd])} at ${odd}`);
  if (count !== undefined && texts.length !== count) fail(RangeError, `about.${name} are those of the model's ${wanted}, got ${texts.length}`);
}

function checkScaling(scaling: Scaling, input: number, fail: Fail): void {
  if (!isPlain(scaling)) return fail(TypeError, `the scaling is { kind, scale, shift }, got ${shown(scaling)}`);
  const { kind, scale, shift } = scaling as Partial<Scaling>;
  if (!KINDS.includes(kind as string)) {
    fail(TypeError, `the scaling's kind is ${KINDS.join(", ")}, got ${typeof kind === "string" ? quoted(kind) : shown(kind)}`);
  }
  for (const [name, values] of Object.entries({ scale, shift })) {
    if (!Array.isArray(values)) return fail(TypeError, `the scaling's ${name} is a list of numbers, got ${shown(values)}`);
    const bad = values.findIndex((value) => !Number.isFinite(value) || (name === "scale" && value === 0));
    if (bad >= 0) fail(RangeError, `the scaling's ${name} is finite${name === "scale" ? " and not 0" : ""}, got ${shown(values[bad])} at ${bad}`);
  }
  const [scales, shifts] = [scale!.length, shift!.length];
  if (scales !== shifts || (scales !== 1 && scales !== input)) {
    fail(RangeError, `the scaling has one value or one for each of ${input} columns, got ${scales} of scale and ${shifts} of shift`);
  }
}
