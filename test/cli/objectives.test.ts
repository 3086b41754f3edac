/** `train --objective …`: what it prints and keeps, and what it refuses. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/command.ts";
import { parseOptions } from "../../src/cli/options.ts";
import { checkObjectiveOptions } from "../../src/cli/training/check_options.ts";
import { OBJECTIVE_OPTIONS } from "../../src/cli/training/objective_options.ts";
import { digits, testFolder } from "../support/cli_run.ts";

const { path: folder, run } = testFolder();

describe("train --objective", () => {
  it("dreg reports its bound in the table, the history and the page, and a checkpoint knows how many samples it has", async () => {
    const dreg = digits("dreg", "--objective", "dreg", "--samples", "3", "--epochs", "2", "--checkpoint-every", "8");
    const { code, out, err } = await run(dreg);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [title, first] = out.slice(out.indexOf("epoch  ")).split("\n");
    expect(title!.split(/ {2,}/).slice(0, 3)).toEqual(["epoch", "negBound", "negElbo"]);
    const lines = (await readFile(join(folder, "dreg/history.jsonl"), "utf8")).trimEnd().split("\n");
    const report = JSON.parse(lines[0]!) as { negBound: number; negElbo: number; validation: { negBound: number } };
    expect(first!.trim().split(/ +/).slice(1, 3)).toEqual([report.negBound.toFixed(2), report.negElbo.toFixed(2)]);
    expect(report.negBound).toBeLessThan(report.negElbo);
    expect(report.validation.negBound).toBeGreaterThan(0);
    expect(await readFile(join(folder, "dreg/report.html"), "utf8")).toContain("negBound");

    const other = await run([...dreg.map((word) => (word === "3" ? "4" : word)), "--resume", "dreg"]);
    expect(other.code).toBe(1);
    expect(other.err).toContain("objective.samples 3 there and 4 here");
  });

  it("elbo takes free bits, a capacity that rises, sampled KL and cycles of beta, and has no bound to report", async () => {
    for (const more of ["--free-bits 0.5 --beta-cycles 2", "--capacity 5 --capacity-warm-up 1 --beta 10", "--kl mc --samples 2"]) {
      const { code, out, err } = await run(digits("elbo", "--epochs", "1", ...more.split(" ")));
      expect({ code, err }, more).toEqual({ code: 0, err: "" });
      expect(out).not.toContain("negBound");
    }
  });

  it.each<[string, string]>([
    ["--samples 0", '--samples is a whole number of at least 1, got "0"'],
    ["--objective vae", '--objective is one of elbo, iwae, dreg, got "vae"'],
    ["--objective iwae --kl mc", "--kl belongs to --objective elbo, got --kl mc with iwae"],
    ["--objective dreg --beta 2", "--beta belongs to --objective elbo, got --beta 2 with dreg"],
    ["--objective iwae --beta-cycles 2", "--beta-cycles belongs to --objective elbo, got --beta-cycles 2 with iwae"],
    ["--kl mc --free-bits 1", "--free-bits belongs to --kl analytic, got --free-bits 1 with mc"],
    ["--free-bits 1 --capacity 2", "--free-bits and --capacity exclude each other, got --free-bits 1 and --capacity 2"],
    ["--beta-warm-up 1 --beta-cycles 2", "--beta-warm-up and --beta-cycles exclude each other, got --beta-warm-up 1 and --beta-cycles 2"],
    ["--capacity-warm-up 1", "--capacity-warm-up belongs to --capacity, got --capacity-warm-up 1 without it"],
  ])("%s is refused in one line", (more, message) => {
    expect(() => checkObjectiveOptions(parseOptions("train", OBJECTIVE_OPTIONS, more.split(" ")))).toThrow(new UsageError(`train: ${message}`));
  });

  it("what excludes each other is refused by the command, with exit code 2", async () => {
    const { code, out, err } = await run(digits("refused", "--objective", "dreg", "--free-bits", "1"));
    expect({ code, out, err }).toEqual({ code: 2, out: "", err: "train: --free-bits belongs to --objective elbo, got --free-bits 1 with dreg\n" });
  });

  it("more cycles than steps are refused before anything is printed", async () => {
    const { code, out, err } = await run(digits("refused", "--epochs", "1", "--beta-cycles", "100000"));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^cyclical: cycles is at most the steps of the run, got 100000 for \d+\n$/);
  });
});
