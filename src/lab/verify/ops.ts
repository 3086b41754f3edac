/** The golden cases of single ops: values, and gradients for a given cotangent, within the tolerances that the oracle computes. */
import { grad } from "../../autodiff.ts";
import type { Device } from "../../device/device.ts";
import { FormatError } from "../../formats/format_error.ts";
import { tensor } from "../../tensor.ts";
import type { Values } from "../oracle/terms.ts";
import type { Agreement } from "./agreement.ts";
import { type GoldenCase, type GoldenTensor, numbers, parseGolden } from "./golden.ts";
import { type Attributes, operators } from "./operators.ts";

interface OpCase {
  readonly id: string;
  readonly op: string;
  readonly attrs: Attributes;
  readonly inputs: readonly GoldenTensor[];
  readonly gout: GoldenTensor;
  readonly out: GoldenTensor;
  readonly grads: readonly GoldenTensor[];
}

/** The cases of op_golden.json; FormatError for an operator that there is no op for. */
export function opCases(text: string): GoldenCase[] {
  const { cases } = parseGolden<{ cases: readonly OpCase[] }>("op_golden.json", text, "cases");
  const unknown = cases.find(({ op }) => !Object.hasOwn(operators, op));
  if (unknown) throw new FormatError(`op_golden.json: op is one of ${Object.keys(operators).join(", ")}, got "${unknown.op}" in case ${unknown.id}`);
  return cases.map((c) => ({ id: c.id, of: c.op, run: (device) => runOp(device, c) }));
}

const valuesOf = (t: GoldenTensor): Values => ({ shape: t.shape, data: numbers(t) });

async function runOp(device: Device, { op, attrs, inputs, gout, out, grads }: OpCase): Promise<Agreement[]> {
  const [xs, dy] = [inputs.map(valuesOf), valuesOf(gout)];
  const { f, y, gradients } = operators[op]!(attrs, xs, dy, device.name !== "cpu");
  const results = device.scope(() => {
    const tensors = xs.map(({ data, shape }) => tensor(device, data as Float64Array, shape));
    const value = f(...tensors);
    return [value, ...grad(value, tensors, { cotangent: tensor(device, dy.data as Float64Array, dy.shape) })];
  });
  const wanted = [out, ...grads];
  const tolerances = [y, ...gradients];
  const comparisons: Agreement[] = [];
  for (const [i, result] of results.entries()) {
    const what = i === 0 ? "value" : `gradient of input ${i - 1}`;
    if (String(result.shape) !== String(wanted[i]!.shape))
      throw new Error(`${what} has shape [${wanted[i]!.shape.join(", ")}], got [${result.shape.join(", ")}]`);
    comparisons.push({ what, got: await result.read(), want: numbers(wanted[i]!), tolerance: tolerances[i]! });
  }
  // only now: two gradients may be one tensor
  results.forEach((result) => result.dispose());
  return comparisons;
}
