/** The 177 golden cases of 51 operators, on each device: values and gradients, within the tolerances of golden_operators.ts. */
import { expect, it } from "vitest";
import { expectOp, onEachDevice } from "./conformance.ts";
import { golden, type GoldenTensor, numbers } from "./golden.ts";
import { type Attributes, operators } from "./golden_operators.ts";
import type { Expected, Values } from "./oracle_terms.ts";

interface Case {
  readonly id: string;
  readonly op: string;
  readonly category: string;
  readonly attrs: Attributes;
  readonly inputs: readonly GoldenTensor[];
  readonly gout: GoldenTensor;
  readonly out: GoldenTensor;
  readonly grads: readonly GoldenTensor[];
}

const { cases } = golden<{ cases: Case[] }>("op_golden.json");
const valuesOf = (t: GoldenTensor): Values => ({ shape: t.shape, data: numbers(t) });

/**
 * What two cases leave of numbers near 0: elu(−1e-30) was computed as exp(x) − 1 in f64, and 1/x − 1/sinh(x) at 1e-30 with 50 digits of 1e30.
 */
const RESOLUTION: Readonly<Record<string, number>> = { s087_elu: 2 ** -52, s177_continuous_bernoulli_log_norm: 1e-20 };

it("has an op for each of the operators, and all of the cases", () => {
  expect([...new Set(cases.map(({ op }) => op))].sort()).toEqual(Object.keys(operators).sort());
  expect(cases).toHaveLength(177);
});

await onEachDevice((device) => {
  it.each(cases)("$id ($category)", async ({ id, op, attrs, inputs, gout, out, grads }) => {
    const xs = inputs.map(valuesOf);
    const dy = valuesOf(gout);
    const { f, y, gradients } = operators[op]!(attrs, xs, dy, device.name !== "cpu");
    const expected = (t: GoldenTensor, tolerances: ArrayLike<number>): Expected => {
      return { ...valuesOf(t), tolerance: Float64Array.from(tolerances, (bound) => bound + (RESOLUTION[id] ?? 0)) };
    };
    await expectOp(device, f, xs, dy, { y: expected(out, y), gradients: grads.map((g, i) => expected(g, gradients[i]!)) });
  });
});
