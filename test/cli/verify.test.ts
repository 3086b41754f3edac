/** `elbograd verify` as the real binary: the table, the report file, exit codes, and what is wrong with a command line. */
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { VerifyReport } from "../../src/lab/verify/verify.ts";
import { root, testFolder } from "../support/cli_run.ts";

const { path: folder, run } = testFolder();

type Written = VerifyReport & { readonly versions: Readonly<Record<string, string>>; readonly limits: Readonly<Record<string, unknown>> };

describe("elbograd verify", () => {
  it("prints a line for each op, VAE and optimizer, and a verdict", async () => {
    const { code, out, err } = await run(["verify", "--device", "wasm", "--threads", "1"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const lines = out.trimEnd().split("\n");
    expect(lines[0]).toBe("wasm: WebAssembly SIMD128, 1 thread");
    expect(lines.find((line) => line.startsWith("matmul "))).toMatch(/^matmul +9 +\d+\.\d +\d+\.\d % {2}s\d{3}_matmul, .*\[\d+\]$/);
    expect(lines.filter((line) => /^v\d_\w+ +1 +[\d.e+]+ +[\d.]+ % +\d\.\de-\d {2}/.test(line))).toHaveLength(9);
    expect(lines.filter((line) => /^(adam|adamw|sgd|rmsprop)_\w+ +1 /.test(line))).toHaveLength(12);
    expect(lines.at(-1)).toMatch(/^wasm passed all of 221 cases; the worst error is [\d.]+ % of its tolerance, in \w+$/);
  });

  it("prints the whole report as JSON, and writes it for a bug report", async () => {
    const { code, out } = await run(["verify", "--device", "cpu", "--json", "--report", "report.json"]);
    expect(code).toBe(0);
    const written = JSON.parse(await readFile(join(folder, "report.json"), "utf8")) as Written;
    expect(JSON.parse(out)).toEqual(written);
    expect(written).toMatchObject({ device: "cpu", software: false, passed: true, cases: 221, failed: 0, failures: [] });
    expect(Object.keys(written.versions)).toEqual(["elbograd", "Node", "webgpu"]);
    expect(written.limits).toMatchObject({ alignment: 4 });
    expect(written.rows).toHaveLength(51 + 9 + 12 + 1);
  });
});

describe("a device that does not compute what the data says", () => {
  beforeAll(async () => {
    await cp(join(root, "golden"), join(folder, "golden"), { recursive: true });
    const file = join(folder, "golden/op_golden.json");
    const data = JSON.parse(await readFile(file, "utf8")) as { cases: { op: string; out: { data: number[] } }[] };
    const first = data.cases.find(({ op }) => op === "softplus")!;
    first.out.data[2]! += 1e-3;
    await mkdir(join(folder, "changed"));
    for (const name of ["vae_golden.json", "optim_golden.json", "rng_kat.json"])
      await cp(join(folder, "golden", name), join(folder, "changed", name));
    await writeFile(join(folder, "changed/op_golden.json"), JSON.stringify(data));
  });

  it("is named in one line with exit code 1, and the report has the case", async () => {
    const { code, out, err } = await run(["verify", "--device", "cpu", "--golden", "changed", "--report", "failed.json"]);
    expect(code).toBe(1);
    expect(err).toBe("verify: 1 of 221 cases failed on cpu: softplus (failed.json has all about it)\n");
    expect(out).toMatch(/^softplus .* FAILED 1 of 2: s\d{3}_softplus, value\[2\]$/m);
    const { failures, passed } = JSON.parse(await readFile(join(folder, "failed.json"), "utf8")) as Written;
    expect(passed).toBe(false);
    expect(failures).toMatchObject([{ kind: "op", name: "softplus", elements: [{ what: "value", index: 2, misses: 1 }] }]);
  });
});

describe("a command line of verify that is wrong", () => {
  it.each([
    [2, 'verify: --device is one of auto, cpu, wasm, webgpu, got "tpu"', ["--device", "tpu"]],
    [
      1,
      "verify: --report is a file in a folder that exists, got none/r.json (there is no folder none)",
      ["--device", "cpu", "--report", "none/r.json"],
    ],
    [1, "verify: --report is a file, got the folder . (add a file name)", ["--device", "cpu", "--report", "."]],
    [1, "none/op_golden.json: the file is missing (install the package again, or see --golden)", ["--device", "cpu", "--golden", "none"]],
  ])("is answered by exit code %i and one line: %s", async (code, message, args) => {
    expect(await run(["verify", ...args])).toEqual({ code, out: "", err: `${message}\n` });
    expect(await readdir(folder)).not.toContain("none");
  });
});
