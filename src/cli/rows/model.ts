/** The model file that a command is given. */
import { FormatError } from "../../formats/format_error.ts";
import { readWhole } from "../../node/bytes.ts";
import { load } from "../../vae/files/load.ts";
import type { ModelAbout } from "../../vae/files/about.ts";
import type { Vae } from "../../vae/vae.ts";
import { openFor } from "../define.ts";
import { type Option, path } from "../options.ts";

export interface Model {
  readonly vae: Vae;
  readonly about: ModelAbout;
}

export interface ModelFile extends Model {
  readonly path: string;
}

export const MODEL: Option<string> = path("FILE", "a model.safetensors that `train` has written");

/** Opens the device and the model, and closes the device at the end, however it ends. */
export async function withModel(
  command: string,
  file: string,
  options: Parameters<typeof openFor>[0],
  use: (model: ModelFile) => Promise<void>,
): Promise<void> {
  const bytes = await readModel(command, file);
  const opened = await openFor(options);
  try {
    await use({ path: file, ...load(opened, bytes, { file }) });
  } finally {
    await opened.close();
  }
}

async function readModel(command: string, file: string): Promise<Uint8Array> {
  try {
    return await readWhole(file);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new Error(`${command}: --model is a file that can be read, got ${file} (${(error as Error).message})`, { cause: error });
  }
}
