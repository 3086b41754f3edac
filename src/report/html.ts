/** report.html: a training run on one page, in one file that asks no network for anything. */
import type { EpochReport } from "../vae/losses.ts";
import type { Losses } from "../vae/losses.ts";
import { CHART_STYLE } from "./axes.ts";
import { type Curve, curveChart } from "./curves.ts";
import { element, escapeText } from "./svg.ts";

export interface RunReport {
  readonly title: string;
  /** A sentence or two on data and model. */
  readonly summary: string;
  readonly history: readonly EpochReport[];
  readonly pictures: readonly Picture[];
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

export type Fact = readonly [name: string, value: string];

const STYLE = `:root{color-scheme:light dark;--ground:#fff;--ink:#1c1c1e;--soft:#66666c;--line:#dedee2;--train:#0072b2;--validation:#c65a00}
@media(prefers-color-scheme:dark){:root{--ground:#151517;--ink:#e8e8ea;--soft:#a0a0a8;--line:#37373c;--train:#56b4e9;--validation:#f0a030}}
body{background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif;max-width:1320px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:36px 0 10px}p{margin:0 0 12px;max-width:75ch}.soft,figcaption{color:var(--soft)}
.row{display:flex;flex-wrap:wrap;gap:20px 24px}.row>section{margin-right:48px}figure{margin:0}figcaption{font-size:13px;margin-bottom:6px}
.chart{max-width:100%;height:auto;display:block}.curve{fill:none;stroke-width:1.8;stroke-linejoin:round}
.train{stroke:var(--train)}.validation{stroke:var(--validation)}.curve.validation{stroke-dasharray:5 3}.dot.train{fill:var(--train)}.dot.validation{fill:var(--validation)}
.key{display:inline-block;width:22px;border-top:2px solid var(--train);margin:0 6px 4px 0}.key.dashed{border-top:2px dashed var(--validation);margin-left:16px}
img{image-rendering:pixelated;max-width:100%;display:block;border:1px solid var(--line)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{border-bottom:1px solid var(--line);padding:5px 20px 5px 0;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{font-weight:500;color:var(--soft);white-space:nowrap}td.number,th.number{text-align:right}
pre{background:color-mix(in srgb,var(--ink) 6%,transparent);padding:12px 14px;border-radius:4px;overflow-x:auto;font:13px/1.5 ui-monospace,monospace;white-space:pre-wrap}
${CHART_STYLE}`;

/** Browsers then refuse everything but the styles and pictures in the file itself. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** The whole page. */
export function runReport(run: RunReport): string {
  const head = [
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escapeText(POLICY)}">`,
    '<meta name="viewport" content="width=device-width">',
    '<link rel="icon" href="data:,">',
    element("title", {}, escapeText(run.title)),
    element("style", {}, STYLE),
  ];
  const pictures = run.pictures.length > 0 ? section("What the model has learnt", row(run.pictures.map(figure))) : "";
  const body = [
    element("h1", {}, escapeText(run.title)),
    element("p", { class: "soft" }, escapeText(run.summary)),
    section("Losses", losses(run.history)),
    pictures,
    row([section("Configuration", facts(run.configuration)), section("Environment", facts(run.environment))]),
    section("To repeat this run", element("pre", {}, escapeText(run.command))),
  ];
  return `<!doctype html>\n<html lang="en">\n<head>\n${head.join("\n")}\n</head>\n<body>\n${body.filter(Boolean).join("\n")}\n</body>\n</html>\n`;
}

function section(title: string, ...content: readonly string[]): string {
  return element("section", {}, element("h2", {}, escapeText(title)), ...content);
}

function row(parts: readonly string[]): string {
  return element("div", { class: "row" }, ...parts);
}

/** Pictures of small images are enlarged, by a whole factor so that pixels stay squares. */
const PICTURE_WIDTH = 400;

function figure({ caption, png }: Picture): string {
  // Every PNG has its width at byte 16.
  const width = new DataView(png.buffer, png.byteOffset).getUint32(16);
  const shown = width * Math.max(1, Math.floor(PICTURE_WIDTH / width));
  const image = `<img alt="${escapeText(caption)}" width="${shown}" src="data:image/png;base64,${base64(png)}">`;
  return element("figure", {}, element("figcaption", {}, escapeText(caption)), image);
}

/** In parts, because a call takes only so many arguments. */
function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

const LOSSES = [
  ["negElbo", "negElbo = reconstruction + kl"],
  ["reconstruction", "reconstruction: −log p(x|z)"],
  ["kl", "kl: KL(q(z|x) ‖ N(0, I))"],
] as const;

/** The last epoch in numbers, and a chart for each of the three losses. */
function losses(history: readonly EpochReport[]): string {
  const validated = history.some(({ validation }) => validation !== undefined);
  const dashed = validated ? '<span class="key dashed"></span>validation' : "";
  const charts = LOSSES.map(([name, caption]) => {
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
  const cells = ({ negElbo, reconstruction, kl }: Losses): string =>
    [negElbo, reconstruction, kl].map((value) => element("td", { class: "number" }, value.toFixed(2))).join("");
  const line = (name: string, values: Losses): string => element("tr", {}, element("th", {}, escapeText(name)), cells(values));
  const header = ["negElbo", "reconstruction", "kl"].map((name) => element("th", { class: "number" }, name)).join("");
  return element(
    "table",
    {},
    element("tr", {}, element("th", {}, `epoch ${last.epoch}`), header),
    line("training", last),
    last.validation ? line("validation", last.validation) : "",
  );
}

function facts(rows: readonly Fact[]): string {
  return element(
    "table",
    {},
    ...rows.map(([name, value]) => element("tr", {}, element("th", {}, escapeText(name)), element("td", {}, escapeText(value)))),
  );
}
