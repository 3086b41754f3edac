/** Program text on a page: numbered lines, words of the language and comments told apart by their colour. */
import { element, escapeText } from "./svg.ts";

export const CODE_STYLE = `.code{counter-reset:line;margin:0;padding:10px 0;white-space:pre;overflow:auto;max-height:960px;font:12.5px/1.55 ui-monospace,monospace;tab-size:2}
.code>span{display:block;padding-right:14px;min-width:max-content}
.code>span::before{counter-increment:line;content:counter(line);display:inline-block;width:34px;margin-right:14px;text-align:right;color:var(--soft);opacity:.65}
.code>.here{background:color-mix(in srgb,var(--accent) 14%,transparent);box-shadow:inset 3px 0 var(--accent)}
.code i{font-style:normal;color:var(--soft)}.code b{font-weight:500;color:var(--word)}
:root{--accent:#0072b2;--word:#8a3d9c}@media(prefers-color-scheme:dark){:root{--accent:#56b4e9;--word:#d79be6}}`;

/** Words of WGSL and of JavaScript. */
const WORDS =
  "fn|let|var|const|override|struct|return|if|else|for|while|loop|break|continue|switch|case|default|true|false|enable|requires|function|new|of|in|typeof|undefined|null";
const TOKEN = new RegExp(`(//.*$)|\\b(${WORDS})\\b|(@\\w+)`, "g");

/** A text with its lines numbered; line `here` stands out. */
export function code(text: string, here?: number): string {
  const lines = text.trimEnd().split("\n");
  return element(
    "pre",
    { class: "code" },
    ...lines.map((line, i) => element("span", i + 1 === here ? { class: "here" } : {}, coloured(line) || " ")),
  );
}

function coloured(line: string): string {
  let from = 0;
  let marked = "";
  for (const { 0: token, 1: comment, index } of line.matchAll(TOKEN)) {
    marked += escapeText(line.slice(from, index)) + element(comment === undefined ? "b" : "i", {}, escapeText(token));
    from = index + token.length;
  }
  return marked + escapeText(line.slice(from));
}
