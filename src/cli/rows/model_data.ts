/** Rows of a table brought into a model's units, and what the model makes brought back. */
import { type Dataset, dataset } from "../../data/dataset.ts";
import { scaled, type Scaling, unscaled } from "../../data/scaling.ts";
import type { Device } from "../../device/device.ts";
import type { TypedArray } from "../../kernel.ts";
import type { NumbersFile } from "../../node/numbers.ts";
import type { Model, ModelFile } from "./model.ts";
import { modelLabels } from "./model_labels.ts";
import { modelPictures } from "./picture_rows.ts";

const UNSCALED: Scaling = { kind: "none", scale: [1], shift: [0] };

/** Rows on a device, in a model's units. Bytes stay bytes where one pair of constants scales them all. */
export function scaledDataset(device: Device, values: TypedArray, columns: number, scaling: Scaling = UNSCALED, labels?: Uint32Array): Dataset {
  const { scale, shift } = scaling;
  const own = labels && { labels };
  if (values instanceof Uint8Array && scale.length === 1) return dataset(device, values, { columns, scale: scale[0]!, shift: shift[0]!, ...own });
  return dataset(device, scaled(values, columns, scaling), { columns, ...own });
}

/** The same values, but for those that no f32 can hold once they are scaled: the greatest that one can. */
export function withinF32(values: TypedArray, columns: number, { scale, shift }: Scaling): TypedArray {
  const most = 3.4e38;
  const seen = (i: number): number => {
    const column = scale.length === 1 ? 0 : i % columns;
    return values[i]! * scale[column]! + shift[column]!;
  };
  const isBeyond = (_: number, i: number): boolean => Math.abs(seen(i)) > most;
  if (!values.some(isBeyond)) return values;
  return Float64Array.from(values, (value, i) => {
    if (!isBeyond(value, i)) return value;
    const column = scale.length === 1 ? 0 : i % columns;
    return (Math.sign(value) * most) / scale[column]!;
  });
}

/** The model's columns of a table, row after row: by name where both have names, else all of them. RangeError where the table is of other data. */
export function modelColumns(command: string, { path: file, vae, about }: ModelFile, table: NumbersFile): TypedArray {
  const D = vae.config.input;
  const { names } = table;
  if (table.channels !== undefined && about.width !== undefined && about.height !== undefined) return modelPictures(command, file, about, table);
  if (names && about.names) {
    const places = about.names.map((name) => names.indexOf(name));
    const missing = about.names.filter((_, i) => places[i]! < 0);
    if (missing.length > 0) {
      throw new RangeError(
        `${command}: ${file} is a model of the columns ${about.names.join(", ")}, got ${table.name} without ${missing.join(", ")}`,
      );
    }
    return Float64Array.from({ length: table.rows * D }, (_, i) => table.values[Math.floor(i / D) * table.columns + places[i % D]!]!);
  }
  if (table.columns !== D) {
    throw new RangeError(`${command}: ${file} is a model of ${D} columns, got ${table.name} with ${table.columns} (--drop leaves columns out)`);
  }
  return table.values;
}

/** How a table's rows become the model's: as those that it was trained on, but for truth values, which are 0 and 1 wherever grey is. */
export function scalingFor({ about: { scaling = UNSCALED } }: Model, { binary }: NumbersFile): Scaling {
  return binary && scaling.kind === "unit" ? UNSCALED : scaling;
}

/** A table's rows as the model's data; `condition` is the option of that name. */
export function dataFor(command: string, model: ModelFile, table: NumbersFile, condition: string | undefined): Dataset {
  const labels = modelLabels(command, model, table, condition);
  return scaledDataset(model.vae.device, modelColumns(command, model, table), model.vae.config.input, scalingFor(model, table), labels);
}

/** Rows that the model made, in the units of the data that it was trained on. */
export function inUnits({ vae, about }: Model, rows: TypedArray): Float64Array {
  return unscaled(rows, vae.config.input, about.scaling ?? UNSCALED);
}
