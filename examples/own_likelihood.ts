/**
 * A likelihood of one's own: the Laplace distribution, whose loss grows with the distance and not its square, so that outliers pull less.
 * −log p(x|z) = |x − mean|/scale + log(2·scale), summed over features.
 */
import {
  abs,
  add,
  composedNll,
  dataset,
  gaussian,
  key,
  type Likelihood,
  log,
  mul,
  openDevice,
  normal,
  reshape,
  slice,
  sub,
  train,
  uniform,
  Vae,
} from "elbograd";

function laplace({ scale = 1 }: { readonly scale?: number } = {}): Likelihood {
  return {
    name: "laplace",
    options: { scale },
    columns: (D) => D,
    check: () => undefined, // every finite number can come from it
    nll: (h, W, b, x) => composedNll(h, W, b, x, (means, data) => add(mul(abs(sub(data, means)), 1 / scale), Math.log(2 * scale))),
    mean: (means) => means,
    sample(means, draw) {
      // The difference of two exponential variables is a Laplace variable.
      const [B, D] = means.shape as [number, number];
      const u = log(uniform(means.device, [2, B, D], draw));
      const half = (i: number) => reshape(slice(u, [i, 0, 0], [i + 1, B, D]), [B, D]);
      return add(means, mul(sub(half(0), half(1)), scale));
    },
  };
}

// 500 points near a line, and every tenth far from it.
const device = await openDevice("cpu");
const noise = await normal(device, [500, 3], key(0)).read();
const points = Float32Array.from({ length: 1000 }, (_, i) => {
  const row = Math.floor(i / 2);
  const [t, dx, dy] = [noise[3 * row]!, noise[3 * row + 1]!, noise[3 * row + 2]!];
  const far = row % 10 === 0 ? 8 : 0.05;
  return i % 2 === 0 ? t + far * dx : 2 * t + far * dy;
});
const data = dataset(device, points, { columns: 2 });

for (const likelihood of [laplace({ scale: 0.1 }), gaussian({ variance: 0.02 })]) {
  const vae = new Vae(device, { input: 2, hidden: [32], latent: 1, likelihood, seed: 0 });
  for await (const { epoch, negElbo } of train(vae, data, { epochs: 30, batchSize: 50, learningRate: 3e-3, seed: 1 })) {
    if (epoch === 30) console.log(`${likelihood.name}: ${negElbo.toFixed(2)} nats per point`);
  }
  const drawn = await vae.sample(1000, key(2), { draw: "sample" });
  console.log(`${likelihood.name}: ${drawn.length / 2} points drawn, all finite: ${drawn.every(Number.isFinite)}`);
}
await device.close();
