/** Whole processes: Dawn must survive garbage collection, and nothing may keep a process alive after close(). */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { devices } from "../support/conformance.ts";

const run = promisify(execFile);
const open = await devices();
const names = open.map(({ name }) => name);
await Promise.all(open.map((device) => device.close()));

/** Trains on a device while collecting garbage again and again, closes it, and prints when it did. */
const script = (name: string): string => `
  import { bernoulli, dataset, openDevice, train, Vae } from "elbograd";
  const device = await openDevice(${JSON.stringify(name)});
  const data = dataset(device, Uint8Array.from({ length: 640 }, (_, i) => i % 256), { columns: 10, scale: 1 / 255 });
  const vae = new Vae(device, { input: 10, hidden: [8], latent: 2, likelihood: bernoulli(), seed: 0 });
  const onProgress = () => gc();
  for await (const { epoch } of train(vae, data, { epochs: 20, batchSize: 10, seed: 1, onProgress })) {
    gc();
    if (epoch === 20) console.log("trained");
  }
  await device.close();
  gc();
  console.log(Date.now());
`;

test.each(names)(
  "a process that trains on %s survives forced garbage collections and exits within a second of close()",
  { retry: 2 },
  async (name) => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const { stdout } = await run(process.execPath, ["--expose-gc", "--input-type=module", "-e", script(name)], { cwd: root });
    const exited = Date.now();
    const [trained, closed] = stdout.trim().split("\n");
    expect(trained).toBe("trained");
    expect(exited - Number(closed)).toBeLessThan(1000);
  },
);
