/** tables --table: log density of held-out rows, of models that learn a table: in nats a row, numbers in units of their training sd. */
import { cosine, dataset, estimateNll, mixture, openDevice, train, Vae } from "elbograd";
import { type ColumnOfTable, type ColumnSchema, mixed } from "elbograd/tables";
import { type Column, header, tableRow } from "../table.ts";
import { heldOut } from "./held_out.ts";

/** What latent classes of scikit-learn reached on the same rows. */
const BARS: Readonly<Record<string, number>> = { credit: -7.54, weather: -3.72, penguins: -4.42 };

/** What one mixed model is to reach. */
const MIXED_BARS: Readonly<Record<string, number>> = { credit: -5.6, weather: -3.1, penguins: -4.55 };

interface Line {
  readonly table: string;
  readonly model: string;
  readonly classes?: number;
  readonly logDensity: number;
  readonly standardError: number;
  readonly bar?: number | undefined;
  readonly seconds: number;
}

/** One model of the training rows: log density of each test row in the file's units. */
interface Contender {
  readonly name: string;
  readonly bars?: Readonly<Record<string, number>>;
  score(train: Float64Array, test: Float64Array, columns: readonly ColumnSchema[]): Promise<{ densities: Float64Array; classes?: number }>;
}

/** Not in any entry yet: of the built package. */
interface LatentClassModules {
  fitLatentClasses(rows: Float64Array, columns: readonly ColumnSchema[], options: object): Promise<{ model: { weights: readonly number[] } }>;
  logDensity(model: object, rows: Float64Array): Promise<Float64Array>;
}

async function latentClasses(): Promise<LatentClassModules> {
  const load = (file: string): Promise<unknown> => import(new URL(`../../../dist/judge/latent_classes/${file}.js`, import.meta.url).href);
  return { ...((await load("fit")) as object), ...((await load("scores")) as object) } as LatentClassModules;
}

const fitted =
  (options: object): Contender["score"] =>
  async (train, test, columns) => {
    const { fitLatentClasses, logDensity } = await latentClasses();
    const { model } = await fitLatentClasses(train, columns, options);
    return { densities: await logDensity(model, test), classes: model.weights.length };
  };

/** The coding of tables, not in any entry yet: of the built package. */
interface Coding {
  codingOf(columns: readonly ColumnSchema[], rows: Float64Array, components: number): readonly { readonly law: ColumnOfTable }[];
  encodeCells(coding: object, rows: Float64Array, columns: number): Float32Array;
  logUnits(coding: object, cells: Float32Array): Float64Array;
}

/** A mixed model, 64-64 and 8 latents: so many epochs that about `STEPS` steps are done, the last tenth of the training rows telling which was best. */
const STEPS = 3000;
const mixedModel =
  (components: number): Contender["score"] =>
  async (rows, test, columns) => {
    const url = new URL("../../../dist/vae/tables/coding.js", import.meta.url).href;
    const { codingOf, encodeCells, logUnits } = (await import(url)) as Coding;
    const device = await openDevice("wasm");
    const coding = codingOf(columns, rows, components);
    const D = coding.length;
    const [cells, held] = [encodeCells(coding, rows, columns.length), encodeCells(coding, test, columns.length)];
    const fitted = Math.round((0.9 * cells.length) / D) * D;
    const [data, validation] = [cells.subarray(0, fitted), cells.subarray(fitted)].map((part) => dataset(device, part, { columns: D }));
    const likelihood = mixed(coding.map(({ law }) => law));
    const vae = new Vae(device, { input: D, hidden: [64, 64], latent: 8, likelihood, prior: mixture({ components: 8 }), seed: 0 });
    const batchSize = Math.min(128, Math.floor(fitted / D));
    const epochs = Math.ceil(STEPS / Math.ceil(fitted / D / batchSize));
    const learningRate = cosine(3e-3, { floor: 3e-5 });
    for await (const report of train(vae, data!, {
      epochs,
      batchSize,
      seed: 1,
      learningRate,
      validation: validation!,
      earlyStopping: { patience: epochs },
    }))
      void report;
    const { ofRows } = await estimateNll(vae, dataset(device, held, { columns: D }), { samples: 500 });
    await device.close();
    const units = logUnits(coding, held);
    return { densities: ofRows.map((nll, row) => units[row]! - nll) };
  };

const CONTENDERS: readonly Contender[] = [
  { name: "independent columns", score: fitted({ classes: 1 }) },
  { name: "latent classes", bars: BARS, score: fitted({}) },
  { name: "mixed, 4 normals a number", bars: MIXED_BARS, score: mixedModel(4) },
  { name: "latent classes without heaps", bars: BARS, score: fitted({ heaps: false }) },
];

const COLUMNS: readonly Column<Line>[] = [
  { title: "table", width: 10, of: ({ table }) => table, words: true },
  { title: "model", width: 28, of: ({ model }) => model, words: true },
  { title: "classes", width: 7, of: ({ classes }) => classes?.toString() },
  { title: "log density", width: 16, of: (line) => `${line.logDensity.toFixed(2)} ± ${line.standardError.toFixed(2)}` },
  { title: "bar", width: 6, of: ({ bar }) => bar?.toFixed(2) },
  { title: "seconds", width: 7, of: ({ seconds }) => seconds.toFixed(1) },
];

export async function runDensity(tables: readonly string[], json: boolean): Promise<void> {
  if (!json) console.log(header(COLUMNS));
  for (const table of tables) {
    const { train, test, columns, units } = heldOut(table);
    for (const { name, bars, score } of CONTENDERS) {
      const start = performance.now();
      const { densities, classes } = await score(train, test, columns);
      const seconds = (performance.now() - start) / 1000;
      const nats = densities.map((density, row) => density + units[row]!);
      const mean = nats.reduce((sum, value) => sum + value, 0) / nats.length;
      const variance = nats.reduce((sum, value) => sum + (value - mean) ** 2, 0) / nats.length;
      const line: Line = {
        table,
        model: name,
        ...(classes !== undefined && { classes }),
        logDensity: mean,
        standardError: Math.sqrt(variance / nats.length),
        bar: bars?.[table],
        seconds,
      };
      console.log(json ? JSON.stringify({ bench: "tables", ...line }) : tableRow(COLUMNS, line));
    }
  }
}
