/**
 * A likelihood of one's own: counts of events. −log p(x|z) = exp(l) − x·l + log x!, summed over features: x ~ Poisson(exp(l)), l from the decoder.
 * It is trained with, saved, opened again, and drawn from by a kernel of its own, which runs wherever the model does.
 */
import {
  add,
  composedNll,
  dataset,
  empty,
  exp,
  type Kernel,
  key,
  lgamma,
  libMath,
  libPhilox,
  type Likelihood,
  linearGrid,
  load,
  mul,
  openDevice,
  philox,
  save,
  sub,
  tensor,
  train,
  uniformOf,
  Vae,
} from "elbograd";

/** An own likelihood is an object, and what makes it of its options (there are none here) is what `load` asks for. */
function poisson(): Likelihood {
  return {
    name: "poisson",
    options: {},
    discrete: true,
    columns: (D) => D,
    check: () => undefined, // data are counts: 0, 1, 2, …
    nll: (h, W, b, x) => composedNll(h, W, b, x, (l, counts) => add(sub(exp(l), mul(counts, l)), lgamma(add(counts, 1)))),
    mean: exp,
    sample(l, { words: [k0, k1] }) {
      const x = empty(l.device, l.shape, "f32", { tracked: false });
      l.device.run(drawKernel, [l.slice], [x.slice], { n: x.size, k0, k1 });
      return x;
    },
  };
}

// Draws, first as the loop that is the specification, then the same in WGSL for GPUs. Element i takes its random numbers from the blocks (i, 0),
// (i, 1), … of the key's stream, as many as it needs: a draw does not depend on the others.

/** Two uniform numbers of a block. */
type Block = (round: number) => readonly [number, number];

/** x ~ Poisson(rate): by inversion below 10, above by rejection, which takes the same time for every rate. */
function draw(rate: number, block: Block): number {
  return rate < 10 ? byInversion(rate, block(0)[0]) : byRejection(rate, block);
}

/** The first k at which the distribution function reaches u; where nothing is left that u could tell apart (2^-24), the tail ends. */
function byInversion(rate: number, u: number): number {
  let [k, p] = [0, Math.exp(-rate)];
  while (u > p && (k < rate || p > 2 ** -26)) {
    u -= p;
    k++;
    p *= rate / k;
  }
  return k;
}

/** Transformed rejection with squeeze: the algorithm PTRS of Hörmann (1993), "The transformed rejection method for generating Poisson random variables". */
function byRejection(rate: number, block: Block): number {
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  for (let round = 0; round < 100; round++) {
    const [u, v] = block(round);
    const centred = u - 0.5;
    const side = 0.5 - Math.abs(centred);
    const k = Math.floor(((2 * a) / side + b) * centred + rate + 0.43);
    if (side >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (side < 0.013 && v > side)) continue;
    if (Math.log((v * inverseAlpha) / (a / (side * side) + b)) <= logProbability(k, rate)) return k;
  }
  return Math.floor(rate); // not reached: of four tries at most one fails
}

/** log(exp(−rate)·rate^k/k!) without differences of large numbers: Stirling's series about k = rate (Loader 2000). */
function logProbability(k: number, rate: number): number {
  if (k < 10) {
    let sum = -rate;
    for (let j = 1; j <= k; j++) sum += Math.log(rate / j);
    return sum;
  }
  const d = (k - rate) / rate;
  return -rate * ((1 + d) * Math.log1p(d) - d) - 0.5 * Math.log(2 * Math.PI * k) - (1 - 1 / (30 * k * k)) / (12 * k);
}

const drawKernel: Kernel<{ n: number; k0: number; k1: number }> = {
  name: "poisson_draw",
  inputs: ["f32"],
  outputs: ["f32"],
  params: { n: "u32", k0: "u32", k1: "u32" },
  grid: ({ n }) => linearGrid(n),
  cpu([l], [x], { n, k0, k1 }) {
    const bits = new Uint32Array(4);
    for (let i = 0; i < n; i++) {
      x![i] = draw(Math.exp(l![i]!), (round) => {
        philox(i, round, 0, 0, k0, k1, bits);
        return [uniformOf(bits[0]!), uniformOf(bits[1]!)];
      });
    }
  },
  wgsl: {
    name: "poisson_draw",
    uses: [libPhilox, libMath],
    source: `// x[i] ~ Poisson(exp(l[i])), i < n
struct Params { n: u32, k0: u32, k1: u32 }
@group(0) @binding(0) var<storage, read> l: array<f32>;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn block(i: u32, round: u32) -> vec2f {
  let bits = philox(vec4u(i, round, 0u, 0u), vec2u(params.k0, params.k1));
  return vec2f(uniform_of(bits.x), uniform_of(bits.y));
}

fn by_inversion(rate: f32, uniform_number: f32) -> f32 {
  var u = uniform_number;
  var k = 0.0;
  var p = exp(-rate);
  while (u > p && (k < rate || p > 0x1p-26)) {
    u -= p;
    k += 1.0;
    p *= rate / k;
  }
  return k;
}

fn log_probability(k: f32, rate: f32) -> f32 {
  if (k < 10.0) {
    var sum = -rate;
    for (var j = 1.0; j <= k; j += 1.0) { sum += log(rate / j); }
    return sum;
  }
  let d = (k - rate) / rate;
  return -rate * ((1.0 + d) * log1p(d) - d) - 0.5 * log(6.2831853 * k) - (1.0 - 1.0 / (30.0 * k * k)) / (12.0 * k);
}

fn by_rejection(i: u32, rate: f32) -> f32 {
  let b = 0.931 + 2.53 * sqrt(rate);
  let a = -0.059 + 0.02483 * b;
  let squeeze = 0.9277 - 3.6224 / (b - 2.0);
  let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  for (var round = 0u; round < 100u; round++) {
    let uv = block(i, round);
    let centred = uv.x - 0.5;
    let side = 0.5 - abs(centred);
    let k = floor((2.0 * a / side + b) * centred + rate + 0.43);
    if (side >= 0.07 && uv.y <= squeeze) { return k; }
    if (k < 0.0 || (side < 0.013 && uv.y > side)) { continue; }
    if (log(uv.y * inverse_alpha / (a / (side * side) + b)) <= log_probability(k, rate)) { return k; }
  }
  return floor(rate);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let rate = exp(l[i]);
  if (rate < 10.0) { x[i] = by_inversion(rate, block(i, 0u).x); } else { x[i] = by_rejection(i, rate); }
}
`,
  },
};

const device = await openDevice("cpu");

// A Poisson distribution's mean and variance are its rate.
for (const rate of [0.5, 9, 11, 400]) {
  const l = tensor(device, new Float32Array(10_000).fill(Math.log(rate)));
  const x = Array.from(await poisson().sample(l, key(0)).read());
  const mean = x.reduce((sum, count) => sum + count, 0) / x.length;
  const variance = x.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (x.length - 1);
  console.log(`rate ${rate}: mean ${mean}, variance ${variance}`);
}

// Events of five kinds in each of 600 hours; every third hour is a busy one.
const [quiet, busy] = [
  [0.3, 2, 5, 1, 12],
  [2, 9, 1, 4, 30],
];
const rates = Float32Array.from({ length: 600 * 5 }, (_, i) => (Math.floor(i / 5) % 3 === 0 ? busy : quiet)[i % 5]!);
const counts = await poisson()
  .sample(tensor(device, rates.map(Math.log), [600, 5]), key(1))
  .read();
const data = dataset(device, counts, { columns: 5 });

const vae = new Vae(device, { input: 5, hidden: [32], latent: 1, likelihood: poisson(), seed: 0 });
for await (const { epoch, negElbo } of train(vae, data, { epochs: 60, batchSize: 50, learningRate: 3e-3, seed: 1 })) {
  if (epoch % 20 === 0) console.log(`epoch ${epoch}: ${negElbo.toFixed(2)} nats per hour`);
}

// Another program would begin here: with the bytes, and the function that makes the likelihood.
const bytes = await save(vae);
const { vae: opened } = load(device, bytes, { likelihoods: { poisson } });
const [before, after] = [await vae.sample(1000, key(2), { draw: "sample" }), await opened.sample(1000, key(2), { draw: "sample" })];
console.log(`1000 hours drawn, and the same by the opened model: ${before.every((count, i) => count === after[i])}`);
console.log(`all of them counts: ${after.every((count) => Number.isInteger(count) && count >= 0)}`);
try {
  load(device, bytes);
} catch (error) {
  console.log((error as Error).message);
}
await device.close();
