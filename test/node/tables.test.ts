import { spawnSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cellsOf } from "../../src/formats/cells.ts";
import { readTable } from "../../src/node/tables.ts";
import { writeTable } from "../../src/node/write_table.ts";
import { encodeRows, writtenColumns } from "../../src/table/rows.ts";

let folder = "";
const file = (name: string): string => join(folder, name);
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "tables-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a table of the tests", () => {
  it.each(["penguins.csv", "credit.csv.gz", "attrition.csv.gz", "churn.csv.gz", "weather.csv.gz"])(
    "%s is written again as it was, cell for cell, but for the columns that are left out and other words for missing",
    async (name) => {
      const path = join("test/data", name);
      const table = await readTable(path);
      const { values } = encodeRows(table.schema, table);
      await writeTable(file("again.csv"), { schema: table.schema, values });
      const bytes = await readFile(path);
      const [before, after] = [cellsOf(name.endsWith(".gz") ? gunzipSync(bytes) : bytes), cellsOf(await readFile(file("again.csv")))];
      const written = writtenColumns(table.schema).map((column) => column.name);
      expect(after.names).toEqual(written);
      const places = written.map((column) => before.names!.indexOf(column));
      const wanted = before.rows.map((row) => places.map((place) => (row[place] === "." ? "" : row[place])));
      expect(after.rows).toEqual(wanted);
    },
  );
});

describe("a table on disk", () => {
  it("may be compressed, whatever it is called", async () => {
    await writeFile(file("packed.csv"), gzipSync("a,b\n1.5,x\n2.5,y\n"));
    const { rows, schema } = await readTable(file("packed.csv"));
    expect([rows, schema.columns.map(({ kind }) => kind)]).toEqual([2, ["number", "category"]]);
  });

  it("ends in an error that names it where it is missing, a folder, damaged, or has no end", async () => {
    await expect(readTable(file("none.csv"))).rejects.toThrow(`${file("none.csv")}: the file is missing`);
    await expect(readTable(folder)).rejects.toThrow(`${folder}: a file is read, got a folder`);
    await writeFile(file("cut.csv.gz"), gzipSync("a,b\n1,2\n".repeat(1000)).subarray(0, 40));
    await expect(readTable(file("cut.csv.gz"))).rejects.toThrow("the file is gzip, got damaged data: it is truncated");
    await expect(readTable("/dev/zero")).rejects.toThrow("/dev/zero: a file or a pipe is read, got a device");
    await writeFile(file("binary.csv"), Buffer.from([0x89, 0x50, 0, 0, 1]));
    await expect(readTable(file("binary.csv"))).rejects.toThrow("a table is text, got a byte 0 at 2 (is it another kind of file?)");
    await writeFile(file("empty.csv"), "");
    await expect(readTable(file("empty.csv"))).rejects.toThrow("a table has at least one row, got no lines");
    await writeFile(file("gone.csv"), "a,b\nNA,NA\nNA,NA\n");
    await expect(readTable(file("gone.csv"))).rejects.toThrow("a table has cells, got none in any column");
  });

  it("is read until a signal comes, and says how far", async () => {
    const out = createWriteStream(file("long.csv"));
    for (let i = 0; i < 40; i++) out.write("1.5,red,2024-01-02\n2.5,blue,2024-01-03\n".repeat(4000));
    await new Promise<void>((resolve) => out.end(resolve));
    const stop = new AbortController();
    const done: number[] = [];
    const reading = readTable(file("long.csv"), {
      signal: stop.signal,
      onProgress(progress) {
        done.push(progress.done / progress.total);
        stop.abort(new Error("enough"));
      },
    });
    await expect(reading).rejects.toThrow("enough");
    expect(done).toHaveLength(1);
    expect(done[0]).toBeGreaterThan(0);
    expect(done[0]).toBeLessThan(1);
  });

  it("has its options checked", async () => {
    await expect(readTable(file("packed.csv"), { seperator: ";" } as object)).rejects.toThrow('got "seperator" (did you mean separator?)');
    await expect(readTable(file("packed.csv"), { separator: "ab" })).rejects.toThrow("separator is one character");
  });
});

describe("rows of a schema", () => {
  it("are written with the separator, decimal sign and quotes that they came with", async () => {
    const text = 'size;word;when\n1,5;"a;b";31.12.2023\n-2,25;"say ""x""";01.02.2024\n1250,00;=1+1;02.02.2024\n';
    await writeFile(file("german.csv"), text);
    const table = await readTable(file("german.csv"), { types: new Map([["word", { kind: "category" }]]) });
    const { values } = encodeRows(table.schema, table);
    await writeTable(file("again.csv"), { schema: table.schema, values });
    expect(cellsOf(await readFile(file("again.csv"))).rows.map((row) => row.slice(1))).toEqual(cellsOf(text).rows.map((row) => row.slice(1)));
    await writeTable(file("safe.csv"), { schema: table.schema, values, safe: true });
    expect(await readFile(file("safe.csv"), "utf8")).toContain(";'=1+1;");
  });

  it("are text", async () => {
    const { schema } = await readTable(file("german.csv"));
    await expect(writeTable(file("rows.npy"), { schema, values: [] })).rejects.toThrow("rows of a schema are written as .csv or .tsv, got");
    await expect(writeTable(file("rows.csv"), { schema, values: [1] })).rejects.toThrow("decodeRows: rows have");
  });
});

describe("elbograd describe", () => {
  const run = (args: string[], input?: string): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, ["dist/cli/main.js", "describe", ...args], { encoding: "utf8", input });

  it("prints what would be learnt from a table, kinds with their reasons", () => {
    const { stdout, status } = run(["test/data/penguins.csv"]);
    expect(status).toBe(0);
    expect(stdout).toContain("344 rows, 7 columns");
    expect(stdout).toMatch(/Species +category +– +Adelie, Chinstrap, Gentoo +3 values of text/);
    expect(stdout).toMatch(/Beak Length \(mm\) +number +2 +32\.1 to 59\.6 +numbers with 1 decimal/);
  });

  it("reads standard input, and has JSON that says the same", () => {
    const { stdout } = run(["-", "--json", "--type", "zip=category"], "zip,x\n01234,1.5\n01234,2.5\n99999,3.5\n");
    const { columns } = JSON.parse(stdout.trim().split("\n").at(-1)!) as { columns: { name: string; kind: string }[] };
    expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
      ["zip", "category"],
      ["x", "number"],
    ]);
  });

  it("says all that is wrong with a file at once", async () => {
    await writeFile(file("wrong.csv"), "a,b,c\n1.5,2.5,x\n1.5,2.5\n2.5,three,y\n3.5,4.5,z\n5.5,6.5,x\n7.5,8.5,x,9\n");
    const { stderr, status } = run([file("wrong.csv")]);
    expect(status).toBe(1);
    expect(stderr).toContain("rows have 3 cells, got 2 at line 3");
    expect(stderr).toContain("rows have 3 cells, got 4 at line 7");
    expect(stderr).toContain('column "b" holds numbers, got "three" at line 4');
  });
});
