/** `elbograd evaluate`: how well a model explains data. */
import { evaluate as evaluateVae } from "../../judge/evaluate.ts";
import { findOddValues, UnitsError } from "../../judge/odd_values.ts";
import type { NumbersFile } from "../../node/numbers.ts";
import { NonFiniteError } from "../../vae/training/losses.ts";
import { type Command, UsageError } from "../command.ts";
import { define, shared, tell } from "../define.ts";
import { nothingFinite, oddNotes, type Scored, unitsRefusal } from "../doctor/odd_text.ts";
import { flag, optional, whole } from "../options.ts";
import { withProgress } from "../progress.ts";
import { MODEL, withModel } from "../rows/model.ts";
import { modelColumns, scaledDataset, scalingFor, withinF32 } from "../rows/model_data.ts";
import { modelLabels } from "../rows/model_labels.ts";
import { DATA, FILE_OPTIONS, pickFrom, readRows } from "../rows/source.ts";
import { warn } from "../terminal.ts";
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
    "as-is": flag("scores values that look to be in other units than those of the training rows"),
    ...FILE_OPTIONS,
    ...shared("of the noise: the same seed gives the same numbers"),
  },
  notes: [
    "Losses are in nats per example, in the units that the model sees; ± is the standard error of the mean over examples. Values unlike those of",
    "training are scored and noted on stderr; a row whose loss is not finite is left out, and that is noted as well.",
  ].join("\n"),
  call: "const evaluation = await evaluate(vae, data, { seed, nllSamples: 500 });",
  async run(
    { model: file, data, every, "nll-samples": nllSamples, "nll-curve": curve, "as-is": asIs, device, threads, seed, json, ...reading },
    signal,
  ) {
    if (curve && nllSamples === undefined)
      throw new UsageError("evaluate: --nll-curve is of an estimate, got no --nll-samples (try --nll-samples 500)");
    const table = everyNth(await readRows(data, { ...reading, signal }), every);
    await withModel("evaluate", file, { device, threads }, async (model) => {
      const { vae, about: trained } = model;
      const { input: columns, likelihood } = vae.config;
      const values = modelColumns("evaluate", model, table);
      const scaling = scalingFor(model, table);
      const scored: Scored = { name: table.name, names: trained.names ?? table.names, values, columns, every, scaling };
      const labels = modelLabels("evaluate", model, table, reading.condition);
      const rows = scaledDataset(vae.device, withinF32(values, columns, scaling), columns, scaling, labels);
      const options = { seed, scaling, asIs, ...(nllSamples !== undefined && { nllSamples }) };
      const evaluation = await withProgress("scoring", signal, (work) => evaluateVae(vae, rows, { ...options, ...work })).catch(
        async (error: unknown) => {
          if (error instanceof UnitsError) throw new RangeError(unitsRefusal(file, error.odd, scored), { cause: error });
          if (!(error instanceof NonFiniteError)) throw error;
          throw new Error(nothingFinite(await findOddValues(vae, rows, scaling), scored, error.message), { cause: error });
        },
      );
      const notes = oddNotes(evaluation.odd, scored, evaluation.leftOut);
      for (const note of notes) warn(`note: ${note}`);
      const things = table.width === undefined ? "rows" : "images";
      const about: About = { things, likelihood, prior: vae.prior, scaling, curve };
      tell(json, { ...evaluationJson(evaluation, about), notes }, evaluationText(evaluation, about));
    });
  },
});

/** Rows 0, N, 2N, … of a table. */
function everyNth(table: NumbersFile, every: number): NumbersFile {
  if (every === 1) return table;
  return pickFrom(
    table,
    Array.from({ length: Math.ceil(table.rows / every) }, (_, i) => i * every),
  );
}
