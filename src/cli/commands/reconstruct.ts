/** `elbograd reconstruct`: rows through the encoder and back. */
import { scaled } from "../../data/scaling.ts";
import type { Command } from "../command.ts";
import { define, NOT_RANDOM, shared, tell } from "../define.ts";
import { MODEL, withModel } from "../rows/model.ts";
import { withProgress } from "../progress.ts";
import { modelColumns, scaledDataset, scalingFor } from "../rows/model_data.ts";
import { modelLabels } from "../rows/model_labels.ts";
import { CSV_OPTIONS, endingOf, OUT, ROWS, writeRows } from "../rows/output.ts";
import { DATA, FILE_OPTIONS, readRows } from "../rows/source.ts";
import { pairPicture } from "../views/pictures.ts";

/** Pairs across a picture, and how many of them. */
const ACROSS = 10;
const SHOWN = 50;

export const reconstruct: Command = define({
  name: "reconstruct",
  summary: "encodes rows and decodes them again",
  usage: "--model FILE --data FILE --out FILE",
  options: { model: MODEL, data: DATA, out: OUT, ...CSV_OPTIONS, ...FILE_OPTIONS, ...shared(NOT_RANDOM) },
  notes: `A reconstruction is the mean of p(x|z) at the mean of q(z|x). A picture shows the first ${SHOWN} rows, each above its reconstruction.`,
  call: "const rows = await vae.reconstruct(dataset(device, values, { columns })); // [rows, D]",
  async run({ model: file, data, out, "safe-csv": safe, device, threads, json, ...reading }, signal) {
    const ending = endingOf("reconstruct", out, ROWS);
    const table = await readRows(data, { ...reading, signal });
    await withModel("reconstruct", file, { device, threads }, async (model) => {
      const D = model.vae.config.input;
      const count = ending === "png" ? Math.min(SHOWN, table.rows) : table.rows;
      const values = modelColumns("reconstruct", model, table).subarray(0, count * D);
      const scaling = scalingFor(model, table);
      const labels = modelLabels("reconstruct", model, table, reading.condition)?.subarray(0, count);
      const rows = scaledDataset(model.vae.device, values, D, scaling, labels);
      const { mean } = await withProgress("encoding", signal, (work) => model.vae.posterior(rows, work));
      const made = await withProgress("decoding", signal, (work) => model.vae.decodeLatents(mean, { ...(labels && { label: labels }), ...work }));
      await writeRows("reconstruct", { out, "safe-csv": safe, signal }, model, made, (size) =>
        pairPicture(model, size, scaled(values, D, scaling), made, ACROSS),
      );
      tell(json, { out, rows: count, columns: D }, `written: ${out}, ${count} rows`);
    });
  },
});
