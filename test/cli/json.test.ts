/** `--json` as docs/json.md states it: lines of `train`, one object of every other command. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { digits, jsonLines, root, testFolder } from "../support/cli_run.ts";

const { path: folder, run } = testFolder();

/** The words in backquotes in the last cell of the table's row, or of its first cell where there is no row of that name. */
async function documented(first: string): Promise<string[]> {
  const page = await readFile(join(root, "docs/json.md"), "utf8");
  const row = page.split("\n").find((line) => line.startsWith(`| \`${first}\``))!;
  return [
    ...row
      .split("|")
      .at(-2)!
      .matchAll(/`(\w+)`/g),
  ].map(([, name]) => name!);
}

async function fieldsOfResult(): Promise<string[]> {
  const page = await readFile(join(root, "docs/json.md"), "utf8");
  const rows = page.slice(page.indexOf("| Field of `result`"), page.indexOf("`verdict` to `latents` are")).split("\n").slice(2);
  return rows.flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name!));
}

beforeAll(async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${1000 + ((i * 37) % 61)},${((i * 17) % 23) / 100}`);
  await writeFile(join(folder, "table.csv"), `weight,length\n${rows.join("\n")}\n`);
});

const TABLE = "train --data table.csv --hidden 4 --latent 2 --device cpu --json --epochs 3".split(" ");

describe("train --json", () => {
  it("prints run, epochs and result, with the documented fields and no others", async () => {
    const { code, out } = await run([...TABLE, "--out", "run", "--remedy", "free-bits"]);
    expect(code).toBe(0);
    const lines = jsonLines(out);
    expect(lines.map(({ type }) => type)).toEqual(["run", "epoch", "epoch", "epoch", "note", "result"]);
    const optional = ["resumed", "negBound"];
    for (const type of ["run", "epoch", "result"]) {
      const fields = Object.keys(lines.find((line) => line["type"] === type)!).filter((name) => name !== "type");
      const want = (await documented(type)).filter((name) => !optional.includes(name) && name !== (type === "run" ? "resume" : "remedy"));
      expect(fields.sort(), type).toEqual(want.sort());
    }
    const number = expect.any(Number) as number;
    const result = lines.at(-1)!;
    expect((await fieldsOfResult()).sort()).toEqual(
      Object.keys(result)
        .filter((name) => name !== "type")
        .sort(),
    );
    const losses = { negElbo: number, reconstruction: number, kl: number };
    expect(result).toMatchObject({
      verdict: expect.stringMatching(/^the model is \d+\.\d\d nats (better|worse) than /) as string,
      betterBy: number,
      baselines: [{ name: "independent Gaussian", nll: { mean: number, standardError: number } }, { name: "probabilistic PCA" }],
      latents: { count: 2, dead: expect.any(Array) as number[] },
      remedies: [{ name: "none" }, { name: "free-bits", options: "--free-bits 0.5" }],
      losses: { ...losses, validation: losses },
      epoch: 3,
      epochs: 3,
      files: ["model.safetensors", "history.jsonl", "report.html"].map((name) => `run/${name}`),
    });
    expect(result["losses"]).toMatchObject({ negElbo: lines.at(-3)!["negElbo"] });
  });

  it("has no standard error and no validation where there is one row of each", async () => {
    await writeFile(join(folder, "one.csv"), "weight,length\n1000,0.1\n");
    const { code, out, err } = await run([...TABLE, "--out", "one", "--validation", "one.csv"]);
    expect(code).toBe(0);
    expect(jsonLines(out).at(-1)!["baselines"]).toMatchObject([{ nll: { mean: expect.any(Number) as number } }, {}]);
    expect(`${out}${err}${await readFile(join(folder, "one/report.html"), "utf8")}`).not.toMatch(/NaN|standardError|null/);
    expect(err).toContain("losses on 1 validation row, nats per example");
  });

  it("ends with an error where it is refused, in the line of stderr", async () => {
    for (const [args, exitCode] of [
      [[...TABLE, "--out", "x", "--epochs", "none"], 2],
      [[...TABLE, "--out", "x", "--data", "missing.csv"], 1],
    ] as const) {
      const { code, out, err } = await run(args);
      expect(code).toBe(exitCode);
      expect(jsonLines(out)).toEqual([{ type: "error", message: err.trimEnd(), exitCode }]);
    }
  });

  it("ends with an error where a signal stops it", async () => {
    const { code, out, err } = await run(digits("stopped", "--epochs", "100000", "--json"), { signal: "SIGTERM" });
    const lines = jsonLines(out);
    expect([code, lines[0]!["type"]]).toEqual([143, "run"]);
    expect(lines.at(-1)).toEqual({ type: "error", message: err.trimEnd().split("\n").at(-1), exitCode: 143 });
  });

  it("ends with an error behind the result where something beside the model could not be written", async () => {
    const { code, out } = await run([...TABLE, "--out", "run"], { before: "ulimit -f 16" });
    const [result, error] = jsonLines(out).slice(-2);
    expect([code, result!["type"], error!["type"], error!["exitCode"]]).toEqual([1, "result", "error", 1]);
    expect(error!["message"]).toMatch(/is written, but not all that goes with it: report\.html/);
  });

  it("is named in the help, with the page", async () => {
    expect((await run(["train", "--help"])).out.replace(/\s+/g, " ")).toContain("and last result, or error where it fails (docs/json.md)");
  });
});

describe("--json of other commands", () => {
  const model = ["--model", "run/model.safetensors", "--device", "cpu", "--json"];
  it.each<[string, string[]]>([
    ["sample", ["--out", "s.csv"]],
    ["reconstruct", ["--data", "table.csv", "--out", "r.csv"]],
    ["encode", ["--data", "table.csv", "--out", "z.csv"]],
    ["decode", ["--latents", "z.csv", "--out", "d.csv"]],
    ["interpolate", ["--data", "table.csv", "--out", "i.csv"]],
    ["traverse", ["--out", "t.csv"]],
    ["evaluate", ["--data", "table.csv", "--nll-samples", "3", "--nll-curve"]],
  ])("%s is one object", async (command, more) => {
    const { code, out, err } = await run([command, ...model, ...more]);
    expect([code, err, out.trimEnd().split("\n").length]).toEqual([0, "", 1]);
    const fields = Object.keys(JSON.parse(out) as object);
    if (command === "evaluate")
      expect((await documented("evaluate")).filter((name) => !["mean", "standardError", "unit", "estimator"].includes(name)).sort()).toEqual(
        fields.sort(),
      );
    else expect(fields).toEqual(expect.arrayContaining(["out", "rows"]));
  });

  it("info and trace are one object, and a failure prints none", async () => {
    expect(Object.keys(JSON.parse((await run(["info", "--json", "--device", "cpu"])).out) as object)).toEqual(
      await documented("info").then((names) => names.slice(0, 2)),
    );
    const trace = JSON.parse((await run("trace --data table.csv --hidden 4 --latent 2 --device cpu --json".split(" "))).out) as object;
    expect(Object.keys(trace)).toEqual(expect.arrayContaining(await documented("trace")));
    await mkdir(join(folder, "none"));
    expect(await run(["evaluate", ...model, "--data", "missing.csv"])).toMatchObject({ code: 1, out: "" });
  });
});
