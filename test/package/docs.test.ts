/** The pages to study by are true: their programs run and print what they say, what they quote and name is in the source, their links lead somewhere. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileExamples, exampleFolder, runCompiled } from "../support/compile_example.ts";
import { brokenLinks, declares, misquoted, printed, promised, readPage, references, root } from "../support/pages.ts";

const inFolder = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".md"))
    .map((file) => join(folder, file));

const docs = inFolder("docs").map(readPage);
const pages = [...inFolder("."), ...inFolder("bench"), ...inFolder("bench/kernels"), ...inFolder("data")].map(readPage).concat(docs);

const programs = docs.flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language, path: quoted }) => language === "ts" && quoted === undefined)
    .map(({ code }, i) => [`${path.replace(/^.*\/|\.md$/g, "")}_${i + 1}`, code] as const),
);
const quotations = docs.flatMap(({ path: page, blocks }) => blocks.flatMap(({ path, code }) => (path === undefined ? [] : [{ page, path, code }])));

const folder = exampleFolder();
beforeAll(() => compileExamples(folder, programs));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the programs in docs/", () => {
  it.each(programs)("%s runs, its assertions hold, and it prints what it says", (name, code) => {
    expect(code).toMatch(/\b(?:console\.log|assert\w*(?:\.\w+)?)\(/);
    expect(printed(runCompiled(folder, name))).toEqual(promised(code));
  });

  it("have an autodiff of at most 60 lines", () => {
    const [, miniature] = programs.find(([name]) => name === "autodiff_1")!;
    expect(miniature).toContain("function grad(");
    expect(miniature.trimEnd().split("\n").length).toBeLessThanOrEqual(60);
  });
});

describe("the pages", () => {
  it("have one for each step of the path, and an index that links to all of them", () => {
    const index = docs.find(({ path }) => path === "docs/README.md")!;
    const steps = ["autodiff", "reparameterization", "elbo", "fused_kernels", "philox", "adam", "capture"];
    for (const step of steps) expect(index.prose).toContain(`](${step}.md)`);
    for (const { path } of docs) if (path !== index.path) expect(index.prose).toContain(`](${path.slice("docs/".length)})`);
  });

  it.each(quotations)("$page quotes $path word by word", ({ path, code }) => {
    expect(misquoted(code, readFileSync(join(root, path), "utf8"))).toBeUndefined();
  });

  it.each(pages)("$path names only files, and names in them, that exist", ({ prose }) => {
    const missing = references(prose).filter(({ path, name }) => !existsSync(join(root, path)) || (name !== undefined && !declares(path, name)));
    expect(missing).toEqual([]);
  });

  it.each(pages)("$path has no broken links", (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });
});
