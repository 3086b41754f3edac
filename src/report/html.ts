/** report.html: a training run on one page, in one file that asks no network for anything. */
import type { EpochReport } from "../vae/training/losses.ts";
import type { Losses } from "../vae/training/losses.ts";
import { type Curve, curveChart } from "./curves.ts";
import { type Fact, facts, page, row, section } from "./page.ts";
import { element, escapeText } from "./svg.ts";

export type { Fact } from "./page.ts";

export interface RunReport {
  readonly title: string;
  /** A sentence or two on data and model. */
  readonly summary: string;
  readonly history: readonly EpochReport[];
  readonly pictures: readonly Picture[];
  /** What the losses and the latents are worth: tables of two columns, by title. */
  readonly findings?: readonly (readonly [title: string, rows: readonly Fact[]])[];
  /** Rows of two columns. */
  readonly configuration: readonly Fact[];
  readonly environment: readonly Fact[];
  /** The command line that repeats the run. */
  readonly command: string;
}

export interface Picture {
  readonly caption: string;
  readonly png: Uint8Array;
}

/** What the charts of a run look like. */
const STYLE = `:root{--train:#0072b2;--validation:#c65a00}
@media(prefers-color-scheme:dark){:root{--train:#56b4e9;--validation:#f0a030}}
.curve{fill:none;stroke-width:1.8;stroke-linejoin:round}
.train{stroke:var(--train)}.validation{stroke:var(--validation)}.curve.validation{stroke-dasharray:5 3}.dot.train{fill:var(--train)}.dot.validation{fill:var(--validation)}
.key{display:inline-block;width:22px;border-top:2px solid var(--train);margin:0 6px 4px 0}.key.dashed{border-top:2px dashed var(--validation);margin-left:16px}
img{image-rendering:pixelated;max-width:100%;display:block;border:1px solid var(--line)}`;

/** The whole page. */
export function runReport(run: RunReport): string {
  const pictures = run.pictures.length > 0 ? section("What the model has learnt", row(run.pictures.map(figure))) : "";
  return page(run.title, STYLE, [
    element("p", { class: "soft" }, escapeText(run.summary)),
    section("Losses", losses(run.history)),
    ...(run.findings ?? []).map(([title, rows]) => section(title, facts(rows))),
    pictures,
    row([section("Configuration", facts(run.configuration)), section("Environment", facts(run.environment))]),
    section("To repeat this run", element("pre", {}, escapeText(run.command))),
  ]);
}

function figure({ caption, png }: Picture): string {
  const image = `<img alt="${escapeText(caption)}" src="data:image/png;base64,${base64(png)}">`;
  return element("figure", {}, element("figcaption", {}, escapeText(caption)), image);
}

/** In parts, because a call takes only so many arguments. */
function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

const LOSSES = [
  ["negBound", "negBound: −log of the mean importance weight"],
  ["negElbo", "negElbo = reconstruction + kl"],
  ["reconstruction", "reconstruction: −log p(x|z)"],
  ["kl", "kl: KL(q(z|x) ‖ N(0, I))"],
] as const;

type Named = (typeof LOSSES)[number];

/** The losses that the run has: the bound only where samples were weighted by importance. */
const lossesOf = (report: Losses | undefined): readonly Named[] => LOSSES.filter(([name]) => name !== "negBound" || report?.negBound !== undefined);

/** The last epoch in numbers, and a chart for each loss. */
function losses(history: readonly EpochReport[]): string {
  const validated = history.some(({ validation }) => validation !== undefined);
  const dashed = validated ? '<span class="key dashed"></span>validation' : "";
  const charts = lossesOf(history[0]).map(([name, caption]) => {
    const curves: Curve[] = [{ name: "train", values: history.map((report) => report[name]) }];
    if (validated) curves.push({ name: "validation", values: history.map(({ validation }) => validation?.[name]) });
    return element("figure", {}, element("figcaption", {}, escapeText(caption)), curveChart(caption, "nats per example", curves));
  });
  return [
    element("p", {}, '<span class="key"></span>training', dashed),
    row(charts),
    element("p", { class: "soft" }, "Training losses are averages over the epoch’s steps, validation losses are taken at its end."),
    summary(history),
  ].join("");
}

function summary(history: readonly EpochReport[]): string {
  const last = history.at(-1);
  if (!last) return "";
  const names = lossesOf(last).map(([name]) => name);
  const cells = (losses: Losses): string => names.map((name) => element("td", { class: "number" }, losses[name]!.toFixed(2))).join("");
  const line = (name: string, values: Losses): string => element("tr", {}, element("th", {}, escapeText(name)), cells(values));
  const header = names.map((name) => element("th", { class: "number" }, name)).join("");
  return element(
    "table",
    {},
    element("tr", {}, element("th", {}, `epoch ${last.epoch}`), header),
    line("training", last),
    last.validation ? line("validation", last.validation) : "",
  );
}
