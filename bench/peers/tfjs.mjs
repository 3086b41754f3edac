/** TensorFlow.js on its WebAssembly backend, with 128-bit SIMD, or on WebGPU: `tf.train.adam` over `tf.variable`s, everything eager. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { answer, BATCHES, job, layers, pixels, timed, values } from "./work.mjs";
import { installWebGpu } from "./webgpu.mjs";
import { BlobWorker, installBlobAddresses } from "./workers.mjs";

const require = createRequire(import.meta.url);
const PACKAGE = dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json"));
console.warn = () => {};

/** Lets the threaded build load in Node. */
function installThreads() {
  installBlobAddresses();
  // its workers get the main script as text that only ran inside of its bundle; the package has the same script as a file
  const script = join(PACKAGE, "wasm-out/tfjs-backend-wasm-threaded-simd.js");
  require("node:worker_threads").Worker = class extends BlobWorker {
    postMessage(message, transfer) {
      super.postMessage(message?.cmd === "load" ? { ...message, urlOrBlob: script } : message, transfer);
    }
  };
  // it takes at most half of the logical cores
  const os = require("node:os");
  const cores = os.cpus();
  os.cpus = () => [...cores, ...cores];
}

if (job.device === "webgpu") await installWebGpu();
if (job.threads > 1) installThreads();
const tf = require("@tensorflow/tfjs");
if (job.device === "webgpu") require("@tensorflow/tfjs-backend-webgpu");
else useWasm(require("@tensorflow/tfjs-backend-wasm"));
if (!(await tf.setBackend(job.device))) throw new Error(`tfjs finds no ${job.device}`);
await tf.ready();
checkThreads();

function useWasm(wasm) {
  wasm.setWasmPaths(join(PACKAGE, "dist/"));
  tf.env().set("WASM_HAS_SIMD_SUPPORT", true);
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", job.threads > 1);
  if (job.threads > 1) wasm.setThreadsCount(job.threads);
}
function checkThreads() {
  const threads = job.threads > 1 ? require("@tensorflow/tfjs-backend-wasm").getThreadsCount() : 1;
  if (threads !== job.threads) throw new Error(`tfjs runs ${threads} threads, not ${job.threads}`);
}

const host = async (tensor) => {
  const data = await tensor.data();
  tensor.dispose();
  return data;
};
const first = (tensor, count) => host(tf.tidy(() => tf.slice(tf.reshape(tensor, [-1]), [0], [count])));

function model() {
  const variables = new Map(
    layers(job.workload).map(({ name, inputs, outputs, weight, bias }) => [
      name,
      [tf.variable(tf.tensor2d(weight, [inputs, outputs])), tf.variable(tf.tensor1d(bias))],
    ]),
  );
  const linear = (name, x) => tf.add(tf.matMul(x, variables.get(name)[0]), variables.get(name)[1]);
  const hidden = (part, x) => job.workload.hidden.reduce((h, _, i) => tf.relu(linear(`${part}.${i}`, h)), x);
  return { variables, linear, encoder: (x) => hidden("encoder", x), decoder: (z) => linear("output", hidden("decoder", z)) };
}

async function train() {
  const { input, batchSize, latent } = job.workload;
  const { linear, encoder, decoder, variables } = model();
  const adam = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const size = batchSize * input;
  const data = Float32Array.from(pixels(BATCHES * size), (pixel) => pixel / 255);
  const batches = Array.from({ length: BATCHES }, (_, i) => tf.tensor2d(data.slice(i * size, (i + 1) * size), [batchSize, input]));
  const loss = (x) => {
    const h = encoder(x);
    const [mean, logVar] = [linear("mean", h), linear("logVar", h)];
    const z = tf.add(mean, tf.mul(tf.exp(tf.mul(logVar, 0.5)), tf.randomNormal([batchSize, latent])));
    const logits = decoder(z);
    const nll = tf.sum(tf.sub(tf.softplus(logits), tf.mul(x, logits)));
    const kl = tf.mul(tf.sum(tf.sub(tf.sub(tf.add(logVar, 1), tf.square(mean)), tf.exp(logVar))), -0.5);
    return tf.div(tf.add(nll, kl), batchSize);
  };
  const check = await host(adam.minimize(() => loss(batches[0]), true));
  let step = 0;
  const run = (count) => {
    for (let i = 0; i < count; i++) adam.minimize(() => loss(batches[step++ % BATCHES]));
  };
  return [await timed(run, () => variables.get("mean")[1].data()), check];
}

/** Times an operation that gives a tensor. */
async function operation(f) {
  let result = tf.tidy(f);
  const run = (count) => {
    for (let i = 0; i < count; i++) {
      result.dispose();
      result = tf.tidy(f);
    }
  };
  return [await timed(run, () => first(result, 1)), await first(result, 3)];
}

const modes = {
  train,
  decode() {
    const { decoder } = model();
    const z = tf.tensor2d(values(job.rows * job.workload.latent, 7), [job.rows, job.workload.latent]);
    return operation(() => tf.sigmoid(decoder(z)));
  },
  matmul() {
    const [M, N, K] = job.shape;
    const [a, b] = [tf.tensor2d(values(M * K, 1), [M, K]), tf.tensor2d(values(K * N, 2), [K, N])];
    return operation(() => tf.matMul(a, b));
  },
};
answer(tf.version.tfjs, ...(await modes[job.mode]()));
