/** `recipe iwae-mnist` as it is run: interrupted, resumed to the same bits, and refused where something is wrong. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeNpy } from "../../src/formats/npy.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/vae/training/checkpoint.ts";
import { testFolder } from "../support/cli_run.ts";

const folder = testFolder();
const recipe = (...args: string[]): string[] => ["recipe", "iwae-mnist", "--device", "wasm", "--threads", "1", ...args];
const weights = async (out: string): Promise<unknown> =>
  readSafetensors(await readFile(join(folder.path, out, "checkpoint.safetensors"))).tensors.get("output.weight");

describe("recipe iwae-mnist", () => {
  it.each(["vae", "iwae", "dreg"])("stopped by Ctrl-C keeps a checkpoint and says how to go on (%s)", async (objective) => {
    const { code, err } = await folder.run(recipe("--objective", objective, "--samples", "2", "--out", objective), { signal: "SIGINT" });
    expect({ code, err }).toEqual({
      code: 130,
      err: expect.stringMatching(
        new RegExp(
          `^recipe: interrupted, the checkpoint of step \\d+ is safe \\(resume with: elbograd recipe iwae-mnist .*--out ${objective} --resume\\)\n$`,
        ),
      ) as string,
    });
    const { state } = decodeCheckpoint(await readFile(join(folder.path, objective, "checkpoint.safetensors")));
    expect(state.step).toBeLessThan(3000);
    expect(state.config).toMatchObject({ recipe: "iwae-mnist", hidden: [200, 200], latent: 50, activation: "tanh", batchSize: 20, binarise: true });
    expect(await weights(objective)).toMatchObject({ shape: [784, 200] });
  });

  it("resumed goes on to the end, writes the model and scores it on packed images", async () => {
    const file = join(folder.path, "vae", "checkpoint.safetensors");
    const { state, tensors } = decodeCheckpoint(await readFile(file));
    const report = { epoch: 1, negElbo: 2, reconstruction: 1, kl: 1, device: "wasm", stepMs: 1 };
    await writeFile(file, encodeCheckpoint({ tensors, state: { ...state, step: 3000, history: [report] } }));
    await writeFile(join(folder.path, "two.npy"), writeNpy([2, 98], new Uint8Array(196).fill(0x18)));
    const args = recipe(
      "--objective",
      "vae",
      "--samples",
      "2",
      "--epochs",
      "1",
      "--out",
      "vae",
      "--resume",
      "--evaluate",
      "two.npy",
      "--nll-samples",
      "3",
    );
    const { code, out, err } = await folder.run(args);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/NLL, importance sampling, S=3, 2 rows: \d+\.\d+ ± \d+\.\d+ nats/);
    expect((await readdir(join(folder.path, "vae"))).sort()).toEqual([
      "checkpoint.safetensors",
      "evaluation.json",
      "history.jsonl",
      "model.safetensors",
    ]);
    expect(await readFile(join(folder.path, "vae", "history.jsonl"), "utf8")).toMatch(/^\{"epoch":1,"negElbo":2,.*\}\n$/);
    expect((await folder.run(["evaluate", "--model", "vae/model.safetensors", "--data", "two.npy", "--packed", "784", "--device", "cpu"])).code).toBe(
      0,
    );
  });

  it("does not go on from a checkpoint of another objective, whose file stays", async () => {
    const before = await weights("vae");
    const { code, err } = await folder.run(recipe("--objective", "iwae", "--samples", "2", "--out", "vae", "--resume"));
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^train: the checkpoint is of another configuration: .*objective/) as string,
    });
    expect(await weights("vae")).toEqual(before);
  });

  it("refuses packed images of another length before it trains", async () => {
    await writeFile(join(folder.path, "short.npy"), writeNpy([3, 90], new Uint8Array(270)));
    const { code, err } = await folder.run(recipe("--out", "never", "--evaluate", "short.npy"));
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^short\.npy: 784 packed bits take 98 bytes a row, got 90/) as string });
  });

  it("refuses what is not a recipe, no samples, and a resumption from nothing", async () => {
    const refused = async (args: readonly string[]): Promise<string> => (await folder.run(args)).err;
    expect(await refused(["recipe", "vae-cifar"])).toMatch(/^recipe: a recipe is one of iwae-mnist, got "vae-cifar"/);
    expect(await refused(recipe("--out", "x", "--samples", "0"))).toBe('recipe iwae-mnist: --samples is a whole number of at least 1, got "0"\n');
    expect(await refused(recipe("--out", "empty", "--resume"))).toMatch(/^resume: empty has no checkpoint\.safetensors/);
  });
});
