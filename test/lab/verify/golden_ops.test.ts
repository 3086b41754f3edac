/** The 177 golden cases of 51 operators, on each device: values and gradients, within the tolerances that the oracle computes. */
import { expect, it } from "vitest";
import { operators } from "../../../src/lab/verify/operators.ts";
import { opCases } from "../../../src/lab/verify/ops.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { goldenText } from "../../support/files.ts";
import { testCases } from "../../support/golden_cases.ts";

const cases = opCases(goldenText("op_golden.json"));

it("has an op for each of the operators, and all of the cases", () => {
  expect([...new Set(cases.map((c) => c.of))].sort()).toEqual(Object.keys(operators).sort());
  expect(cases).toHaveLength(177);
});

await onEachDevice((device) => testCases(device, cases));
