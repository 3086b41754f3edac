/** Bounds of five samples, their gradients and the doubly reparameterised ones, as PyTorch computed them in f64. */
import { expect, test } from "vitest";
import { onEachDevice } from "../../support/conformance.ts";
import { goldenText } from "../../support/files.ts";
import { testCases } from "../../support/golden_cases.ts";
import { iwaeCases } from "../../support/golden_iwae.ts";

const cases = iwaeCases(goldenText("vae_golden.json"));

test("the reference data has two VAEs with bounds of five samples", () => {
  expect(cases).toHaveLength(2);
});

await onEachDevice((device) => testCases(device, cases));
