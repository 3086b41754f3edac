/** What all pages have in common: one file that asks no network for anything, readable on light and on dark screens. */
import { CHART_STYLE } from "./axes.ts";
import { element, escapeText } from "./svg.ts";

export type Fact = readonly [name: string, value: string];

const STYLE = `:root{color-scheme:light dark;--ground:#fff;--ink:#1c1c1e;--soft:#66666c;--line:#dedee2}
@media(prefers-color-scheme:dark){:root{--ground:#151517;--ink:#e8e8ea;--soft:#a0a0a8;--line:#37373c}}
body{background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif;max-width:1320px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:17px;margin:36px 0 10px}p{margin:0 0 12px;max-width:75ch}.soft,figcaption{color:var(--soft)}
.row{display:flex;flex-wrap:wrap;gap:20px 24px}.row>section{margin-right:48px}figure{margin:0}figcaption{font-size:13px;margin-bottom:6px}
.chart{max-width:100%;height:auto;display:block}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{border-bottom:1px solid var(--line);padding:5px 20px 5px 0;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{font-weight:500;color:var(--soft);white-space:nowrap}td.number,th.number{text-align:right}
pre{background:color-mix(in srgb,var(--ink) 6%,transparent);padding:12px 14px;border-radius:4px;overflow-x:auto;font:13px/1.5 ui-monospace,monospace;white-space:pre-wrap}
${CHART_STYLE}`;

/** Browsers then refuse everything but the styles and pictures in the file itself. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** A whole page: the title, then the parts of its body; `style` is added to what all pages have. */
export function page(title: string, style: string, body: readonly string[]): string {
  const head = [
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escapeText(POLICY)}">`,
    '<meta name="viewport" content="width=device-width">',
    '<link rel="icon" href="data:,">',
    element("title", {}, escapeText(title)),
    element("style", {}, `${STYLE}\n${style}`),
  ];
  const parts = [element("h1", {}, escapeText(title)), ...body].filter(Boolean);
  return `<!doctype html>\n<html lang="en">\n<head>\n${head.join("\n")}\n</head>\n<body>\n${parts.join("\n")}\n</body>\n</html>\n`;
}

export function section(title: string, ...content: readonly string[]): string {
  return element("section", {}, element("h2", {}, escapeText(title)), ...content);
}

/** Parts side by side, where there is room. */
export function row(parts: readonly string[]): string {
  return element("div", { class: "row" }, ...parts);
}

/** A table of names and values. */
export function facts(rows: readonly Fact[]): string {
  return element(
    "table",
    {},
    ...rows.map(([name, value]) => element("tr", {}, element("th", {}, escapeText(name)), element("td", {}, escapeText(value)))),
  );
}
