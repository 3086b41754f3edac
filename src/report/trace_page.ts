/** trace.html: a training step on one page; each launch opens its shader beside its CPU loop and its equation. */
import { code, CODE_STYLE } from "./code.ts";
import { type Fact, facts, page, section } from "./page.ts";
import { element, escapeText } from "./svg.ts";
import { anchorOf, launchBody, type LaunchView } from "./trace_launch.ts";
import { TRACE_STYLE } from "./trace_style.ts";

export interface TraceView {
  readonly title: string;
  readonly summary: readonly string[];
  readonly totals: readonly Fact[];
  readonly launches: readonly LaunchView[];
  readonly environment: readonly Fact[];
  readonly command: string;
}

/** The whole page. */
export function tracePage(view: TraceView): string {
  return page(view.title, `${CODE_STYLE}\n${TRACE_STYLE}`, [
    ...view.summary.map((line) => element("p", { class: "soft" }, escapeText(line))),
    element("dl", { class: "totals" }, ...view.totals.map(([name, value]) => total(name, value))),
    timeline(view.launches),
    section("Every launch, in order", ...view.launches.map(launchItem)),
    library(view.launches),
    section("Environment", facts(view.environment)),
    section("To repeat this", element("pre", {}, escapeText(view.command))),
  ]);
}

function total(name: string, value: string): string {
  return element("div", {}, element("dt", {}, escapeText(name)), element("dd", {}, escapeText(value)));
}

/** The step from left to right, each launch as wide as it takes long. */
function timeline(launches: readonly LaunchView[]): string {
  const bars = launches.map(({ number, op, phase, ms = 0, share = 0 }) => {
    const title = `${number} ${op}: ${ms.toFixed(3)} ms, ${(100 * share).toFixed(1)} %`;
    return element(
      "a",
      { class: phase, href: `#launch-${number}`, title, style: `flex-grow:${share.toFixed(5)}` },
      share > 0.025 ? String(number) : "",
    );
  });
  const legend = ["forward", "backward", "update"].map((phase) => element("span", { class: `mark ${phase}` }) + phase);
  return element("div", { class: "timeline" }, ...bars) + element("p", { class: "legend soft" }, ...legend);
}

function launchItem(launch: LaunchView): string {
  const { number, op, phase, formula, files, line, sizes, ms, share = 0 } = launch;
  const where = files[0] && line !== undefined ? `${files[0].name}:${line}` : "";
  const bar = element("span", { class: "meter" }, element("span", { class: phase, style: `width:${(100 * share).toFixed(2)}%` }));
  const cells = [
    element("span", { class: `number ${phase}` }, String(number)),
    element("span", { class: "op" }, escapeText(op)),
    element("span", { class: "soft where" }, escapeText(where)),
    element("span", { class: "soft sizes" }, escapeText(sizes)),
    element("span", { class: "time" }, ms === undefined ? "–" : `${ms.toFixed(3)} ms`),
    bar,
    element("span", { class: "formula" }, escapeText(formula)),
  ];
  return element("details", { id: `launch-${number}`, class: "launch" }, element("summary", {}, ...cells), launchBody(launch));
}

/** What several shaders share, each file once. */
function library(launches: readonly LaunchView[]): string {
  const files = new Map(launches.flatMap(({ files: [, ...used] }) => used.map((file) => [file.name, file] as const)));
  if (files.size === 0) return "";
  const items = [...files.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, text }) => {
      const first = /^\/\/ (.*)/.exec(text)?.[1] ?? "";
      const summary = [element("span", { class: "op" }, escapeText(name)), element("span", { class: "formula" }, escapeText(first))];
      return element("details", { class: "launch file" }, element("summary", {}, ...summary), element("div", { id: anchorOf(name) }, code(text)));
    });
  return section("What the shaders use", ...items);
}
