/** Checkpoints on disk: one file in a run's folder, replaced as a whole, so that a run killed at any moment leaves one that loads. */
import { checkValue, TEXT } from "../check.ts";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "../vae/training/checkpoint.ts";
import { writeFileAtomic } from "./atomic.ts";
import { readWhole } from "./bytes.ts";
import { removeStrayFiles } from "./temporary.ts";

/** What a checkpoint is called in the folder of its run. */
export const CHECKPOINT_FILE = "checkpoint.safetensors";

/** Replaces the folder's checkpoint: temporary file, flush to disk, rename, flush of the folder. */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  checkValue("writeCheckpoint", "folder", folder, TEXT);
  await writeFileAtomic(join(folder, CHECKPOINT_FILE), encodeCheckpoint(checkpoint));
}

/** The folder's checkpoint; temporary files that a killed run left are removed. */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  checkValue("readCheckpoint", "folder", folder, TEXT);
  const path = join(folder, CHECKPOINT_FILE);
  const bytes = await orMissing(folder, readWhole(path));
  const checkpoint = decodeCheckpoint(bytes, path);
  await removeStrayFiles(folder);
  return checkpoint;
}

/** Throws as `readCheckpoint` does where there is none. */
export async function checkHasCheckpoint(folder: string): Promise<void> {
  await orMissing(folder, access(join(folder, CHECKPOINT_FILE)));
}

async function orMissing<T>(folder: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`resume: ${folder} has no ${CHECKPOINT_FILE} (train with --checkpoint-every first)`, { cause: error });
  }
}
