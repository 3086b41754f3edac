/** What opens below a launch: its equation, its operands, and its shader beside its CPU loop. */
import { code } from "./code.ts";
import { type Fact, facts } from "./page.ts";
import { element, escapeText } from "./svg.ts";

/** A shader file. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

export interface LaunchView {
  readonly number: number;
  readonly op: string;
  readonly formula: string;
  /** Where to begin to read, in the first of `files`; those after it are what it uses. */
  readonly line?: number;
  readonly files: readonly SourceFile[];
  /** The file of the core of its products. */
  readonly core?: string;
  /** The CPU loop, which is the specification. */
  readonly cpu?: string;
  readonly sizes: string;
  readonly facts: readonly Fact[];
  readonly operands: readonly OperandView[];
  readonly phase: "forward" | "backward" | "update";
  /** Milliseconds, and their part of the step's. */
  readonly ms?: number;
  readonly share?: number;
}

export interface OperandView {
  readonly name: string;
  readonly role: "input" | "output";
  /** `f32 [1024]`. */
  readonly what: string;
  readonly bytes: string;
  readonly holds: string;
}

export function launchBody({ formula, operands, facts: about, files, line, core, cpu }: LaunchView): string {
  const [own, ...used] = files;
  const left = own
    ? pane(
        own.name,
        `begin at line ${line ?? 1}`,
        code(own.text, line),
        uses(
          used.map(({ name }) => name),
          core,
        ),
      )
    : "";
  const right = cpu === undefined ? "" : pane("the CPU loop", "its specification", code(cpu), "");
  return element(
    "div",
    { class: "body" },
    element("p", { class: "equation" }, escapeText(formula)),
    element("div", { class: "tables" }, operandTable(operands), facts(about)),
    element("div", { class: "panes" }, left, right),
  );
}

function pane(title: string, note: string, text: string, below: string): string {
  const head = element("header", {}, element("b", {}, escapeText(title)), element("span", { class: "soft" }, escapeText(note)));
  return element("section", { class: "pane" }, head, text, below);
}

function uses(names: readonly string[], core: string | undefined): string {
  if (names.length === 0) return "";
  const links = names.map((name) => element("a", { href: `#${anchorOf(name)}` }, escapeText(name)) + (name === core ? " (the core)" : ""));
  return element("p", { class: "uses soft" }, "uses ", links.join(", "));
}

function operandTable(operands: readonly OperandView[]): string {
  const head = ["", "operand", "holds", "type", "bytes"].map((name) => element("th", name === "bytes" ? { class: "number" } : {}, name));
  const rows = operands.map(({ name, role, what, bytes, holds }) =>
    element(
      "tr",
      {},
      element("td", { class: "soft" }, role === "input" ? "reads" : "writes"),
      element("td", { class: "name" }, escapeText(name)),
      element("td", {}, escapeText(holds)),
      element("td", { class: "soft" }, escapeText(what)),
      element("td", { class: "number" }, escapeText(bytes)),
    ),
  );
  return element("table", {}, element("tr", {}, ...head), ...rows);
}

/** The place of a file of the library on the page. */
export function anchorOf(file: string): string {
  return `file-${file.replace(/\W/g, "-")}`;
}
