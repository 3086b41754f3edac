/** Whether a device computes what it should: the reference data of golden/ run on it, and how far off it was. */
import { checkValue, DEVICE, FUNCTION } from "../../check.ts";
import type { Device } from "../../device/device.ts";
import { type Agreement, type ComparedElement, ulpsOf, worstOf } from "./agreement.ts";
import type { GoldenCase } from "./golden.ts";
import { opCases } from "./ops.ts";
import { optimizerCases } from "./optimizers.ts";
import { randomCases } from "./random.ts";
import { vaeCases } from "./vaes.ts";

/** What reference data is about. */
export type VerifyKind = "op" | "vae" | "optimizer" | "random";

/** The files of reference data, in the order in which they are run. */
const FILES: readonly (readonly [kind: VerifyKind, file: string, casesOf: (text: string) => readonly GoldenCase[]])[] = [
  ["op", "op_golden.json", opCases],
  ["vae", "vae_golden.json", vaeCases],
  ["optimizer", "optim_golden.json", optimizerCases],
  ["random", "rng_kat.json", randomCases],
];

/** What the cases of one op, one VAE, one optimizer or the random numbers came to. */
export interface VerifyRow {
  readonly kind: VerifyKind;
  readonly name: string;
  readonly cases: number;
  readonly failed: number;
  /** Numbers compared. */
  readonly elements: number;
  /** The largest error in units in the last place of f32, of the numbers that are larger than what they may be off; the others say nothing of it. */
  readonly ulps: number;
  /** The largest error as a share of what is allowed; more than 1 fails. */
  readonly share: number;
  /** Case and element of the largest share; empty where nothing is off. */
  readonly where: string;
  /** Of a VAE: max |got − want| / max |want| of a gradient, the worst of its gradients. */
  readonly gradientError?: number;
}

/** One case that failed, with the worst element of each result that did, or with what was thrown instead of a result. */
export interface VerifyFailure {
  readonly kind: VerifyKind;
  readonly name: string;
  readonly case: string;
  readonly elements: readonly (ComparedElement & { readonly misses: number; readonly of: number })[];
  readonly error?: string;
}

/** How a device agrees with the reference data. */
export interface VerifyReport {
  readonly device: string;
  readonly adapter: string;
  readonly software: boolean;
  readonly precision: "f32" | "f64";
  readonly note?: string;
  readonly cases: number;
  readonly failed: number;
  readonly passed: boolean;
  readonly rows: readonly VerifyRow[];
  readonly failures: readonly VerifyFailure[];
}

/**
 * Runs the reference data on a device: `read` gives the text of a file of golden/. Everything is read before anything runs. A case that throws
 * has failed, and the others still run.
 */
export async function verify(device: Device, read: (file: string) => Promise<string>): Promise<VerifyReport> {
  checkValue("verify", "read", read, FUNCTION);
  checkValue("verify", "device", device, DEVICE);
  const all: (readonly [VerifyKind, GoldenCase])[] = [];
  for (const [kind, file, casesOf] of FILES) for (const c of casesOf(await read(file))) all.push([kind, c]);
  const rows = new Map<string, VerifyRow>();
  const failures: VerifyFailure[] = [];
  for (const [kind, c] of all) {
    const outcome = await run(device, c);
    rows.set(`${kind} ${c.of}`, joined(rows.get(`${kind} ${c.of}`), kind, c, outcome));
    if (outcome.failed) failures.push({ kind, name: c.of, case: c.id, elements: outcome.misses, ...outcome.thrown });
  }
  const { adapter, software, precision, note } = device.info;
  const about = { device: device.name, adapter, software, precision, ...(note !== undefined && { note }) };
  return { ...about, cases: all.length, failed: failures.length, passed: failures.length === 0, rows: [...rows.values()], failures };
}

interface VerifyOutcome {
  readonly comparisons: readonly Agreement[];
  readonly worst: readonly NonNullable<ReturnType<typeof worstOf>>[];
  readonly misses: VerifyFailure["elements"];
  readonly failed: boolean;
  readonly thrown?: { readonly error: string };
}

async function run(device: Device, c: GoldenCase): Promise<VerifyOutcome> {
  let comparisons: readonly Agreement[];
  try {
    comparisons = await c.run(device);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { comparisons: [], worst: [], misses: [], failed: true, thrown: { error: message } };
  }
  const worst = comparisons.map(worstOf).filter((w) => w !== undefined);
  const of = new Map(comparisons.map(({ what, want }) => [what, want.length]));
  const misses = worst.filter((w) => w.misses > 0).map((w) => ({ ...w.worst, misses: w.misses, of: of.get(w.worst.what)! }));
  return { comparisons, worst, misses, failed: misses.length > 0 };
}

/** The row of what a case is of, with that case. */
function joined(row: VerifyRow | undefined, kind: VerifyKind, c: GoldenCase, outcome: VerifyOutcome): VerifyRow {
  const { comparisons, worst, failed, thrown } = outcome;
  const before = row ?? { kind, name: c.of, cases: 0, failed: 0, elements: 0, ulps: 0, share: 0, where: "" };
  let { share, where } = before;
  const prefix = c.id === c.of ? "" : `${c.id}, `;
  for (const { worst: element } of worst) {
    if (element.share > share) [share, where] = [element.share, `${prefix}${element.what}[${element.index}]`];
  }
  if (thrown && share < Infinity) [share, where] = [Infinity, `${c.id}: ${thrown.error}`];
  return {
    ...before,
    cases: before.cases + 1,
    failed: before.failed + (failed ? 1 : 0),
    elements: comparisons.reduce((sum, { want }) => sum + want.length, before.elements),
    ulps: comparisons.reduce((most, comparison) => Math.max(most, largestUlps(comparison)), before.ulps),
    share,
    where,
    ...(kind === "vae" && { gradientError: gradientError(comparisons) }),
  };
}

function largestUlps({ got, want, tolerance }: Agreement): number {
  let most = 0;
  for (let i = 0; i < want.length; i++) if (!(tolerance[i]! > Math.abs(want[i]!))) most = Math.max(most, ulpsOf(got[i]!, want[i]!));
  return most;
}

function gradientError(comparisons: readonly Agreement[]): number {
  let worst = 0;
  for (const { what, got, want } of comparisons) {
    if (!what.startsWith("gradient of ")) continue;
    const size = Array.from(want).reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    const error = Array.from(want).reduce((most, w, i) => Math.max(most, Math.abs(got[i]! - w)), 0);
    if (error > 0) worst = Math.max(worst, error / size);
  }
  return worst;
}
