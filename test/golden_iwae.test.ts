/** Bounds of five samples, their gradients and the doubly reparameterised ones, as PyTorch computed them in f64. */
import { expect, test } from "vitest";
import { iwaeCases } from "./golden_iwae.ts";
import { onEachDevice } from "./conformance.ts";
import { goldenText } from "./files.ts";
import { testCases } from "./golden_cases.ts";

const cases = iwaeCases(goldenText("vae_golden.json"));

test("the reference data has two VAEs with bounds of five samples", () => {
  expect(cases).toHaveLength(2);
});

await onEachDevice((device) => testCases(device, cases));
