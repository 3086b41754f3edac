/** jax-js on its WebAssembly or WebGPU backend: the whole training step, with Adam, in one `jit`. Arrays are moved into a call unless `.ref` is passed. */
import { createRequire } from "node:module";
import { answer, BATCHES, job, layers, pixels, timed, values } from "./work.mjs";
import { installWebGpu } from "./webgpu.mjs";
import { installBlobAddresses, WebWorker } from "./workers.mjs";

// it asks the browser's navigator for the number of threads, and runs on one where there is no Worker
if (job.device === "webgpu") await installWebGpu();
else Object.defineProperty(globalThis, "navigator", { value: { userAgent: "Node", hardwareConcurrency: job.threads } });
if (job.threads > 1) {
  installBlobAddresses();
  globalThis.Worker = WebWorker;
}
const jax = await import("@jax-js/jax");
const { numpy: np, nn, random, tree, jit, valueAndGrad, blockUntilReady } = jax;
const devices = await jax.init(job.device);
if (!devices.includes(job.device)) throw new Error(`jax-js finds no ${job.device}, only ${devices.join(", ")}`);
jax.defaultDevice(job.device);
const version = createRequire(import.meta.url)("./node_modules/@jax-js/jax/package.json").version;

const array = (data, shape) => np.array(data).reshape(shape);
const first = async (x, count) => (await x.ref.data()).slice(0, count);

function parameters() {
  const named = layers(job.workload).map(({ name, inputs, outputs, weight, bias }) => [
    name,
    { weight: array(weight, [inputs, outputs]), bias: np.array(bias) },
  ]);
  return Object.fromEntries(named);
}

const linear = (x, { weight, bias }) => np.dot(x, weight).add(bias);
const hidden = (p, part, x) => job.workload.hidden.reduce((h, _, i) => nn.relu(linear(h, p[`${part}.${i}`])), x);
const decoder = (p, z) => linear(hidden(p, "decoder", z), p.output);

function loss(p, x, noise) {
  const h = hidden(p, "encoder", x.ref);
  const [mean, logVar] = [linear(h.ref, p.mean), linear(h, p.logVar)];
  const z = mean.ref.add(np.exp(logVar.ref.mul(0.5)).mul(noise));
  const logits = decoder(p, z);
  const nll = nn.softplus(logits.ref).sub(x.mul(logits)).sum();
  const kl = logVar.ref.add(1).sub(np.square(mean)).sub(np.exp(logVar)).sum().mul(-0.5);
  return nll.add(kl).mul(1 / job.workload.batchSize);
}

/** Kingma and Ba 2015, with the constants of the other peers. */
function adam({ p, m, v, t }, gradient) {
  t = t.add(1);
  const unbiased = (beta) => np.subtract(1, np.exp(t.ref.mul(Math.log(beta))));
  const [c1, c2] = [unbiased(0.9), unbiased(0.999)];
  m = tree.map((m, g) => m.mul(0.9).add(g.mul(0.1)), m, tree.ref(gradient));
  v = tree.map((v, g) => v.mul(0.999).add(np.square(g).mul(0.001)), v, gradient);
  const update = (p, m, v) =>
    p.sub(
      m
        .div(c1.ref)
        .div(np.sqrt(v.div(c2.ref)).add(1e-8))
        .mul(1e-3),
    );
  p = tree.map(update, p, tree.ref(m), tree.ref(v));
  c1.dispose();
  c2.dispose();
  return { p, m, v, t };
}

const trainStep = jit((state, key, x) => {
  const [now, next] = random.split(key, 2);
  const noise = random.normal(now, [job.workload.batchSize, job.workload.latent]);
  const [value, gradient] = valueAndGrad(loss)(tree.ref(state.p), x, noise);
  return [adam(state, gradient), next, value];
});

async function train() {
  const { input, batchSize } = job.workload;
  const size = batchSize * input;
  const data = Float32Array.from(pixels(BATCHES * size), (pixel) => pixel / 255);
  const batches = Array.from({ length: BATCHES }, (_, i) => array(data.slice(i * size, (i + 1) * size), [batchSize, input]));
  const zeros = (p) => tree.map((x) => np.zeros(x.shape), p);
  const p = parameters();
  let state = { p, m: zeros(tree.ref(p)), v: zeros(tree.ref(p)), t: np.array(0) };
  let [key, value, step] = [random.key(0), null, 0];
  // each step is awaited: left to pile up, small ones take several times as long
  const run = async (count) => {
    for (let i = 0; i < count; i++) {
      value?.dispose();
      [state, key, value] = trainStep(state, key, batches[step++ % BATCHES].ref);
      await blockUntilReady(state.p);
    }
  };
  await run(1);
  const check = await first(value, 1);
  return [await timed(run, () => undefined), check];
}

/** Times an operation that gives an array. What is disposed of before it is ready is never computed, so each result is awaited. */
async function operation(f) {
  let result = f();
  const run = async (count) => {
    for (let i = 0; i < count; i++) {
      result.dispose();
      result = f();
      await blockUntilReady(result);
    }
  };
  await blockUntilReady(result);
  return [await timed(run, () => undefined), await first(result, 3)];
}

const modes = {
  train,
  decode() {
    const { latent } = job.workload;
    const p = parameters();
    const z = array(values(job.rows * latent, 7), [job.rows, latent]);
    const means = jit((p, z) => nn.sigmoid(decoder(p, z)));
    return operation(() => means(tree.ref(p), z.ref));
  },
  matmul() {
    const [M, N, K] = job.shape;
    const [a, b] = [array(values(M * K, 1), [M, K]), array(values(K * N, 2), [K, N])];
    const product = jit((a, b) => np.matmul(a, b));
    return operation(() => product(a.ref, b.ref));
  },
};
answer(version, ...(await modes[job.mode]()));
