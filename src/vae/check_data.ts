/** What is wrong with a data set for a model, said before anything is computed; `op` is who asks. */
import type { Dataset } from "../data/dataset.ts";
import type { Device } from "../device/device.ts";
import { checkLabels } from "./labels.ts";

/** What of a model its data must fit. */
interface Model {
  readonly device: Device;
  readonly config: { readonly input: number; readonly classes?: number };
}

/** Throws unless the data is on the model's device, has its columns, and labels where the model needs them. */
export function checkColumns(op: string, { device, config }: Model, data: Dataset): void {
  if (data.device !== device) throw new TypeError(`${op}: model and data are on different devices (${device.name} and ${data.device.name})`);
  if (data.columns !== config.input) throw new RangeError(`${op}: the model has ${config.input} inputs, the data set ${data.columns} columns`);
  checkLabels(op, config, data);
}

/** Throws at the first NaN or infinity. */
export function checkFinite(op: string, { firstNotFinite: cell }: Dataset): void {
  if (cell) throw new RangeError(`${op}: data is finite, found ${cell.value} at row ${cell.row}, column ${cell.column}`);
}
