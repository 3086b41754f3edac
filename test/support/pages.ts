/** Reads Markdown pages: their blocks of code, the files and names that they mention, and their links. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** A fenced block: a program, or with a path behind the language a quotation from that file. */
export interface CodeBlock {
  readonly language: string;
  readonly path: string | undefined;
  readonly code: string;
}

export interface Page {
  /** Its path in the package. */
  readonly path: string;
  readonly blocks: readonly CodeBlock[];
  /** The text between the blocks. */
  readonly prose: string;
}

const FENCE = /^```(\w*)(?: (\S+))?\n([\s\S]*?)^```$/gm;

export function readPage(path: string): Page {
  const text = readFileSync(join(root, path), "utf8");
  const blocks = [...text.matchAll(FENCE)].map(([, language, from, code]) => ({ language: language!, path: from, code: code! }));
  return { path, blocks, prose: text.replace(FENCE, "") };
}

/** What a program says that it prints: the comment behind each `console.log`. */
export function promised(code: string): string[] {
  return [...code.matchAll(/^.*\bconsole\.log\(.*$/gm)].map(([line]) => / \/\/ (.*)$/.exec(line)?.[1] ?? `no comment says what is printed: ${line}`);
}

/** What it printed, line by line; an array of numbers as its elements. */
export function printed(output: string): string[] {
  return output
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace(/^\w*\(?\d*\)? ?\[ (.*) \]$/, "$1"));
}

const indentation = (lines: readonly string[]): number =>
  Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length));
const dedented = (lines: readonly string[]): string => lines.map((line) => line.slice(indentation(lines))).join("\n");

/** The first part of a quotation that is not in the text, in order and line by line; parts stand between lines of `// …`. */
export function misquoted(quotation: string, text: string): string | undefined {
  const lines = text.split("\n");
  let from = 0;
  for (const part of quotation.split(/^ *\/\/ …\n/m)) {
    const quoted = part.replace(/^\n+|\n+$/g, "").split("\n");
    const wanted = dedented(quoted);
    while (from + quoted.length <= lines.length && dedented(lines.slice(from, from + quoted.length)) !== wanted) from++;
    if (from + quoted.length > lines.length) return wanted;
    from += quoted.length;
  }
  return undefined;
}

/** The files, and names in them, that a text mentions as `path/file.ts` or `path/file.ts#name`. */
export function references(prose: string): { path: string; name: string | undefined }[] {
  const found = prose.matchAll(/`((?:src|shaders|test|examples|bench|golden|data|docs|scripts)\/[\w./-]*(?:\.\w+|\/))(?:#([\w.#]+))?`/g);
  return [...found].map(([, path, name]) => ({ path: path!, name }));
}

/** True if a TypeScript or WGSL file declares the name; a member is `Class.member`. */
export function declares(path: string, name: string): boolean {
  const text = readFileSync(join(root, path), "utf8");
  if (path.endsWith(".wgsl")) return new RegExp(`^(?:fn|override|const|struct|alias) ${name}\\b`, "m").test(text);
  return declaredNames(ts.createSourceFile(path, text, ts.ScriptTarget.ES2023)).has(name);
}

type Declaration = ts.Node & { readonly name: ts.Node };

const KINDS: readonly ((node: ts.Node) => boolean)[] = [
  ts.isFunctionDeclaration,
  ts.isClassDeclaration,
  ts.isInterfaceDeclaration,
  ts.isTypeAliasDeclaration,
  ts.isVariableDeclaration,
  ts.isMethodDeclaration,
  ts.isMethodSignature,
  ts.isPropertyDeclaration,
  ts.isPropertySignature,
  ts.isPropertyAssignment,
  ts.isGetAccessorDeclaration,
];

function isDeclaration(node: ts.Node): node is Declaration {
  return KINDS.some((is) => is(node)) && (node as Partial<Declaration>).name !== undefined;
}

function declaredNames(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node, within: string): void => {
    const name = isDeclaration(node) ? `${within}${node.name.getText(file)}` : undefined;
    if (name !== undefined) names.add(name);
    ts.forEachChild(node, (child) => visit(child, name === undefined ? within : `${name}.`));
  };
  visit(file, "");
  return names;
}

/** The relative links of a page that lead nowhere: to a file that does not exist, or a heading that its page does not have. */
export function brokenLinks({ path, prose }: Page): string[] {
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!).filter((link) => !/^[a-z]+:/.test(link));
  return links.filter((link) => {
    const [file, heading] = link.split("#") as [string, string | undefined];
    const target = file === "" ? path : join(dirname(path), file);
    if (!existsSync(join(root, target))) return true;
    return heading !== undefined && target.endsWith(".md") && !headings(readPage(target).prose).includes(heading);
  });
}

/** The anchors of a page's headings, as GitHub makes them. */
function headings(prose: string): string[] {
  const titles = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title!);
  return titles.map((title) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
