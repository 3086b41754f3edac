/** What a check found, in numbers and in a line of words. */
import { type Check, checkValue, DEVICE, isPlain } from "../../check.ts";
import { KERNEL } from "../../device/launch.ts";
import type { Device } from "../../device/device.ts";
import type { Kernel, TypedArray } from "../../kernel.ts";
import type { Sizes } from "../subjects/subject.ts";
import type { ExpectedOutput } from "./expected.ts";

/** One element of an output, beside what it should be. */
export interface Element {
  readonly output: number;
  readonly index: number;
  readonly got: number;
  readonly want: number;
  readonly tolerance: number;
  /** |got − want| in units of the last place of `want` in f32. */
  readonly ulp: number;
  /** |got − want| as a share of the tolerance: above 1 it is wrong. */
  readonly ofTolerance: number;
}

/** What was found at one choice of sizes. */
export interface Case {
  readonly sizes: Sizes;
  /** The element furthest off, as a share of its tolerance; undefined where there is no element. */
  readonly worst: Element | undefined;
  /** The first wrong element, and how many there are of how many. */
  readonly first: Element | undefined;
  readonly wrong: number;
  readonly elements: number;
  /** The first element outside of an output that was written; −1 is the one before the first. */
  readonly strayed: { readonly output: number; readonly index: number } | undefined;
  /** An element that differs between two runs. */
  readonly race: { readonly output: number; readonly index: number; readonly values: readonly [number, number] } | undefined;
}

const CASES: Check = ["is an array of cases", (given) => Array.isArray(given) && given.every(isPlain)];

const isRight = ({ wrong, strayed, race }: Case): boolean => wrong === 0 && strayed === undefined && race === undefined;

/** How a kernel's results compare with what they are to be. */
export class CheckReport {
  readonly ok: boolean;
  readonly kernel: string;
  readonly device: string;
  readonly adapter: string;
  readonly software: boolean;
  readonly cases: readonly Case[];
  /** Milliseconds until the shader was compiled; undefined where none is. */
  readonly compileMs: number | undefined;
  readonly #outputs: readonly string[];

  constructor(kernel: Kernel, device: Device, cases: readonly Case[], compileMs: number | undefined) {
    checkValue("checkReport", "kernel", kernel, KERNEL);
    checkValue("checkReport", "device", device, DEVICE);
    checkValue("checkReport", "cases", cases, CASES);
    const { name, wgsl, inputs, outputs } = kernel;
    this.ok = cases.every(isRight);
    this.kernel = name;
    this.device = device.name;
    this.adapter = device.info.adapter;
    this.software = device.info.software;
    this.cases = cases;
    this.compileMs = compileMs;
    this.#outputs = outputs.map((_, i) => wgsl.outputs?.[inputs.length + i] ?? `output ${i}`);
  }

  /** One line: how good it is, or what is wrong first. */
  explain(): string {
    const where = `on ${this.device} (${this.adapter})`;
    const bad = this.cases.find((one) => !isRight(one));
    if (bad) return `${this.kernel}: wrong at ${showSizes(bad.sizes)} ${where}: ${this.#faults(bad).join("; ")}`;
    const worst = this.cases.flatMap(({ worst }) => worst ?? []).reduce((a, b) => (b.ofTolerance > a.ofTolerance ? b : a));
    return `${this.kernel}: right at ${this.cases.length} sizes ${where}, at worst ${percent(worst.ofTolerance)} of the tolerance`;
  }

  #faults({ first, worst, wrong, elements, strayed, race }: Case): string[] {
    const faults: string[] = [];
    if (first) {
      const others = wrong > 1 ? `, the worst ${this.#show(worst!)}` : "";
      faults.push(`${wrong} of ${elements} elements, the first ${this.#show(first)}${others}`);
    }
    if (race) faults.push(`a race, two runs differ at ${this.#at(race)}: ${race.values.join(" and ")}`);
    if (strayed) faults.push(`a write outside of the output, at ${this.#at(strayed)}`);
    return faults;
  }

  #at({ output, index }: { readonly output: number; readonly index: number }): string {
    return `${this.#outputs[output]}[${index}]`;
  }

  #show(element: Element): string {
    const { got, want, tolerance, ulp } = element;
    const unwritten = Number.isNaN(got) && !Number.isNaN(want) ? " (not written, or made of what was not)" : "";
    return `${this.#at(element)}: got ${got}${unwritten}, want ${want} ± ${tolerance.toExponential(1)}${Number.isFinite(ulp) ? `, ${Math.round(ulp)} ulp off` : ""}`;
  }
}

/** `M 17 N 33 K 31`. */
export function showSizes(sizes: Sizes): string {
  return Object.entries(sizes)
    .map(([name, size]) => `${name} ${size}`)
    .join(" ");
}

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;

/** All elements of all outputs beside what they should be. */
export function compared(
  got: readonly (TypedArray | null)[],
  wanted: readonly (ExpectedOutput | null)[],
): Pick<Case, "worst" | "first" | "wrong" | "elements"> {
  let [worst, first]: (Element | undefined)[] = [];
  let [wrong, elements] = [0, 0];
  for (const [output, values] of got.entries()) {
    const { want, tolerance } = wanted[output] ?? {};
    if (!values || !want || !tolerance) continue;
    elements += values.length;
    for (let index = 0; index < values.length; index++) {
      const ofTolerance = shareOf(values[index]!, want[index]!, tolerance[index]!);
      if (ofTolerance <= (worst?.ofTolerance ?? -1) && ofTolerance <= 1) continue;
      const element = elementOf(output, index, values[index]!, want[index]!, tolerance[index]!, ofTolerance);
      if (ofTolerance > (worst?.ofTolerance ?? -1)) worst = element;
      if (ofTolerance > 1) {
        wrong++;
        first ??= element;
      }
    }
  }
  return { worst, first, wrong, elements };
}

function elementOf(output: number, index: number, got: number, want: number, tolerance: number, ofTolerance: number): Element {
  const ulp = Math.abs(got - want) / 2 ** (Math.max(Math.floor(Math.log2(Math.abs(want))), -126) - 23);
  return { output, index, got, want, tolerance, ulp, ofTolerance };
}

/** f32 cannot hold what is larger. */
const LARGEST = 3.4e38;

/** NaN is to be NaN, and infinity or what f32 cannot hold infinity. */
function shareOf(got: number, want: number, tolerance: number): number {
  if (Number.isNaN(want)) return Number.isNaN(got) ? 0 : Infinity;
  if (got === want || (Math.abs(want) >= LARGEST && got === Math.sign(want) * Infinity)) return 0;
  const share = Math.abs(got - want) / tolerance;
  return Number.isNaN(share) ? Infinity : share;
}
