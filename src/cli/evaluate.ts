/** `elbograd evaluate`: how well a model explains data. */
import { evaluate as evaluateVae, type Evaluation } from "../judge/evaluate.ts";
import type { Command } from "./command.ts";
import { define, shared, tell } from "./define.ts";
import { dataFor, MODEL, withModel } from "./model.ts";
import { DATA, FILE_OPTIONS, readRows } from "./source.ts";

export const evaluate: Command = define({
  name: "evaluate",
  summary: "scores a model on data: losses, KL of each latent, active units",
  usage: "--model FILE --data FILE",
  options: { model: MODEL, data: DATA, ...FILE_OPTIONS, ...shared("of the noise: the same seed gives the same numbers") },
  notes: "Losses are in nats per example, in the units that the model sees; ± is the standard error of the mean over examples.",
  call: "const evaluation = await evaluate(vae, data, { seed });",
  async run({ model: file, data, device, threads, seed, json, ...reading }) {
    const table = await readRows(data, reading);
    await withModel("evaluate", file, { device, threads }, async (model) => {
      const evaluation = await evaluateVae(model.vae, dataFor("evaluate", model, table), { seed });
      tell(json, { ...evaluation }, describe(evaluation));
    });
  },
});

function describe({ rows, negElbo, reconstruction, kl, klPerDimension, activeUnits, threshold }: Evaluation): string {
  const losses = Object.entries({ negElbo, reconstruction, kl }).map(
    ([name, { mean, standardError }]) => `${name.padEnd(15)}${mean.toFixed(3).padStart(10)} ± ${standardError.toFixed(3)}`,
  );
  return [
    `${rows} rows, losses in nats per example`,
    ...losses,
    `active units   ${activeUnits} of ${klPerDimension.length} (variance of the posterior mean above ${threshold})`,
    `kl by latent   ${klPerDimension.map((value) => value.toFixed(3)).join(" ")}`,
  ].join("\n");
}
