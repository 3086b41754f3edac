/** Training on and on: what is held does not grow. TEST_LONG=1 takes 40,000 steps on wasm and 10,000 on webgpu, and looks at the process as well. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { dataset } from "../../../src/data/dataset.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { train } from "../../../src/vae/training/train.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { readDigits } from "../../support/files.ts";

const LONG = process.env["TEST_LONG"] === "1";
const STEPS: Readonly<Record<string, number>> = LONG ? { cpu: 80, wasm: 40_000, webgpu: 10_000 } : { cpu: 80, wasm: 160, webgpu: 80 };
/** Bytes in 1000 steps. */
const MOST_GROWTH = 1e6;
const [ROWS, BATCH] = [1280, 32];
const PER_EPOCH = ROWS / BATCH;

const digits = await readDigits();

function resident(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage.rss();
}

await onEachDevice((device) => {
  const steps = STEPS[device.name]!;
  // what a short run adds to the process is the heap finding its size
  const watched = steps >= 10_000;

  test(
    `${steps} steps hold as many slices in the end as in the beginning${watched ? ", and the process less than 1 MB more in 1000" : ""}`,
    { timeout: 3_600_000 },
    async () => {
      const data = dataset(device, digits.train.data.slice(0, ROWS * 64), { columns: 64, scale: digits.train.scale });
      const vae = new Vae(device, { input: 64, hidden: [64], latent: 8, likelihood: bernoulli(), seed: 3 });
      const epochs = steps / PER_EPOCH;
      // by then all is compiled, and the heap has its size
      const warm = Math.ceil(epochs / 5);
      const live: number[] = [];
      let before = 0;
      for await (const { epoch } of train(vae, data, { epochs, batchSize: BATCH, seed: 11 })) {
        live.push(device.memory().live);
        if (watched && epoch === warm) before = resident();
      }
      expect(new Set(live.slice(warm))).toEqual(new Set([live[warm]]));
      if (watched) {
        const growth = (resident() - before) / ((steps - warm * PER_EPOCH) / 1000);
        process.stdout.write(`${device.name}: ${steps} steps, ${(growth / 1e3).toFixed(0)} kB in 1000 of them, ${live.at(-1)} slices\n`);
        expect(growth).toBeLessThan(MOST_GROWTH);
      }
      [vae, data].forEach((owner) => owner.dispose());
      expect(device.memory().live).toBe(0);
    },
  );
});
