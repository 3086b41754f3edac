/** No file imports itself by way of others, not for types either: lint sees only circles of values. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

type Graph = ReadonlyMap<string, readonly string[]>;

/** The files of a folder and what each imports, by any form of import; `read` gives their texts. */
function graphOf(files: readonly string[], read: (file: string) => string): Graph {
  const imports = (file: string): string[] =>
    ts
      .preProcessFile(read(file))
      .importedFiles.map(({ fileName }) => fileName)
      .filter((name) => name.startsWith("."))
      .map((name) => join(dirname(file), name));
  return new Map(files.map((file) => [file, imports(file)]));
}

/** The shortest way from a file back to itself, or undefined. */
function circleThrough(graph: Graph, start: string): string[] | undefined {
  const from = new Map<string, string>();
  for (let found = [start]; found.length > 0;) {
    const next: string[] = [];
    for (const file of found) {
      for (const imported of graph.get(file) ?? []) {
        if (imported === start) {
          const way = [start];
          for (let at = file; at !== start; at = from.get(at)!) way.push(at);
          return [...way, start].reverse();
        }
        if (from.has(imported)) continue;
        from.set(imported, file);
        next.push(imported);
      }
    }
    found = next;
  }
  return undefined;
}

function circles(graph: Graph): string[] {
  return [...graph.keys()].flatMap((file) => circleThrough(graph, file)?.join(" → ") ?? []);
}

const typescript = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));

test.each(["src", "bench", "test"])("no file of %s imports itself by way of others", (folder) => {
  const files = typescript(folder);
  expect(files.length).toBeGreaterThan(10);
  expect(circles(graphOf(files, (file) => readFileSync(join(root, file), "utf8")))).toEqual([]);
});

test("a circle is found, and named, also where it is of types alone", () => {
  const texts: Readonly<Record<string, string>> = {
    "a.ts": 'import type { B } from "./in/b.ts";',
    "in/b.ts": 'export type { C } from "../c.ts";',
    "c.ts": 'type A = import("./a.ts").A;',
    "d.ts": 'import { a } from "./a.ts";',
  };
  const found = circles(graphOf(Object.keys(texts), (file) => texts[file]!));
  expect(found).toEqual(["a.ts → in/b.ts → c.ts → a.ts", "in/b.ts → c.ts → a.ts → in/b.ts", "c.ts → a.ts → in/b.ts → c.ts"]);
});

/** More files want rooms; the ops are one list, because each is found by its name. */
const MOST = 20;

test("a folder holds no more files than can be looked over", () => {
  const folders = new Map<string, number>();
  for (const file of [...typescript("src"), ...typescript("bench")]) folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
  expect([...folders].filter(([folder, count]) => count > MOST && folder !== "src/ops")).toEqual([]);
});
