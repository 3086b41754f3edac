/** `elbograd sample`: what a model makes up. */
import { key } from "../../random.ts";
import type { Command } from "../command.ts";
import { define, shared, tell } from "../define.ts";
import { oneOf, whole } from "../options.ts";
import { withProgress } from "../progress.ts";
import { MODEL, withModel } from "../rows/model.ts";
import { LABEL, labelOption } from "../rows/model_labels.ts";
import { CSV_OPTIONS, endingOf, OUT, ROWS, writeRows } from "../rows/output.ts";
import { tilePicture } from "../views/pictures.ts";

export const sample: Command = define({
  name: "sample",
  summary: "makes up new rows",
  usage: "--model FILE --out FILE [--count N] [--label NAME]",
  options: {
    model: MODEL,
    count: whole(1, "how many", 100),
    label: LABEL,
    draw: oneOf(["mean", "sample"], "what is taken of p(x|z): its mean, or a draw with its noise", "mean"),
    out: OUT,
    ...CSV_OPTIONS,
    ...shared("of the draws"),
  },
  notes: "Each row comes from a z of its own from the prior N(0, I).",
  call: "const rows = await vae.sample(count, key(seed), { draw }); // [count, D]",
  async run({ model: file, count, label, draw, out, "safe-csv": safe, device, threads, seed, json }, signal) {
    endingOf("sample", out, ROWS);
    await withModel("sample", file, { device, threads }, async (model) => {
      const rows = await withProgress("sampling", signal, (work) =>
        model.vae.sample(count, key(seed), { draw, ...labelOption("sample", model, label), ...work }),
      );
      await writeRows("sample", { out, "safe-csv": safe, signal }, model, rows, (size) =>
        tilePicture(model, size, rows, Math.ceil(Math.sqrt(count))),
      );
      tell(
        json,
        { out, rows: count, columns: model.vae.config.input, draw, ...(label !== undefined && { label }), seed },
        `written: ${out}, ${count} rows`,
      );
    });
  },
});
