/** Whether a kernel computes what it says, at sizes where kernels go wrong: against its own loop in f64, or another oracle. */
import { AT_LEAST_ZERO, checkOptions, type Checks, checkValue, DEVICE, FUNCTION, isPlain, NUMBERS, TEXT, WHOLE } from "../../check.ts";
import { KERNEL } from "../../device/launch.ts";
import type { Device } from "../../device/device.ts";
import type { Kernel, Params, TypedArray } from "../../kernel.ts";
import { type Key, key } from "../../random.ts";
import { nobodyElse, subjectOf } from "../subjects/catalogue.ts";
import type { Operands, Sizes, Subject } from "../subjects/subject.ts";
import { CheckReport, type Case, compared } from "./check_report.ts";
import { expected, type Specification } from "./expected.ts";
import { checkLimits, GuardedLaunch, type LaunchOutcome } from "./guarded.ts";

/** What a kernel is checked against. */
export interface CheckOptions<P extends Params = Params> {
  /** The library's kernel whose sizes, operands and loop it is checked with; by default the one that has its name. */
  readonly like?: string;
  /** Sizes to check at beside those of the kernel that it is like; the only ones where `operands` are its own. */
  readonly sizes?: readonly Sizes[];
  /** What it is run on, and the rest of a Subject, for a kernel that is like none of the library's. */
  operands?(sizes: Sizes, key: Key): Operands<P>;
  /** How many terms the longest sum has that one element is made of. */
  terms?(sizes: Sizes): number;
  readonly exact?: readonly number[];
  /** What the outputs are to be, in f64; by default what the loop of the kernel that it is like computes in f64. */
  oracle?(operands: Operands<P>): readonly (TypedArray | null)[];
  /** By how much an element may be off, absolutely, in place of what is computed (src/lab/check/expected.ts). */
  readonly tolerance?: number;
  /** Of the random operands; default 0. */
  readonly seed?: number;
}

const OPTIONS: Checks<keyof CheckOptions> = {
  like: TEXT,
  sizes: ["is an array of sizes", (given) => Array.isArray(given) && given.every(isPlain)],
  operands: FUNCTION,
  terms: FUNCTION,
  exact: NUMBERS,
  oracle: FUNCTION,
  tolerance: AT_LEAST_ZERO,
  seed: WHOLE,
};

/**
 * Runs a kernel on a device twice at each of its sizes and compares all outputs with the specification: found are wrong and missing elements (their
 * memory is NaN before), writes beyond the end, values read from there, and races, where two runs differ. Throws what does not compile, with file and
 * line, and RangeError for what the adapter cannot hold; the device stays usable.
 */
export async function checkKernel<P extends Params>(device: Device, kernel: Kernel<P>, options: CheckOptions<P> = {}): Promise<CheckReport> {
  checkOptions("checkKernel", options, OPTIONS);
  checkValue("checkKernel", "kernel", kernel, KERNEL);
  checkValue("checkKernel", "device", device, DEVICE);
  const subject = subjectFor(kernel, options);
  const own = nobodyElse(kernel);
  const runs = subject.edges.map((sizes) => ({ sizes, operands: subject.operands(sizes, key(options.seed ?? 0)) }));
  for (const { operands } of runs) checkLimits(device, own, operands);
  const started = performance.now();
  await device.prepare(variantsOf(own, runs.map(({ operands }) => operands))); // prettier-ignore
  const compileMs = performance.now() - started;
  const cases: Case[] = [];
  for (const run of runs) cases.push(await checkAt(device, own, subject, run, options));
  return new CheckReport(kernel, device, cases, device.name === "webgpu" ? compileMs : undefined);
}

/** The subject that a kernel is like, with the options in place of its own; its edges are all sizes to be checked. */
function subjectFor(kernel: Kernel, { like, operands, oracle, terms, exact, sizes = [] }: CheckOptions): Subject {
  const given = { ...(oracle && { oracle }), ...(terms && { terms }), ...(exact && { exact }) };
  if (operands) {
    if (sizes.length === 0) throw new RangeError(`checkKernel: ${kernel.name} has operands of its own, and no sizes (give sizes: [{ … }])`);
    return { kernel, sizes: sizes[0]!, edges: sizes, operands, ...given };
  }
  const subject = subjectOf(like ?? kernel.name);
  for (const part of ["inputs", "outputs", "params"] as const) {
    const [wanted, got] = [JSON.stringify(subject.kernel[part]), JSON.stringify(kernel[part])];
    if (wanted !== got) throw new TypeError(`checkKernel: ${kernel.name} has other ${part} than ${subject.kernel.name}, ${wanted}, got ${got}`);
  }
  return { ...subject, ...given, edges: [...subject.edges, ...sizes] };
}

/** A kernel with each of the choices of constants that it is launched with: they are compiled side by side. */
function variantsOf(kernel: Kernel, launches: readonly Operands[]): readonly Kernel[] {
  const choices = new Map(launches.map(({ constants }) => [JSON.stringify(constants), constants]));
  return [...choices.values()].map((constants) => ({ ...kernel, constants: { ...kernel.constants, ...constants } }));
}

interface CheckedRun {
  readonly sizes: Sizes;
  readonly operands: Operands;
}

async function checkAt(device: Device, kernel: Kernel, subject: Subject, { sizes, operands }: CheckedRun, options: CheckOptions): Promise<Case> {
  const { tolerance, seed = 0 } = options;
  const specification: Specification = {
    kernel: subject.kernel,
    ...(subject.oracle && { oracle: subject.oracle.bind(subject) }),
    terms: subject.terms?.(sizes) ?? 1,
    bound: subject.bound?.(operands) ?? 0,
    exact: subject.exact ?? [],
  };
  const computed = await expected(specification, operands, seed, tolerance);
  const launch = new GuardedLaunch(device, kernel, operands);
  try {
    const [first, second] = [await launch.run(), await launch.run()];
    return { sizes, ...compared(first.outputs, computed), strayed: first.strayed, race: raceBetween(first, second) };
  } finally {
    launch.free();
  }
}

/** The first element that two runs of one launch computed differently. */
function raceBetween(first: LaunchOutcome, second: LaunchOutcome): Case["race"] {
  for (const [output, values] of first.outputs.entries()) {
    const again = second.outputs[output]!;
    const index = values?.findIndex((value, i) => !Object.is(value, again[i])) ?? -1;
    if (index >= 0) return { output, index, values: [values![index]!, again[index]!] };
  }
  return undefined;
}
