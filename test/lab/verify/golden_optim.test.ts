/** The twelve trajectories that PyTorch computed in f64: each optimizer, gradients that are ordinary, sparse, tiny and huge, clipping and a schedule. */
import { expect, test } from "vitest";
import { optimizerCases } from "../../../src/lab/verify/optimizers.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { goldenText } from "../../support/files.ts";
import { testCases } from "../../support/golden_cases.ts";

const cases = optimizerCases(goldenText("optim_golden.json"));

test("the reference data has twelve trajectories", () => {
  expect(cases.map(({ id }) => id.replace("_ordinary", ""))).toEqual([
    ...["adam", "adam_sparse", "adam_tiny_huge", "adam_custom", "adam_l2", "adamw"],
    ...["sgd", "sgd_momentum", "sgd_nesterov", "rmsprop", "adam_clipnorm", "adam_explr"],
  ]);
});

await onEachDevice((device) => testCases(device, cases));
