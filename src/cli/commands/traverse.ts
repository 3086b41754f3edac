/** `elbograd traverse`: what each latent stands for. */
import { traverseLatents } from "../../report/latents.ts";
import { type Command, UsageError } from "../command.ts";
import { define, NOT_RANDOM, shared, tell } from "../define.ts";
import { optional, whole } from "../options.ts";
import { withProgress } from "../progress.ts";
import { MODEL, type ModelFile, withModel } from "../rows/model.ts";
import { LABEL, labelOption } from "../rows/model_labels.ts";
import { CSV_OPTIONS, endingOf, OUT, ROWS, writeRows } from "../rows/output.ts";
import { rowMeans } from "../rows/row_means.ts";
import { DATA, FILE_OPTIONS, readRows } from "../rows/source.ts";
import { tilePicture } from "../views/pictures.ts";

export const traverse: Command = define({
  name: "traverse",
  summary: "moves each latent from −3 to 3 and leaves the others alone",
  usage: "--model FILE --out FILE [--data FILE --row N]",
  options: {
    model: MODEL,
    data: optional(DATA),
    row: optional(whole(0, "the row of --data to start at (default 0)", 0)),
    steps: whole(2, "rows to make for each latent", 11),
    label: LABEL,
    out: OUT,
    ...CSV_OPTIONS,
    ...FILE_OPTIONS,
    ...shared(NOT_RANDOM),
  },
  notes: "Starts at the mean of q(z|x) of the row, or without --data at z = 0. A picture has one line of images for each latent.",
  call: "const rows = await vae.decodeLatents(z); // z [L·steps, L], one latent changed at a time",
  async run({ model: file, data, row, steps, label, out, "safe-csv": safe, device, threads, json, ...reading }, signal) {
    endingOf("traverse", out, ROWS);
    if (row !== undefined && data === undefined) throw new UsageError(`traverse: --row is a row of --data, got --row ${row} alone`);
    const table = data === undefined ? undefined : await readRows(data, { ...reading, signal });
    if (table && (row ?? 0) >= table.rows) throw new UsageError(`traverse: rows of ${data} are 0 to ${table.rows - 1}, got ${row}`);
    await withModel("traverse", file, { device, threads }, async (model: ModelFile) => {
      const { latent: L, input: D } = model.vae.config;
      const start = table ? (await rowMeans("traverse", model, table, [row ?? 0], reading.condition))[0]! : new Float64Array(L);
      const rows = await withProgress("decoding", signal, (work) =>
        model.vae.decodeLatents(traverseLatents(start, steps), { ...labelOption("traverse", model, label), ...work }),
      );
      await writeRows("traverse", { out, "safe-csv": safe, signal }, model, rows, (size) => tilePicture(model, size, rows, steps));
      tell(json, { out, rows: L * steps, columns: D, latents: L, steps }, `written: ${out}, ${L * steps} rows (${steps} for each of ${L} latents)`);
    });
  },
});
