/** A checkpoint: everything that a training run needs to go on as if it had never stopped, as one safetensors file. */
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../formats/safetensors.ts";
import type { EarlyStoppingState } from "../../nn/early_stopping.ts";
import { checkHeader, metadataJson } from "../files/header.ts";
import type { EpochReport } from "./losses.ts";

const FORMAT = "elbograd checkpoint";
const VERSION = "2";
/** Of version 1: a run that went on from one would be neither the old run nor a new one. */
const OUTDATED = ", because seeds give other random numbers since then (train anew, or finish the run with the version of elbograd that wrote it)";

/** The numbers of a run that are not tensors. Keys and the place in the shuffle follow from seed and step. */
export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** What the run was configured with; a resumed run must be configured the same. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The reports so far. */
  readonly history: readonly EpochReport[];
  /** Early stopping's counters. */
  readonly stopping?: EarlyStoppingState;
}

/** A run between two steps: what it needs to go on to the same bits. */
export interface Checkpoint {
  readonly state: TrainingState;
  /** Weights by their stored names; `optimizer.m.…` and other moments; `best.…`; `sums`, the losses of the epoch so far. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** The checkpoint as a safetensors file. */
export function encodeCheckpoint({ state, tensors }: Checkpoint): Uint8Array {
  const metadata = new Map([
    ["format", FORMAT],
    ["version", VERSION],
    ["state", JSON.stringify(state)],
  ]);
  return writeSafetensors(tensors, metadata);
}

/** The checkpoint in a file's bytes; FormatError, which names the `file`, where it is none. */
export function decodeCheckpoint(bytes: Uint8Array, file = "checkpoint"): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, file);
  checkHeader(metadata, FORMAT, VERSION, file, OUTDATED);
  const state = metadataJson<TrainingState>(metadata, "state", file, ({ step, stepsPerEpoch, config, history }) => {
    return isCount(step) && isCount(stepsPerEpoch) && typeof config === "object" && Array.isArray(history);
  });
  return { state, tensors };
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Throws with a list of what differs unless both configurations are the same. */
export function checkSameConfig(stored: TrainingState["config"], own: TrainingState["config"]): void {
  const names = new Set([...Object.keys(stored), ...Object.keys(own)]);
  const text = (value: unknown): string => JSON.stringify(value) ?? "nothing";
  const differences = [...names]
    .filter((name) => text(stored[name]) !== text(own[name]))
    .map((name) => `${name} ${text(stored[name])} there and ${text(own[name])} here`);
  if (differences.length > 0) {
    throw new RangeError(
      `train: the checkpoint is of another configuration: ${differences.join("; ")} (resume with the options that it was made with)`,
    );
  }
}
