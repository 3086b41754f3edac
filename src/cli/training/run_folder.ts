/** The folder of a run. */
import { AtomicFiles } from "../../node/atomic.ts";
import type { ModelAbout } from "../../vae/files/save.ts";

/** The names of all files of a run: pictures for images only. */
export function runOutputs({ width }: ModelAbout, latent: number): string[] {
  const always = ["model.safetensors", "history.jsonl", "report.html"];
  if (width === undefined) return always;
  return [...always, "samples.png", "reconstructions.png", ...(latent === 2 ? ["manifold.png"] : [])];
}

/** Opens the folder and all files in it, so that a place that cannot be written is found before the training. */
export async function openOutputs(folder: string, names: readonly string[]): Promise<AtomicFiles> {
  return await writingFolder(folder, async () => {
    const files = await AtomicFiles.open(folder);
    try {
      for (const name of names) await files.append(name, "");
    } catch (error) {
      await files.discard();
      throw error;
    }
    return files;
  });
}

/** Runs what writes into the folder; an error then names the folder. */
export async function writingFolder<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw new Error(`train: --out is a folder that can be written, got ${folder} (${(error as Error).message})`, { cause: error });
  }
}
