/** A training loop of one's own from public ops: shuffle, loss, gradient, clip, update. `train` does the same, faster: it records the step once. */
import { adamW, batchOf, bernoulli, clipByNorm, cosine, dataset, elbo, grad, key, openDevice, permutation, Vae } from "elbograd";
import { readDigits } from "elbograd/node";

const device = await openDevice("cpu");
const digits = await readDigits();
const images = dataset(device, digits.train.data, digits.train);

const vae = new Vae(device, { input: 64, hidden: [64], latent: 8, likelihood: bernoulli(), seed: 0 });
const { parameters } = vae;
const optimizer = adamW({ weightDecay: 1e-3 })(parameters);
const [shuffle, noise] = key(1).split();

const batchSize = 64;
const stepsPerEpoch = Math.floor(images.rows / batchSize); // what is left over waits for the next epoch's shuffle
const epochs = 5;
const learningRate = cosine(2e-3);

const order = device.alloc("u32", images.rows, "unscoped");
for (let epoch = 0; epoch < epochs; epoch++) {
  device.write(order, permutation(shuffle.fold(epoch), images.rows));
  let total = 0;
  for (let i = 0; i < stepsPerEpoch; i++) {
    const step = epoch * stepsPerEpoch + i;
    // Everything that is made inside is freed at the end, except what is returned.
    const objective = device.scope(() => {
      const batch = batchOf(images, batchSize, i * batchSize, order);
      const loss = elbo(vae, batch, { noise: noise.fold(step), beta: Math.min(1, (step + 1) / stepsPerEpoch) });
      grad(loss.objective, [...parameters.tensors.values()], { into: parameters.gradients });
      clipByNorm(parameters, 100);
      optimizer.update(optimizer.at(step + 1, learningRate({ step, steps: epochs * stepsPerEpoch, stepsPerEpoch })));
      return loss.objective;
    });
    total += (await objective.read())[0]!;
    objective.dispose();
  }
  console.log(`epoch ${epoch + 1}: ${(total / stepsPerEpoch).toFixed(2)}`);
}
device.free(order);
await device.close();
