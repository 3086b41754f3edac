/** The nine golden VAEs once more, through the class Vae, its likelihoods and `elbo`: values, all gradients and five Adam steps. */
import { expect, test } from "vitest";
import { vaeCases } from "../../../src/lab/verify/vaes.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { goldenText } from "../../support/files.ts";
import { testCases } from "../../support/golden_cases.ts";

const cases = vaeCases(goldenText("vae_golden.json"));

test("the reference data has nine VAEs", () => {
  expect(cases).toHaveLength(9);
});

await onEachDevice((device) => testCases(device, cases));
