/** The folder of a run: what is written first and stays, what goes, who may write, and what every way of ending leaves. */
import { chmod, lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { readCheckpoint } from "../../src/node/checkpoints.ts";
import { LOCK_FILE, type LockOwner } from "../../src/node/lock.ts";
import { digits, type Result, root, type RunOptions, testFolder } from "../support/cli_run.ts";
import { CAN_MOUNT, mounted } from "../support/mounts.ts";

const { path: folder, run } = testFolder();
const file = (name: string): string => join(folder, name);
const model = (out: string): Promise<Buffer> => readFile(file(`${out}/model.safetensors`));
const ALL = ["history.jsonl", "model.safetensors", "reconstructions.png", "report.html", "samples.png"];
const listed = async (out: string): Promise<string[]> => (await readdir(file(out))).sort();

/** Starts a run that does not end by itself, and returns when it trains. */
async function training(args: readonly string[], options: RunOptions = {}): Promise<{ kill(signal: NodeJS.Signals): void; ended: Promise<Result> }> {
  let ended!: Promise<Result>;
  const kill = await new Promise<(signal: NodeJS.Signals) => void>((started, failed) => {
    ended = run([...args, "--epochs", "1000000"], { ...options, started });
    ended.then(({ err }) => failed(new Error(`it ended: ${err}`)), failed);
  });
  return { kill, ended };
}

beforeAll(async () => {
  expect((await run(digits("whole", "--epochs", "2"))).code).toBe(0);
  expect((await run(digits("flat", "--latent", "2", "--epochs", "2"))).code).toBe(0);
});

describe("the model", () => {
  it("is written by itself, and stays where what goes with it cannot be written: that is said, with exit code 1", async () => {
    // files of at most 30 kB: the model has 18, the report 53, a checkpoint 55
    const { code, err } = await run(digits("companions", "--latent", "2", "--epochs", "2", "--checkpoint-every", "1"), { before: "ulimit -f 60" });
    expect(code).toBe(1);
    const [warning, last, ...more] = err.trimEnd().split("\n");
    expect(warning).toMatch(/^warning: the checkpoint of step 1 was not written \(EFBIG: [^\n]*\); training goes on$/);
    expect(last).toMatch(
      /^train: companions\/model\.safetensors is written, but not all that goes with it: the last checkpoint \(EFBIG: .*\); report\.html \(EFBIG: .*\)$/,
    );
    expect(more).toEqual([]);
    expect(await listed("companions")).toEqual(["history.jsonl", "manifold.png", "model.safetensors", "reconstructions.png", "samples.png"]);
    expect(await model("companions")).toEqual(await model("flat"));
  });

  it.skipIf(!CAN_MOUNT)("is written where the disk has room for it and little else, and the last run's report is not left beside it", async () => {
    const disk = mounted("size=76k");
    try {
      await writeFile(join(disk.path, "report.html"), "old");
      const { code, err } = await run(digits(disk.path, "--latent", "2", "--epochs", "2"));
      expect(code).toBe(1);
      expect(err).toMatch(/is written, but not all that goes with it: .*report\.html \(ENOSPC: /);
      expect(await readdir(disk.path)).toContain("model.safetensors");
      expect(await readdir(disk.path)).not.toContain("report.html");
      expect(await readFile(join(disk.path, "model.safetensors"))).toEqual(await model("flat"));
    } finally {
      disk.remove();
    }
  });

  it("that cannot be written leaves the checkpoint of the end, with the line that makes the model of it, though nobody asked for one", async () => {
    const out = file("taken");
    // the place is free when the run begins, and a folder when it ends
    const { code, err } = await run(digits("taken", "--epochs", "8"), {
      started: () => void mkdir(join(out, "model.safetensors/x"), { recursive: true }),
    });
    expect(code).toBe(1);
    expect(err).toMatch(
      /^train: --out is a folder that can be written, got taken \(.*got a folder of that name.*\), the checkpoint of step 64 is safe \(resume with: elbograd train .* --resume taken\)\n$/,
    );
    await rm(join(out, "model.safetensors"), { recursive: true });
    expect((await run(digits("taken", "--epochs", "8", "--resume", "taken"))).code).toBe(0);
    expect((await run(digits("whole8", "--epochs", "8"))).code).toBe(0);
    expect(await model("taken")).toEqual(await model("whole8"));
  });

  it.skipIf(!CAN_MOUNT)("is not trained for a folder that cannot be written", async () => {
    const disk = mounted("ro");
    try {
      const { code, out, err } = await run(digits(disk.path));
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toMatch(/^train: --out is a folder that can be written, got .* \(EROFS: [^\n]*\)\n$/);
    } finally {
      disk.remove();
    }
  });
});

describe("a new run in an old folder", () => {
  it("leaves nothing of the old one, but modes, and links with what they lead to", async () => {
    expect((await run(digits("old", "--epochs", "1", "--checkpoint-every", "3", "--latent", "2"))).code).toBe(0);
    expect(await listed("old")).toEqual(["checkpoint.safetensors", ...ALL, "manifold.png"].sort());
    await mkdir(file("elsewhere"));
    for (const name of ["model.safetensors", "samples.png"]) {
      await writeFile(file(`elsewhere/${name}`), "old");
      await chmod(file(`elsewhere/${name}`), 0o664);
      await rm(file(`old/${name}`));
      await symlink(`../elsewhere/${name}`, file(`old/${name}`));
    }
    await chmod(file("old/report.html"), 0o600);
    await writeFile(file("old/notes.txt"), "mine");

    expect((await run(digits("old", "--epochs", "2"))).code).toBe(0);
    expect(await listed("old")).toEqual([...ALL, "notes.txt"].sort());
    expect(await listed("elsewhere")).toEqual(["model.safetensors", "samples.png"]);
    for (const name of ["model.safetensors", "samples.png"]) {
      expect((await lstat(file(`old/${name}`))).isSymbolicLink()).toBe(true);
      expect((await stat(file(`elsewhere/${name}`))).mode & 0o777).toBe(0o664);
    }
    expect((await stat(file("old/report.html"))).mode & 0o777).toBe(0o600);
    expect(await model("old")).toEqual(await model("whole"));
  });

  it("that is stopped before it has a model leaves the old one as it was", async () => {
    expect((await run(digits("both", "--epochs", "1", "--checkpoint-every", "3"))).code).toBe(0);
    const before = await Promise.all((await listed("both")).map((name) => readFile(file(`both/${name}`))));
    const { kill, ended } = await training(digits("both", "--seed", "9"));
    kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 143, err: "elbograd: interrupted, nothing was written\n" });
    expect(await Promise.all((await listed("both")).map((name) => readFile(file(`both/${name}`))))).toEqual(before);
  });
});

describe("a second run in the same folder", () => {
  it("is refused, and told who is there and what to do; the first one is not disturbed, nor its temporary files", async () => {
    const first = await training(digits("shared", "--checkpoint-every", "1"));
    const { pid, host } = JSON.parse(await readFile(file(`shared/${LOCK_FILE}`), "utf8")) as LockOwner;
    for (const args of [digits("shared"), digits("shared", "--resume", "shared")]) {
      await vi.waitFor(async () => expect(await readdir(file("shared"))).toContain("checkpoint.safetensors"), { timeout: 60_000 });
      const { code, out, err } = await run(args);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toMatch(
        new RegExp(
          `^train: one run at a time is at work in a folder, got shared, where process ${pid} on ${host} has been at work since [-\\d]+ [:\\d]+ UTC ` +
            `\\(wait for it, or stop it: kill ${pid}; or choose another folder\\)\n$`,
        ),
      );
    }
    first.kill("SIGINT");
    const { code, err } = await first.ended;
    expect(code).toBe(130);
    expect(err).toMatch(/^train: interrupted, the checkpoint of step \d+ is safe /);
    expect(await listed("shared")).toEqual(["checkpoint.safetensors"]);
  });

  it("goes ahead where the first one was killed, and removes what it left", async () => {
    const first = await training(digits("killed"));
    first.kill("SIGKILL");
    await first.ended;
    expect(await listed("killed")).toEqual([LOCK_FILE]);
    expect((await run(digits("killed", "--epochs", "1"))).code).toBe(0);
    expect(await listed("killed")).toEqual(ALL);
  });
});

describe("a signal", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s makes a run with checkpoints write one and say how to go on, with exit code %i", async (signal, code) => {
    const { kill, ended } = await training(digits(signal, "--checkpoint-every", "1000000"));
    kill(signal);
    const result = await ended;
    expect(result).toMatchObject({
      code,
      err: expect.stringMatching(/^train: interrupted, the checkpoint of step \d+ is safe \(resume with: /) as string,
    });
    expect(await listed(signal)).toEqual(["checkpoint.safetensors"]);
    expect((await readCheckpoint(file(signal))).state.history).toEqual(expect.any(Array));
  });

  it("that comes twice ends the run at once, and leaves nothing; SIGHUP, which terminals send twice, waits for the checkpoint", async () => {
    const [hasty, hung] = [await training(digits("hasty")), await training(digits("hung", "--checkpoint-every", "1000000"))];
    hasty.kill("SIGINT");
    hasty.kill("SIGINT");
    expect((await hasty.ended).code).toBe(130);
    expect(await readdir(folder)).not.toContain("hasty");
    hung.kill("SIGHUP");
    hung.kill("SIGHUP");
    expect((await hung.ended).code).toBe(129);
    expect(await listed("hung")).toEqual(["checkpoint.safetensors"]);
  });
});

describe("a run of more than five minutes", () => {
  const env = { NODE_OPTIONS: `--import ${pathToFileURL(join(root, "test/support/fast_clock.mjs")).href}` };
  const long = (out: string, ...more: string[]): string[] => digits(out, "--epochs", "10", ...more);

  it("has checkpoints though nobody asked for any, the last one of its end, and none with --no-checkpoint", async () => {
    expect((await run(long("hours"), { env })).code).toBe(0);
    expect(await listed("hours")).toEqual(["checkpoint.safetensors", ...ALL]);
    expect((await readCheckpoint(file("hours"))).state.step).toBe(80);
    expect((await run(long("none", "--no-checkpoint"), { env })).code).toBe(0);
    expect(await listed("none")).toEqual(ALL);
    expect(await model("none")).toEqual(await model("hours"));
  });

  it("writes one every five minutes, from which a stopped run goes on", async () => {
    const { kill, ended } = await training(digits("stopped"), { env });
    await vi.waitFor(async () => expect(await readdir(file("stopped"))).toContain("checkpoint.safetensors"), { timeout: 60_000 });
    kill("SIGHUP");
    expect(await ended).toMatchObject({ code: 129, err: expect.stringMatching(/the checkpoint of step \d+ is safe/) as string });
  });

  it("is told which of --checkpoint-every and --no-checkpoint it is to follow", async () => {
    expect(await run(long("never", "--no-checkpoint", "--checkpoint-every", "5"))).toEqual({
      code: 2,
      out: "",
      err: "train: --checkpoint-every and --no-checkpoint exclude each other, got --checkpoint-every 5 and --no-checkpoint\n",
    });
  });
});

describe("a resumed run", () => {
  it("says from where it goes on, to more epochs too, and ends with the bits of a run that was meant to be as long", async () => {
    expect((await run(digits("more", "--epochs", "2", "--checkpoint-every", "5"))).code).toBe(0);
    const { code, out } = await run(digits("more", "--epochs", "8", "--resume", "more"));
    expect(code).toBe(0);
    expect(out).toMatch(/^resumed from more after 16 steps: goes on in epoch 3 of 8, at step 1 of 8$/m);
    expect(await model("more")).toEqual(await model("whole8"));
    expect((await readCheckpoint(file("more"))).state.step).toBe(64);
    expect((await readFile(file("more/history.jsonl"), "utf8")).trimEnd().split("\n")).toHaveLength(8);
    const again = await run(digits("more", "--epochs", "8", "--resume", "more"));
    expect(again.out).toMatch(/^resumed from more after 64 steps: all 8 epochs are done$/m);
    expect(await model("more")).toEqual(await model("whole8"));
  });

  it.each<[string, string[], RegExp]>([
    [
      "fewer epochs than are done",
      ["--epochs", "7"],
      /^train: epochs is at least 8, which the checkpoint has done, got 7 \(give as many or more\)\n$/,
    ],
    [
      "other rows",
      ["--epochs", "9", "--validation", "0.2"],
      /^train: the checkpoint is of other data: rows 1437 there and \d+ here; data "[0-9a-f]{32}" there/,
    ],
    ["another optimizer", ["--epochs", "9", "--optimizer", "adamW"], /another configuration: optimizer\.name "adam" there and "adamW" here/],
  ])("is refused for %s, and the finished model stays", async (_, more, message) => {
    const before = await model("more");
    const { code, out, err } = await run([...digits("more"), "--resume", "more", ...more]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(message);
    expect(await model("more")).toEqual(before);
    expect(await listed("more")).toEqual(["checkpoint.safetensors", ...ALL]);
  });

  it("is refused by a schedule that is laid out over the run, which says so", async () => {
    expect((await run(digits("cosine", "--epochs", "2", "--schedule", "cosine", "--checkpoint-every", "5"))).code).toBe(0);
    const { code, err } = await run(digits("cosine", "--epochs", "3", "--schedule", "cosine", "--resume", "cosine"));
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("epochs of --schedule cosine 2 there and 3 here") as string });
  });

  it("makes no folder where there is nothing to go on from", async () => {
    expect((await run(digits("new", "--resume", "nowhere"))).err).toMatch(/^resume: nowhere has no checkpoint\.safetensors/);
    expect((await run(["train", "--data", "digits", "--resume", "nowhere"])).code).toBe(1);
    const names = await readdir(folder);
    expect(names).not.toContain("new");
    expect(names).not.toContain("nowhere");
  });
});
