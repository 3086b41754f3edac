/** `elbograd interpolate`: from one row to another through the latent space. */
import { lineLatents } from "../../report/latents.ts";
import { type Command, UsageError } from "../command.ts";
import { define, NOT_RANDOM, shared, tell } from "../define.ts";
import { whole } from "../options.ts";
import { MODEL, withModel } from "../rows/model.ts";
import { withProgress } from "../progress.ts";
import { LABEL, labelOption } from "../rows/model_labels.ts";
import { CSV_OPTIONS, endingOf, OUT, ROWS, writeRows } from "../rows/output.ts";
import { rowMeans } from "../rows/row_means.ts";
import { DATA, FILE_OPTIONS, readRows } from "../rows/source.ts";
import { tilePicture } from "../views/pictures.ts";

export const interpolate: Command = define({
  name: "interpolate",
  summary: "walks from one row to another in the latent space",
  usage: "--model FILE --data FILE --from ROW --to ROW --out FILE",
  options: {
    model: MODEL,
    data: DATA,
    from: whole(0, "the row to start at, from 0", 0),
    to: whole(0, "the row to end at", 1),
    steps: whole(2, "rows to make, both ends included", 10),
    label: LABEL,
    out: OUT,
    ...CSV_OPTIONS,
    ...FILE_OPTIONS,
    ...shared(NOT_RANDOM),
  },
  notes: "The walk is the straight line between the means of q(z|x) of the two rows.",
  call: "const { mean } = await vae.posterior(twoRows);\nconst rows = await vae.decodeLatents(latentsOnTheLine); // [steps, D]",
  async run({ model: file, data, from, to, steps, label, out, "safe-csv": safe, device, threads, json, ...reading }, signal) {
    endingOf("interpolate", out, ROWS);
    const table = await readRows(data, { ...reading, signal });
    for (const row of [from, to]) {
      if (row >= table.rows) throw new UsageError(`interpolate: rows of ${data} are 0 to ${table.rows - 1}, got ${row}`);
    }
    await withModel("interpolate", file, { device, threads }, async (model) => {
      const [start, end] = await rowMeans("interpolate", model, table, [from, to], reading.condition);
      const rows = await withProgress("decoding", signal, (work) =>
        model.vae.decodeLatents(lineLatents(start!, end!, steps), { ...labelOption("interpolate", model, label), ...work }),
      );
      await writeRows("interpolate", { out, "safe-csv": safe, signal }, model, rows, (size) => tilePicture(model, size, rows, steps));
      tell(json, { out, rows: steps, columns: model.vae.config.input, from, to }, `written: ${out}, ${steps} rows`);
    });
  },
});
