/** `elbograd encode`: rows to latents, as a table or as a picture of them. */
import { existsSync } from "node:fs";
import type { TypedArray } from "../../kernel.ts";
import { encodePng } from "../../node/png.ts";
import { readNumbers, type NumbersFile } from "../../node/numbers.ts";
import { pca } from "../../report/pca.ts";
import { type Scatter, scatterPixels, scatterSvg } from "../../report/scatter.ts";
import type { Posterior } from "../../vae/config.ts";
import { type Command, UsageError } from "../command.ts";
import { define, NOT_RANDOM, shared, tell } from "../define.ts";
import { flag, optional, path } from "../options.ts";
import { withProgress } from "../progress.ts";
import { MODEL, withModel } from "../rows/model.ts";
import { dataFor } from "../rows/model_data.ts";
import { CSV_OPTIONS, endingOf, writePicture, writeValues } from "../rows/output.ts";
import { DATA, FILE_OPTIONS, readRows } from "../rows/source.ts";

export const encode: Command = define({
  name: "encode",
  summary: "turns rows into latents: a table, or a scatter plot",
  usage: "--model FILE --data FILE --out FILE",
  options: {
    model: MODEL,
    data: DATA,
    out: path("FILE", "where they go: .csv or .npy, or a scatter plot as .svg or .png"),
    "log-var": flag("the log-variances too, in further columns"),
    labels: optional(
      path(
        "COLUMN|FILE",
        "what colours the scatter plot: a column of --data, left out of the rows, or a file of one column (images with known labels need none)",
      ),
    ),
    ...CSV_OPTIONS,
    ...FILE_OPTIONS,
    ...shared(NOT_RANDOM),
  },
  notes: "Latents are the means of q(z|x). More than two are drawn in the plane of their first two principal components.",
  call: "const { mean, logVar } = await vae.posterior(dataset(device, values, { columns })); // [rows, L] each",
  async run({ model: file, data, out, "safe-csv": safe, "log-var": logVar, labels, device, threads, json, ...reading }, signal) {
    const ending = endingOf("encode", out, ["csv", "npy", "svg", "png"]);
    const picture = ending === "svg" || ending === "png";
    if (labels !== undefined && !picture) throw new UsageError(`encode: --labels colour a scatter plot, got --out ${out} (write .svg or .png)`);
    if (logVar && picture) throw new UsageError(`encode: --log-var is for tables, got --out ${out} (write .csv or .npy)`);
    if (labels !== undefined && reading.condition !== undefined && !existsSync(labels)) {
      throw new UsageError(`encode: --condition colours the scatter plot by itself, got --labels ${labels} beside it (leave it out, or name a file)`);
    }
    const { table, colours } = await labelled(data, { ...reading, signal }, labels);
    await withModel("encode", file, { device, threads }, async (model) => {
      const L = model.vae.config.latent;
      if (picture && L < 2) throw new RangeError(`encode: a scatter plot needs 2 latents or more, got ${file} with ${L} (write .csv or .npy)`);
      const rows = dataFor("encode", model, table, reading.condition);
      const posterior = await withProgress("encoding", signal, (work) => model.vae.posterior(rows, work));
      if (picture) {
        const scatter = { ...plane(posterior.mean, L), ...(colours && { labels: colours }) };
        await writePicture("encode", out, ending === "svg" ? scatterSvg(scatter) : encodePng(scatterPixels(scatter)));
      } else {
        const { values, names } = latentTable(posterior, L, logVar);
        await writeValues("encode", { out, "safe-csv": safe, signal }, values, names.length, names);
      }
      tell(json, { out, rows: table.rows, latents: L }, `written: ${out}, ${table.rows} rows of ${L} latents`);
    });
  },
});

/** The rows, and what colours them, if anything does. */
async function labelled(
  data: string,
  reading: Parameters<typeof readRows>[1],
  labels: string | undefined,
): Promise<{ table: NumbersFile; colours: readonly string[] | undefined }> {
  if (labels === undefined || !existsSync(labels)) {
    const table = await readRows(data, reading, labels);
    return { table, colours: table.labels };
  }
  const [table, { values, columns, rows: count }] = await Promise.all([readRows(data, reading), readNumbers(labels, { signal: reading.signal })]);
  if (columns !== 1 || count !== table.rows) {
    throw new RangeError(`encode: labels are one column of ${table.rows} rows, got ${labels} with ${count} rows of ${columns}`);
  }
  return { table, colours: Array.from(values, String) };
}

/** Means as z1, z2, …, and after them, if wanted, log-variances. */
function latentTable({ mean, logVar }: Posterior, L: number, both: boolean): { values: TypedArray; names: string[] } {
  const numbered = (name: string): string[] => Array.from({ length: L }, (_, i) => `${name}${i + 1}`);
  if (!both) return { values: mean, names: numbered("z") };
  const values = new Float32Array(2 * mean.length);
  for (let row = 0; row < mean.length; row += L) {
    values.set(mean.subarray(row, row + L), 2 * row);
    values.set(logVar.subarray(row, row + L), 2 * row + L);
  }
  return { values, names: [...numbered("z"), ...numbered("logVar")] };
}

/** Latents in a plane: themselves if there are two. */
function plane(mean: TypedArray, L: number): Scatter {
  if (L === 2) return { points: mean, names: { x: "z1", y: "z2" } };
  const { projected, explained } = pca(mean, L, 2);
  const name = (i: number): string => `principal component ${i + 1} (${(100 * explained[i]!).toFixed(1)} % of the variance)`;
  return { points: projected, names: { x: name(0), y: name(1) } };
}
