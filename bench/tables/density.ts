/** tables --table: log density of held-out rows, of models that learn a table: in nats a row, numbers in units of their training sd. */
import type { ColumnSchema } from "elbograd/tables";
import { type Column, header, tableRow } from "../table.ts";
import { heldOut } from "./held_out.ts";

/** What latent classes of scikit-learn reached on the same rows. */
const BARS: Readonly<Record<string, number>> = { credit: -7.54, weather: -3.72, penguins: -4.42 };

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

/** A mixed model goes here as well. */
const CONTENDERS: readonly Contender[] = [
  { name: "independent columns", score: fitted({ classes: 1 }) },
  { name: "latent classes", bars: BARS, score: fitted({}) },
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
