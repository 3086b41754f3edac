/** What a resumed run must have in common with the first one. */
import { createHash } from "node:crypto";
import type { Scaling } from "../../data/scaling.ts";
import type { TableFile } from "../../node/tables.ts";
import type { TrainArguments } from "./train_options.ts";

/** What a resumed run must have in common with the first one besides what the library compares: names and numbers of the command line, and the data. */
export function settingsOf(
  options: TrainArguments,
  { train, scaling }: { readonly train: TableFile; readonly scaling: Scaling },
): Record<string, unknown> {
  const { schedule, epochs, momentum, "learning-rate": rate, "weight-decay": weightDecay, "warm-up": warmUpSteps } = options;
  const { beta, "beta-warm-up": betaWarmUp, "beta-cycles": betaCycles, capacity, "capacity-warm-up": capacityWarmUp } = options;
  const hash = createHash("sha256").update(train.values);
  if (options.condition !== undefined) hash.update(JSON.stringify(train.labels));
  const data = hash.digest("hex");
  const ofObjective = { beta, betaWarmUp, betaCycles, capacity, capacityWarmUp };
  const settings = { data, scaling: scaling.kind, schedule, rate, weightDecay, momentum, warmUpSteps, ...ofObjective };
  // A schedule that is laid out over the run depends on where that ends.
  return { ...settings, ...((schedule !== "constant" || betaCycles !== undefined) && { epochs }) };
}
