/** What is wrong with a data set for a model, said before anything is computed; `op` is who asks. */
import { type Check, checkValue, thing } from "../check.ts";
import { DATA, type Dataset } from "../data/dataset.ts";
import type { Device, Slice } from "../device/device.ts";
import type { Parameters } from "../nn/parameters.ts";
import { checkSameDevice } from "../tensor.ts";
import { checkLabels } from "./labels.ts";
import type { Likelihood } from "./likelihoods/likelihood.ts";

/** What of a model its data must fit. */
interface Model {
  readonly device: Device;
  readonly parameters: Pick<Parameters, "value">;
  readonly config: { readonly input: number; readonly classes?: number };
}

/** What takes a model takes this. */
export const MODEL: Check = thing("a model", ["config", "parameters", "prior"], "new Vae(device, config)");

/** Throws unless both are there and have not been freed, and the data is on the model's device, has its columns, and labels where the model needs them. */
export function checkColumns(op: string, model: Model, data: Dataset, name = "data"): void {
  checkValue(op, "vae", model, MODEL);
  const { device, config, parameters } = model;
  refuseFreed(op, "the model", parameters.value);
  checkData(op, data, name);
  checkSameDevice(op, device, data.device, "model and data");
  if (data.columns !== config.input) throw new RangeError(`${op}: the model has ${config.input} inputs, the data set ${data.columns} columns`);
  checkLabels(op, config, data);
}

/** Throws unless it is a data set that has not been freed. */
export function checkData(op: string, data: Dataset, name = "data"): void {
  checkValue(op, name, data, DATA);
  refuseFreed(op, name, data.slice);
}

function refuseFreed(op: string, name: string, { freed }: Slice): void {
  if (freed !== undefined) throw new TypeError(`${op}: ${name} ${freed}`);
}

/** Throws at the first infinity, and at the first missing cell (NaN) unless a likelihood takes such. */
export function checkFinite(
  op: string,
  { firstNotFinite: cell, missing }: Dataset,
  taker?: { readonly likelihood: Pick<Likelihood, "name" | "missing"> },
): void {
  if (missing.first && !taker?.likelihood.missing) {
    const { row, column } = missing.first;
    throw new RangeError(
      `${op}: data is finite, found NaN at row ${row}, column ${column}: a missing cell, of ${missing.count} (fill them, or use mixed() of elbograd/tables, which takes them)`,
    );
  }
  if (cell) throw new RangeError(`${op}: data is finite, found ${cell.value} at row ${cell.row}, column ${cell.column}`);
}
