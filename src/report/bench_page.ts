/** Timings of kernels on one page: the device's roofline with the kernels under it, their times with what they spread, and the table. */
import { type Bar, barChart, BARS_STYLE } from "./bars.ts";
import { type Fact, facts, page, row, section } from "./page.ts";
import { roofline, ROOFLINE_STYLE, type RooflinePoint, type Roofs } from "./roofline.ts";
import { element, escapeText } from "./svg.ts";

export interface BenchPage {
  readonly title: string;
  /** What it was measured on. */
  readonly adapter: string;
  /** True for a GPU that is emulated on the CPU. */
  readonly software: boolean;
  readonly roofs: Roofs;
  readonly points: readonly RooflinePoint[];
  readonly bars: readonly Bar[];
  /** The first row is the header, the first two columns are words. */
  readonly table: readonly (readonly string[])[];
  readonly environment: readonly Fact[];
  /** The command line that repeats it. */
  readonly command: string;
}

const STYLE = `:root{--accent:#0072b2;--warn:#b33c00}@media(prefers-color-scheme:dark){:root{--accent:#56b4e9;--warn:#f0a030}}
.software{color:var(--warn);font-weight:600;border:1px solid var(--warn);border-radius:4px;padding:1px 7px;white-space:nowrap}
td:first-child{font-weight:500}.wide{overflow-x:auto}.wide td{white-space:nowrap}.chart+p{margin-top:10px}.wide+p{margin-top:12px}
${ROOFLINE_STYLE}
${BARS_STYLE}`;

/** The whole page. */
export function benchPage({ title, adapter, software, roofs, points, bars, table, environment, command }: BenchPage): string {
  const label = software ? ` ${element("span", { class: "software" }, "software: not a GPU’s speed")}` : "";
  const left = points.length - points.filter(({ flops }) => flops > 0).length;
  return page(title, STYLE, [
    element("p", { class: "soft" }, escapeText(adapter), label),
    section(
      "Roofline",
      roofline(roofs, points),
      element("p", { class: "soft" }, escapeText(ROOFLINE_TEXT + (left > 0 ? " Kernels that compute nothing are not drawn." : ""))),
    ),
    section("Time of one launch", barChart("time of one launch", bars), element("p", { class: "soft" }, BARS_TEXT)),
    section("In numbers", element("div", { class: "wide" }, tableOf(table)), label && element("p", {}, label)),
    row([section("Environment", facts(environment))]),
    section("To repeat this", element("pre", {}, escapeText(command))),
  ]);
}

const ROOFLINE_TEXT =
  "Both roofs were measured on this device: a large copy, and multiply-adds in registers. A dotted line is what a kernel could gain if its operands came " +
  "from memory; those that stay in a cache come faster, and their kernels may lie above the slope.";
const BARS_TEXT = "Medians; half of the samples lie between the ends of the thin line.";

function tableOf([header = [], ...rows]: readonly (readonly string[])[]): string {
  const cells = (kind: "th" | "td", texts: readonly string[]): string =>
    texts.map((text, column) => element(kind, column > 1 ? { class: "number" } : {}, escapeText(text))).join("");
  return element("table", {}, element("tr", {}, cells("th", header)), ...rows.map((texts) => element("tr", {}, cells("td", texts))));
}
