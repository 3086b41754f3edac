/** elbograd on its wasm or webgpu device, as a user would run it: the Trainer, and `vae.decode` on latents that are on the device. */
import { readFileSync } from "node:fs";
import { bernoulli, dataset, matmul, openDevice, tensor, Trainer, Vae } from "../../dist/index.js";
import { answer, BATCHES, job, layers, pixels, timed, values } from "./work.mjs";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const device = await openDevice(job.device, job.device === "wasm" ? { threads: job.threads } : {});

/** The peers' weights; the two heads are one layer here, the columns of the mean first. */
function initializer() {
  const all = layers(job.workload);
  const at = all.findIndex(({ name }) => name === "mean");
  const [mean, logVar] = all.splice(at, 2);
  const L = mean.outputs;
  const columns = (left, right) =>
    Float32Array.from({ length: 2 * left.length }, (_, i) => (i % (2 * L) < L ? left : right)[((i / (2 * L)) | 0) * L + (i % L)]);
  all.splice(at, 0, { weight: columns(mean.weight, logVar.weight), bias: columns(mean.bias, logVar.bias) });
  return () => all.shift();
}

function model() {
  const { input, hidden, latent } = job.workload;
  return new Vae(device, { input, hidden, latent, likelihood: bernoulli(), seed: 0, init: initializer() });
}

async function train() {
  const { input, batchSize } = job.workload;
  const data = dataset(device, pixels(BATCHES * batchSize * input), { columns: input, scale: 1 / 255 });
  const trainer = new Trainer(model(), data, { batchSize, learningRate: 1e-3, seed: 1 });
  trainer.steps(1);
  const [loss] = await trainer.sums();
  return [
    await timed(
      (count) => trainer.steps(count),
      () => trainer.sums(),
    ),
    [loss],
  ];
}

/** Times an operation that gives a tensor. */
async function operation(f) {
  let result = device.scope(f);
  const run = (count) => {
    for (let i = 0; i < count; i++) {
      result.dispose();
      result = device.scope(f);
    }
  };
  const first = (count) => device.read(result.slice.view(0, count));
  return [await timed(run, () => first(1)), await first(3)];
}

const modes = {
  train,
  decode() {
    const vae = model();
    const z = tensor(device, values(job.rows * job.workload.latent, 7), [job.rows, job.workload.latent]);
    return operation(() => vae.decode(z));
  },
  matmul() {
    const [M, N, K] = job.shape;
    const [a, b] = [tensor(device, values(M * K, 1), [M, K]), tensor(device, values(K * N, 2), [K, N])];
    return operation(() => matmul(a, b));
  },
};
answer(version, ...(await modes[job.mode]()));
