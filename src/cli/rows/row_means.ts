/** The latents of a few rows. */
import type { TypedArray } from "../../kernel.ts";
import type { NumbersFile } from "../../node/numbers.ts";
import type { ModelFile } from "./model.ts";
import { modelColumns, scaledDataset, scalingFor } from "./model_data.ts";
import { modelLabels } from "./model_labels.ts";
import { pickRows } from "./source.ts";

/** The means of q(z|x) of the named rows of a table. */
export async function rowMeans(
  command: string,
  model: ModelFile,
  table: NumbersFile,
  rows: readonly number[],
  condition: string | undefined,
): Promise<TypedArray[]> {
  const { input: D, latent: L } = model.vae.config;
  const values = pickRows({ values: modelColumns(command, model, table), columns: D }, rows);
  const labels = modelLabels(command, model, table, condition);
  const picked = labels && Uint32Array.from(rows, (row) => labels[row]!);
  const { mean } = await model.vae.posterior(scaledDataset(model.vae.device, values, D, scalingFor(model, table), picked));
  return rows.map((_, i) => mean.subarray(i * L, (i + 1) * L));
}
