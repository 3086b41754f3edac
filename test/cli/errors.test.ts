/** What the real binary does with wrong command lines and failing runs: one line, an exit code, and everything left as it was. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { digits, MAIN, testFolder } from "../support/cli_run.ts";
import { TWO_ARRAYS } from "../support/numpy_archives.ts";

const { path: folder, run } = testFolder();

describe("a command line that is wrong", () => {
  const commands = "train, sample, reconstruct, encode, decode, interpolate, traverse, evaluate, recipe, bench, trace, verify, describe, info";
  const list = "(elbograd train --help lists them)";
  const cases: [message: string, args: string[]][] = [
    [`elbograd: a command is one of ${commands}, got "" (elbograd --help)`, [""]],
    [`elbograd: a command is one of ${commands}, got "trian" (did you mean train?)`, ["trian"]],
    [`elbograd: a command is one of ${commands}, got "paint" (elbograd --help)`, ["paint"]],
    [`elbograd: a command is one of ${commands}, got "\\u001b[31m${"x".repeat(95)}…" (elbograd --help)`, [`\u001b[31m${"x".repeat(200)}`]],
    ["train: --data is a path, got none", ["train", "--out", "x"]],
    ["train: --out is a path, got none", ["train", "--data", "digits"]],
    ["train: there is no option --epoch (did you mean --epochs?)", digits("x", "--epoch", "3")],
    ["train: there is no option --haed-neurons (elbograd train --help lists them)", digits("x", "--haed-neurons", "3")],
    [`train: there is no option --constructor ${list}`, digits("x", "--constructor", "3")],
    [`train: there is no option -e ${list}`, digits("x", "-e")],
    [`train: takes options only, got "more" ${list}`, digits("x", "more")],
    ['train: --json takes no value, got "yes"', digits("x", "--json=yes")],
    ['train: --device is one of auto, cpu, wasm, webgpu, got "tpu"', digits("x", "--device", "tpu")],
    ["train: --threads are those of --device wasm, got --device cpu", digits("x", "--device", "cpu", "--threads", "2")],
    ['train: --threads is a whole number from 1 to 64, got "65"', digits("x", "--device", "wasm", "--threads", "65")],
    ['train: --epochs is a whole number of at least 1, got "0"', digits("x", "--epochs", "0")],
    ['train: --epochs is a whole number of at least 1, got "-1"', digits("x", "--epochs", "-1")],
    ['train: --epochs is a whole number of at least 1, got "1.5"', digits("x", "--epochs", "1.5")],
    ['train: --epochs is a whole number of at least 1, got "1e3"', digits("x", "--epochs", "1e3")],
    ["train: --epochs is a whole number of at least 1, got none", digits("x", "--epochs")],
    ['train: --latent is a whole number of at least 1, got ""', digits("x", "--latent", "")],
    ['train: --seed is a whole number of at least 0, got "9007199254740992"', digits("x", "--seed", "9007199254740992")],
    ['train: --hidden is whole numbers of at least 1 with commas between them, got "400,,2"', digits("x", "--hidden", "400,,2")],
    ['train: --learning-rate is a positive number, got "0"', digits("x", "--learning-rate", "0")],
    ['train: --learning-rate is a positive number, got "Infinity"', digits("x", "--learning-rate", "Infinity")],
    ['data: --array is how a file is read, got --array "x" for digits', digits("x", "--array", "x")],
    ['train: --learning-rate is a positive number, got "fast"', digits("x", "--learning-rate", "fast")],
    ["train: --batch-size is at most the number of training rows, got 1438 for 1437 rows", digits("x", "--batch-size", "1438")],
  ];

  it.each(cases)("is answered by one line and exit code 2: %s", async (message, args) => {
    expect(await run(args)).toEqual({ code: 2, out: "", err: `${message}\n` });
  });

  it("makes no folder", async () => {
    expect(await readdir(folder)).not.toContain("x");
  });

  it("shows where it was found with ELBOGRAD_DEBUG=1 only", async () => {
    const { code, err } = await run(["train", "--device", "tpu"], { env: { ELBOGRAD_DEBUG: "1" } });
    expect(code).toBe(2);
    expect(err).toMatch(/^UsageError: train: --device .*\n +at /);
  });
});

describe("names in files", () => {
  const hostile = "\u001b]0owned\u0007\u001b[31m";

  it("never reach a terminal as they are, neither in errors nor in what a run prints", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${i % 5},${hostile}${i % 2}`);
    await writeFile(join(folder, "hostile.csv"), [`${hostile}a,b,label`, ...rows].join("\n"));
    const train = (out: string, ...more: string[]): string[] =>
      `train --data hostile.csv --device cpu --hidden 4 --latent 2 --epochs 1 --out ${out}`.split(" ").concat(more);
    const runs = [
      await run(train("refused")),
      await run(train("named", "--condition", "label")),
      await run(["sample", "--model", "named/model.safetensors", "--label", `${hostile}2`, "--out", "made.csv", "--device", "cpu"]),
      await run(["sample", "--model", hostile, "--out", "made.csv"]),
    ];
    expect(runs.map(({ code }) => code)).toEqual([1, 0, 1, 1]);
    expect(runs[2]!.err).toContain("\\u001b]0owned");
    for (const { out, err } of runs) for (const character of ["\u001b", "\u0007"]) expect(`${out}${err}`).not.toContain(character);
  });
});

describe("an archive of arrays", () => {
  it("is read where --array says which, and lists them where nothing does", async () => {
    await writeFile(join(folder, "two.npz"), TWO_ARRAYS);
    const train = (...more: string[]): string[] =>
      "train --data two.npz --device cpu --hidden 4 --latent 1 --epochs 1 --out npz".split(" ").concat(more);
    const names = 'one array of an .npz file is read, got "x", "the labels" (name one: --array, or the option array)';
    expect(await run(train())).toEqual({ code: 1, out: "", err: `two.npz: ${names}\n` });
    const { code, err } = await run(train("--array", "x", "--validation", "0", "--likelihood", "gaussian"));
    expect({ code, err }).toMatchObject({ code: 0 });
  });
});

describe("a run that fails", () => {
  /** What a folder holds, file by file. */
  const contents = async (name: string): Promise<[string, Buffer][]> => {
    const names = (await readdir(join(folder, name))).sort();
    return Promise.all(names.map(async (file): Promise<[string, Buffer]> => [file, await readFile(join(folder, name, file))]));
  };

  beforeAll(async () => {
    expect((await run(digits("kept", "--epochs", "1"))).code).toBe(0);
  });

  it("says that the folder cannot be written, in one line and with exit code 1", async () => {
    await writeFile(join(folder, "file"), "text");
    const cases: [out: string, reason: string][] = [
      ["file", "EEXIST"],
      ["file/below", "ENOTDIR"],
    ];
    // Where a recursive mkdir of Node never returns.
    if (process.platform === "linux") cases.push(["/proc/elbograd", "ENOENT"]);
    for (const [out, reason] of cases) {
      const { code, out: printed, err } = await run(digits(out));
      expect({ code, printed }).toEqual({ code: 1, printed: "" });
      expect(err).toMatch(new RegExp(`^train: --out is a folder that can be written, got ${out} \\(${reason}: [^\\n]*\\)\\n$`));
    }
    expect(await readFile(join(folder, "file"), "utf8")).toBe("text");
  });

  it("finds a folder in the place of a file before it trains", async () => {
    await mkdir(join(folder, "occupied/samples.png"), { recursive: true });
    const { code, out, err } = await run(digits("occupied", "--epochs", "100000"));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/samples\.png: a file is to be written, got a folder of that name/);
    expect(await readdir(join(folder, "occupied"))).toEqual(["samples.png"]);
  });

  it("leaves the existing outputs and no temporary files when the disk is full", async () => {
    const before = await contents("kept");
    // A limit of 4 kB for a file stands for the full disk: the history fits, the model does not.
    const { code, err } = await run(digits("kept", "--epochs", "2", "--seed", "9"), { before: "ulimit -f 8" });
    expect(code).toBe(1);
    expect(err).toMatch(/^train: --out is a folder that can be written, got kept \(EFBIG: [^\n]*\)\n$/);
    expect(await contents("kept")).toEqual(before);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("leaves them when %s stops it, with exit code %i", async (signal, wanted) => {
    const before = await contents("kept");
    const { code, err } = await run(digits("kept", "--epochs", "100000", "--seed", "9"), { signal });
    expect({ code, err }).toEqual({ code: wanted, err: "elbograd: interrupted, nothing was written\n" });
    expect(await contents("kept")).toEqual(before);
  });

  it.skipIf(!existsSync("/dev/full"))("says that stdout is full where it is, with exit code 1, and leaves them", async () => {
    const before = await contents("kept");
    const { code, err } = await run(digits("kept", "--epochs", "100000", "--seed", "9"), { before: "exec >/dev/full" });
    expect({ code, err }).toEqual({
      code: 1,
      err: "elbograd: stdout cannot be written (ENOSPC: no space left on device, write), nothing was written\n",
    });
    expect(await contents("kept")).toEqual(before);
    expect((await run(["info"], { before: "exec >/dev/full" })).code).toBe(1);
  });

  it("ends quietly when nobody reads its output any more", async () => {
    const before = await contents("kept");
    const args = digits("kept", "--epochs", "100000", "--seed", "9", "--json");
    const reader = spawn("sh", ["-c", '"$0" "$@" | head -n 1', process.execPath, MAIN, ...args], { cwd: folder });
    let err = "";
    reader.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    await new Promise((resolve) => reader.on("close", resolve));
    expect(err.trimEnd().split("\n").at(-1)).toBe("elbograd: stdout was closed, nothing was written");
    expect(await contents("kept")).toEqual(before);
  });
});
