/** `elbograd decode`: latents of one's own to rows of data. */
import { readNumbers } from "../../node/numbers.ts";
import type { Command } from "../command.ts";
import { define, NOT_RANDOM, shared, tell } from "../define.ts";
import { path } from "../options.ts";
import { withProgress } from "../progress.ts";
import { MODEL, withModel } from "../rows/model.ts";
import { LABEL, labelOption } from "../rows/model_labels.ts";
import { CSV_OPTIONS, endingOf, OUT, ROWS, writeRows } from "../rows/output.ts";
import { tilePicture } from "../views/pictures.ts";

export const decode: Command = define({
  name: "decode",
  summary: "turns latents into rows of data",
  usage: "--model FILE --latents FILE --out FILE",
  options: {
    model: MODEL,
    latents: path("FILE", "one z per row: .csv or .npy, as `encode` writes it"),
    label: LABEL,
    out: OUT,
    ...CSV_OPTIONS,
    ...shared(NOT_RANDOM),
  },
  notes: "A row is the mean of p(x|z).",
  call: "const rows = await vae.decodeLatents(z); // z [rows, L] to [rows, D]",
  async run({ model: file, latents, label, out, "safe-csv": safe, device, threads, json }, signal) {
    endingOf("decode", out, ROWS);
    const z = await withProgress("reading", signal, (work) => readNumbers(latents, work));
    await withModel("decode", file, { device, threads }, async (model) => {
      const { latent: L, input: D } = model.vae.config;
      if (z.columns !== L) throw new RangeError(`decode: ${file} has ${L} latents, got ${latents} with ${z.columns} columns`);
      const rows = await withProgress("decoding", signal, (work) =>
        model.vae.decodeLatents(z.values, { ...labelOption("decode", model, label), ...work }),
      );
      await writeRows("decode", { out, "safe-csv": safe, signal }, model, rows, (size) =>
        tilePicture(model, size, rows, Math.ceil(Math.sqrt(z.rows))),
      );
      tell(json, { out, rows: z.rows, columns: D }, `written: ${out}, ${z.rows} rows`);
    });
  },
});
