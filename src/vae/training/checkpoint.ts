/** A checkpoint: everything that a training run needs to go on as if it had never stopped, as one safetensors file. */
import { bytesOf, type Check, checkValue, TEXT } from "../../check.ts";
import { FormatError } from "../../formats/format_error.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../formats/safetensors.ts";
import { cut } from "../../text.ts";
import { isFloats, type TensorSource } from "../files/check_tensors.ts";
import { checkHeader, metadataJson } from "../files/header.ts";
import type { EpochReport, Losses } from "./losses.ts";

const FORMAT = "elbograd checkpoint";
const VERSION = "2";
/** Of version 1: a run that went on from one would be neither the old run nor a new one. */
const OUTDATED = ", because seeds give other random numbers since then (train anew, or finish the run with the version of elbograd that wrote it)";

/** The numbers of a run that are not tensors. Keys, the place in the shuffle and early stopping's counters follow from them. */
export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** Epochs that the run was to have: what its schedules were laid out over. */
  readonly epochs: number;
  /** What the run was configured with; a resumed run must be configured the same. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The reports so far, one for each whole epoch. */
  readonly history: readonly EpochReport[];
}

/** A run between two steps: what it needs to go on to the same bits. */
export interface Checkpoint {
  readonly state: TrainingState;
  /** Weights by their stored names; `optimizer.m.…` and other moments; `best.…`; `sums`, the losses of the epoch so far. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const isCheckpoint = ({ state, tensors }: Partial<Checkpoint>): boolean => isRecord(state) && tensors instanceof Map;

/** What goes on from one takes this. */
export const CHECKPOINT: Check = [
  "is a checkpoint, { state, tensors }",
  (value) => Object(value) === value && isCheckpoint(value as Partial<Checkpoint>),
  undefined,
  "decodeCheckpoint reads one",
];

/** The checkpoint as a safetensors file. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  checkValue("encodeCheckpoint", "checkpoint", checkpoint, CHECKPOINT);
  const { state, tensors } = checkpoint;
  const metadata = new Map([
    ["format", FORMAT],
    ["version", VERSION],
    ["state", JSON.stringify(state)],
  ]);
  return writeSafetensors(tensors, metadata);
}

/** The checkpoint in a file's bytes; FormatError, which names the `file`, where it is none. Who goes on from it asks whether its parts fit together. */
export function decodeCheckpoint(bytes: Uint8Array | ArrayBuffer, file = "checkpoint"): Checkpoint {
  checkValue("decodeCheckpoint", "file", file, TEXT);
  const { tensors, metadata } = readSafetensors(bytesOf("decodeCheckpoint", bytes), file);
  checkHeader(metadata, FORMAT, VERSION, file, OUTDATED);
  const state = metadataJson<TrainingState>(metadata, "state", file, ({ step, stepsPerEpoch, config, history }) => {
    return isCount(step) && isCount(stepsPerEpoch) && isRecord(config) && Array.isArray(history);
  });
  return { state, tensors };
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isReport(value: unknown): boolean {
  const areLosses = (losses: Partial<Losses>): boolean => [losses.negElbo, losses.reconstruction, losses.kl].every(Number.isFinite);
  if (!isRecord(value) || !areLosses(value)) return false;
  return value["validation"] === undefined || (isRecord(value["validation"]) && areLosses(value["validation"]));
}

/** What each field of a state is. */
const FIELDS: Readonly<Record<keyof TrainingState, readonly [rule: string, fits: (value: unknown) => boolean]>> = {
  step: ["step is a whole number", isCount],
  stepsPerEpoch: ["stepsPerEpoch is a whole number of at least 1", (value) => isCount(value) && value !== 0],
  epochs: ["epochs is a whole number", isCount],
  config: ["config is an object", isRecord],
  history: ["history is a list of reports", (value) => Array.isArray(value) && value.every(isReport)],
};

/** Throws FormatError unless the checkpoint's numbers and tensors are of one and the same moment of a run. */
export function checkFits({ state, tensors }: Checkpoint): void {
  for (const [name, [rule, fits]] of Object.entries(FIELDS)) {
    const value = state[name as keyof TrainingState] as unknown;
    if (!fits(value)) fail(rule, cut(JSON.stringify(value) ?? "nothing"));
  }
  const { step, stepsPerEpoch, epochs, history } = state;
  if (step > epochs * stepsPerEpoch) fail(`step is at most the ${epochs * stepsPerEpoch} of ${epochs} epochs of ${stepsPerEpoch} steps`, step);
  const done = Math.floor(step / stepsPerEpoch);
  if (history.length !== done) fail(`history has a report for each of the ${done} epochs that end by step ${step}`, history.length);
  const odd = history.findIndex(({ epoch }, i) => epoch !== i + 1);
  if (odd >= 0) fail(`report ${odd + 1} of the history is of epoch ${odd + 1}`, cut(JSON.stringify(history[odd]!.epoch) ?? "nothing"));
  sumsOf(tensors, stepsPerEpoch);
}

function fail(rule: string, got: unknown): never {
  throw new FormatError(`resume: ${rule}, got ${String(got)} in the checkpoint (it is damaged or was edited: go on from another one)`);
}

/** The losses of the epoch so far: see `Trainer.sums`. */
export function sumsOf(tensors: Checkpoint["tensors"], stepsPerEpoch: number): Float32Array | Float64Array {
  const sums = tensors.get("sums")?.data;
  const wrong = sums?.length !== 3 * stepsPerEpoch;
  if (wrong || !isFloats(sums)) {
    return fail(`sums are 3 numbers for each of the ${stepsPerEpoch} steps of an epoch`, wrong ? (sums?.length ?? "none") : "integers");
  }
  return sums;
}

/** The checkpoint's tensors whose names begin with the prefix, as they fill a buffer. */
export function checkpointSource(tensors: Checkpoint["tensors"], prefix = ""): TensorSource {
  return { tensors, prefix, op: "resume", from: "the checkpoint", givenBy: "file" };
}
