/** What all peers share: the job, the same numbers for weights and data, and the clock. A peer is a process that is given a job and prints one line. */
import { performance } from "node:perf_hooks";

/** { mode, device, workload: { input, hidden, latent, batchSize }, shape: [M, N, K], rows, threads } */
export const job = JSON.parse(process.argv[2] ?? "{}");

/** Batches of the data set, so that steps read different rows. */
export const BATCHES = 8;

/** `count` numbers in [−scale, scale) that look random: a hash of the index. torch_peer.py has the same. */
export function values(count, seed, scale = 1) {
  const result = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let h = Math.imul(i + 1, 0x9e3779b1) + Math.imul(seed, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
    h ^= h >>> 15;
    result[i] = ((h >>> 0) / 2 ** 31 - 1) * scale;
  }
  return result;
}

/** Grey pixels, row after row. */
export function pixels(count) {
  return Uint8Array.from(values(count, 1000), (value) => Math.floor((value + 1) * 127.99));
}

/** The layers in the order of the calculation, weights [inputs, outputs] by PyTorch's rule: uniform in ±1/√inputs. */
export function layers({ input, hidden, latent }) {
  const decoder = [...hidden].reverse();
  const last = hidden.at(-1) ?? input;
  const sizes = [
    ...hidden.map((outputs, i) => [`encoder.${i}`, hidden[i - 1] ?? input, outputs]),
    ["mean", last, latent],
    ["logVar", last, latent],
    ...decoder.map((outputs, i) => [`decoder.${i}`, decoder[i - 1] ?? latent, outputs]),
    ["output", decoder.at(-1) ?? latent, input],
  ];
  return sizes.map(([name, inputs, outputs], i) => {
    const scale = 1 / Math.sqrt(inputs);
    return { name, inputs, outputs, weight: values(inputs * outputs, 2 * i, scale), bias: values(outputs, 2 * i + 1, scale) };
  });
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const WARM_UP_MS = 700;
const BLOCK_MS = 400;
/** Above this a call is so slow that its second time is good enough. */
const SLOW_MS = 2000;

/**
 * { ms, cpuMs } of one call: the median of three blocks of `run(count)`, each ended by `finish`, after a warm-up. The time on the CPU, of all threads
 * together, says what a call costs on a machine that others use as well.
 */
export async function timed(run, finish) {
  const block = async (count) => {
    const [start, before] = [performance.now(), process.cpuUsage()];
    await run(count);
    await finish();
    const { user, system } = process.cpuUsage(before);
    return { ms: (performance.now() - start) / count, cpuMs: (user + system) / 1000 / count };
  };
  await block(1);
  let last = await block(1);
  if (last.ms > SLOW_MS) return last;
  for (const start = performance.now(); performance.now() - start < WARM_UP_MS;) last = await block(Math.ceil(100 / last.ms));
  const count = Math.ceil(BLOCK_MS / last.ms);
  const blocks = [await block(count), await block(count), await block(count)];
  return { ms: median(blocks.map(({ ms }) => ms)), cpuMs: median(blocks.map(({ cpuMs }) => cpuMs)) };
}

/** The peer's answer; `check` are values by which the driver sees that all peers do the same work. */
export function answer(version, timing, check) {
  console.log(JSON.stringify({ version, ...timing, check: [...check] }));
  process.exit(0);
}
