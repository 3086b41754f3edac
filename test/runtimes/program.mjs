/** A tiny model trained, saved, loaded and sampled on the device that is named, in whatever runtime this is; prints what came of it as JSON. */
import { createHash } from "node:crypto";
import process from "node:process";
import { bernoulli, dataset, key, load, openDevice, save, train, Vae } from "elbograd";

const bytes = Uint8Array.from({ length: 256 * 64 }, (_, i) => (i % 64 < (i >> 6) % 64 ? 255 : 0));
const device = await openDevice(process.argv[2]);
const data = dataset(device, bytes, { columns: 64, scale: 1 / 255 });
// wide enough for threads to share the work
const vae = new Vae(device, { input: 64, hidden: [512], latent: 2, likelihood: bernoulli(), seed: 0 });

const losses = [];
for await (const { negElbo } of train(vae, data, { epochs: 3, batchSize: 64, seed: 1 })) losses.push(negElbo);
if (!(losses[2] < losses[0])) throw new Error(`training does not lower the loss: ${losses.join(", ")}`);

const file = await save(vae);
const { vae: again } = load(device, file);
const [first, second] = [await vae.sample(3, key(2)), await again.sample(3, key(2))];
if (first.length !== 3 * 64 || first.some((value, i) => value !== second[i])) throw new Error("a model that was saved and loaded samples otherwise");

const { adapter, note } = device.info;
await device.close();
console.log(
  JSON.stringify({ device: device.name, adapter, note, negElbo: losses[2], file: createHash("sha256").update(file).digest("hex").slice(0, 8) }),
);
