/** What `train` and `evaluate` say of the latents: which are dead, since when, and what can be tried. */
import { type Collapse, type CollapseWatch, DEAD } from "../../judge/collapse.ts";
import type { Fact } from "../../report/html.ts";
import { REMEDIES } from "../training/remedies.ts";

const RULE = `dead: KL below ${DEAD.kl} nats and variance of the posterior mean below ${DEAD.varianceOfMean}`;
const MEANING = { healthy: "none is dead", partly: "some are dead", collapsed: "at most a tenth is alive" } as const;

/** `partly collapsed: 6 of 8 latents are alive, …`. */
export function verdictText({ verdict, dead, latents }: Collapse, on: string): string {
  const name = verdict === "partly" ? "partly collapsed" : verdict;
  return `${name}: ${latents.length - dead.length} of ${latents.length} latents are alive, ${MEANING[verdict]} (${RULE}, on ${on})`;
}

/** Which latents died in an epoch, while it trains. */
export function diedText(epoch: number, died: readonly number[]): string {
  return `epoch ${epoch}: ${named(died)} died (${RULE})`;
}

/** The dead by when they died, the earliest first, in words. */
export function sinceText({ dead }: Collapse, watch: CollapseWatch): string[] {
  const epochs = [...new Set(dead.map((l) => watch.since(l)!))].sort((a, b) => a - b);
  return epochs.map((epoch) => `${named(dead.filter((l) => watch.since(l) === epoch))} dead since epoch ${epoch}`);
}

/** What there is to try, as options of `train`. */
export function remediesText(): string {
  return `what may help: ${Object.values(REMEDIES)
    .map(({ option }) => option)
    .join(", ")} (train --remedy tries them and says what they do)`;
}

/** Lines for the end of a run or an evaluation. */
export function collapseText(collapse: Collapse, on: string, watch?: CollapseWatch): string {
  const lines = [`latents are ${verdictText(collapse, on)}`, ...(watch ? sinceText(collapse, watch) : [])];
  return (collapse.verdict === "healthy" ? lines : [...lines, remediesText()]).join("\n");
}

/** The same for the page. */
export function collapseFacts(collapse: Collapse, on: string, watch: CollapseWatch): Fact[] {
  const numbers = (pick: (use: Collapse["latents"][number]) => number): string => collapse.latents.map((use) => pick(use).toFixed(3)).join(" ");
  return [
    ["verdict", verdictText(collapse, on)],
    ...sinceText(collapse, watch).map((text): Fact => ["", text]),
    ["KL by latent, nats", numbers(({ kl }) => kl)],
    ["variance of the posterior mean", numbers(({ varianceOfMean }) => varianceOfMean)],
  ];
}

function named(latents: readonly number[]): string {
  return `${latents.length === 1 ? "latent" : "latents"} ${latents.join(", ")}`;
}
