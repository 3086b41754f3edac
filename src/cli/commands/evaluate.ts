/** `elbograd evaluate`: how well a model explains data. */
import { evaluate as evaluateVae } from "../../judge/evaluate.ts";
import type { TableFile } from "../../node/tables.ts";
import { type Command, UsageError } from "../command.ts";
import { define, shared, tell } from "../define.ts";
import { checkUnits } from "../doctor/check_units.ts";
import { flag, optional, whole } from "../options.ts";
import { withProgress } from "../progress.ts";
import { MODEL, withModel } from "../rows/model.ts";
import { modelColumns, scaledDataset, scalingFor } from "../rows/model_data.ts";
import { modelLabels } from "../rows/model_labels.ts";
import { DATA, FILE_OPTIONS, pickFrom, readRows } from "../rows/source.ts";
import { type About, evaluationJson, evaluationText } from "../views/evaluation.ts";

export const evaluate: Command = define({
  name: "evaluate",
  summary: "scores a model on data: losses, −log p(x), KL of each latent, active units",
  usage: "--model FILE --data FILE [--nll-samples 500]",
  options: {
    model: MODEL,
    data: DATA,
    every: whole(1, "scores every Nth row, from the first on", 1),
    "nll-samples": optional(whole(1, "samples of z for each row, with which −log p(x) is estimated by importance sampling", 1)),
    "nll-curve": flag("the same estimate with fewer samples, 1, 2, 5, 10, …: how far it still falls"),
    ...FILE_OPTIONS,
    ...shared("of the noise: the same seed gives the same numbers"),
  },
  notes: "Losses are in nats per example, in the units that the model sees; ± is the standard error of the mean over examples.",
  call: "const evaluation = await evaluate(vae, data, { seed, nllSamples: 500 });",
  async run({ model: file, data, every, "nll-samples": nllSamples, "nll-curve": curve, device, threads, seed, json, ...reading }, signal) {
    if (curve && nllSamples === undefined)
      throw new UsageError("evaluate: --nll-curve is of an estimate, got no --nll-samples (try --nll-samples 500)");
    const table = everyNth(await readRows(data, { ...reading, signal }), every);
    await withModel("evaluate", file, { device, threads }, async (model) => {
      const { vae } = model;
      const values = modelColumns("evaluate", model, table);
      const scaling = scalingFor(model, table);
      if (!table.binary) checkUnits("evaluate", model, table.name, values, vae.config.input);
      const rows = scaledDataset(vae.device, values, vae.config.input, scaling, modelLabels("evaluate", model, table, reading.condition));
      const evaluation = await withProgress("scoring", signal, (work) =>
        evaluateVae(vae, rows, { seed, scaling, ...work, ...(nllSamples !== undefined && { nllSamples }) }),
      );
      const things = table.width === undefined ? "rows" : "images";
      const about: About = { things, likelihood: vae.config.likelihood, prior: vae.prior, scaling, curve };
      tell(json, evaluationJson(evaluation, about), evaluationText(evaluation, about));
    });
  },
});

/** Rows 0, N, 2N, … of a table. */
function everyNth(table: TableFile, every: number): TableFile {
  if (every === 1) return table;
  return pickFrom(
    table,
    Array.from({ length: Math.ceil(table.rows / every) }, (_, i) => i * every),
  );
}
