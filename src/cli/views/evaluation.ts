/** An evaluation as people and programs read it: every number with its estimator and its unit. */
import type { Scaling } from "../../data/scaling.ts";
import type { Evaluation } from "../../judge/evaluation.ts";
import type { Estimate } from "../../judge/moments.ts";
import type { Likelihood } from "../../vae/likelihoods/likelihood.ts";
import type { Prior } from "../../vae/priors/prior.ts";
import { collapseText } from "../doctor/collapse_doctor.ts";
import { counted } from "../rows/cells.ts";
import { plainEstimate, plusMinus } from "../table.ts";

/** What was evaluated. */
export interface About {
  readonly things: "rows" | "images";
  readonly likelihood: Likelihood;
  readonly prior: Prior;
  readonly scaling: Scaling;
  /** Whether −log p(x) is wanted for fewer samples too. */
  readonly curve: boolean;
}

/** A number with what it is. */
interface LabelledNumber {
  readonly mean: number;
  readonly standardError?: number;
  readonly unit: string;
  readonly estimator: string;
}

const NATS = "nats per example";

/** By name. */
function labelled(e: Evaluation, about: About): Readonly<Record<string, LabelledNumber>> {
  const { nll, aggregateGap, posteriors, draws } = e;
  const { things, likelihood, prior, scaling } = about;
  const toPrior = prior.standard ? "N(0, I)" : "p(z)";
  const klBy = prior.standard ? "analytic" : `at 1 draw of z for each example, p(z) a ${prior.name}`;
  const of = (value: Estimate, unit: string, estimator: string): LabelledNumber => ({ ...plainEstimate(value), unit, estimator });
  const density = scaling.kind === "none" ? "a density" : `a density, with the Jacobian of the scaling "${scaling.kind}"`;
  const bits = likelihood.discrete ? "a probability, no Jacobian" : density;
  const aggregate = `${counted(draws, "draws")} of z, q(z) of ${counted(posteriors, things)}`;
  return {
    negElbo: of(e.negElbo, NATS, "−ELBO, reconstruction + kl"),
    reconstruction: of(e.reconstruction, NATS, "−log p(x|z), 1 draw of z for each example"),
    kl: of(e.kl, NATS, `KL(q(z|x) ‖ ${toPrior}), ${klBy}`),
    ...(nll && { nll: of(nll.nll, NATS, nll.estimator.replace("rows", things)) }),
    bitsPerDimension: of(e.bitsPerDimension, "bits per feature", `of ${nll ? "nll" : "negElbo, which is at least nll"}: ${bits}`),
    squaredError: of(e.reconstructionError, "squared units of the data", "mean over the features, of the mean of p(x|z) at the mean of q(z|x)"),
    information: of(e.mutualInformation, "nats", `I_q(x; z), ${aggregate}: at most log ${posteriors} = ${Math.log(posteriors).toFixed(3)}`),
    aggregateGap: { mean: aggregateGap, unit: "nats", estimator: `KL(q(z) ‖ ${toPrior}) = kl − information` },
  };
}

/** Numbers below each other, what they are beside them. */
export function evaluationText(e: Evaluation, about: About): string {
  const { rows, nll, klPerDimension, activeUnits, threshold } = e;
  const lines = Object.entries(labelled(e, about)).map(([name, { estimator, unit, ...value }]) => {
    return `${row(name, value).padEnd(42)}  ${estimator}${unit === NATS ? "" : ` (${unit})`}`;
  });
  const curve = about.curve && nll ? nll.curve.map(({ samples, nll: value }) => row(`nll, S=${samples}`, value)) : [];
  return [
    `${counted(rows, about.things)}, losses in nats per example`,
    ...lines,
    ...(nll ? [`nll's samples     ${effective(nll.effectiveSamples)} of ${nll.samples} count, (Σw)²/Σw² of their weights`] : []),
    ...curve,
    `active units      ${activeUnits} of ${klPerDimension.length} (variance of the posterior mean above ${threshold}, on ${counted(rows, about.things)})`,
    `kl by latent      ${klPerDimension.map((value) => value.toFixed(3)).join(" ")}${about.prior.standard ? "" : " (to N(0, 1))"}`,
    collapseText(e.collapse, counted(rows, about.things)),
  ].join("\n");
}

/** `name        12.345 ± 0.678`, with more digits where the number is small. */
function row(name: string, { mean, standardError = NaN }: { readonly mean: number; readonly standardError?: number }): string {
  const digits = Math.abs(mean) < 1 ? 5 : 3;
  const error = plusMinus(standardError, digits);
  return `${name.padEnd(18)}${mean.toFixed(digits).padStart(10)} ${error}`.trimEnd();
}

const effective = ({ mean, worst }: { readonly mean: number; readonly worst: number }): string =>
  `${mean.toFixed(1)} on average and ${worst.toFixed(1)} at worst`;

/** The same as an object: each number with its unit and estimator beside it. */
export function evaluationJson(e: Evaluation, about: About): Record<string, unknown> {
  const { rows, klPerDimension, activeUnits, threshold, nll, posteriors, draws, collapse } = e;
  const curve = about.curve && nll && { nllCurve: nll.curve.map(({ samples, nll: value }) => ({ samples, ...plainEstimate(value) })) };
  return {
    rows,
    leftOut: e.leftOut,
    ...labelled(e, about),
    klPerDimension,
    activeUnits,
    threshold,
    verdict: collapse.verdict,
    dead: collapse.dead,
    posteriors,
    draws,
    ...(nll && { nllSamples: nll.samples, effectiveSamples: nll.effectiveSamples }),
    ...curve,
  };
}
