/** Checkpoints on disk: one file in a run's folder, replaced as a whole, so that a run killed at any moment leaves one that loads. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "../vae/training/checkpoint.ts";
import { writeFileAtomic } from "./atomic.ts";

/** What a checkpoint is called in the folder of its run. */
export const CHECKPOINT_FILE = "checkpoint.safetensors";

/** Replaces the folder's checkpoint: temporary file, flush to disk, rename, flush of the folder. */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  await writeFileAtomic(join(folder, CHECKPOINT_FILE), encodeCheckpoint(checkpoint));
}

/** The folder's checkpoint; temporary files that a killed run left are removed. */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  const path = join(folder, CHECKPOINT_FILE);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`resume: ${folder} has no ${CHECKPOINT_FILE} (train with --checkpoint-every first)`, { cause: error });
  }
  const checkpoint = decodeCheckpoint(bytes, path);
  await removeStrayFiles(folder);
  return checkpoint;
}

const STRAY = /^\..+\.[0-9a-f]{12}\.tmp$/;

/** Removes temporary files that no rename has reached. Call it when no other run writes into the folder. */
export async function removeStrayFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (STRAY.test(name)) await rm(join(folder, name), { force: true });
}
