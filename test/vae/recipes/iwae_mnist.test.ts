/** The recipe's numbers against the paper's text. */
import { expect, test } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import { columnMeans, IWAE_MNIST_EPOCHS, iwaeMnistTraining, iwaeMnistVae, iwaeStages } from "../../../src/vae/recipes/iwae_mnist.ts";

const stepsPerEpoch = 3000;
const rateIn = (epoch: number, step = 0): number => iwaeStages()({ step: epoch * stepsPerEpoch + step, steps: 0, stepsPerEpoch });

test("the stages last 1, 3, 9, … 2187 epochs, 3280 in all", () => {
  const starts = [0, 1, 4, 13, 40, 121, 364, 1093];
  const rates = [1e-3, 7.2e-4, 5.2e-4, 3.7e-4, 2.7e-4, 1.9e-4, 1.4e-4, 1e-4];
  starts.forEach((epoch, i) => {
    expect(rateIn(epoch), `stage ${i + 1}`).toBeCloseTo(rates[i]!, 12);
    if (epoch > 0) expect(rateIn(epoch - 1, stepsPerEpoch - 1), `the last step before stage ${i + 1}`).toBeCloseTo(rates[i - 1]!, 12);
  });
  expect(rateIn(3279)).toBeCloseTo(1e-4, 12);
  expect(IWAE_MNIST_EPOCHS).toBe(3280);
  expect(stepsPerEpoch * IWAE_MNIST_EPOCHS).toBe(9_840_000);
});

test("the output's bias is the logit of the clipped means, the other biases are 0", async () => {
  const device = await openDevice("cpu");
  const vae = iwaeMnistVae(device, [0, 0.25, 0.5, 1], 3);
  expect([...(await vae.parameters.tensors.get("output.bias")!.read())].map((b) => b.toFixed(4))).toEqual(["-6.9068", "-1.0986", "0.0000", "6.9068"]);
  expect([...(await vae.parameters.tensors.get("encoder.0.bias")!.read())].every((b) => b === 0)).toBe(true);
  expect([...vae.parameters.tensors].map(([name, { shape }]) => `${name} ${shape.join("×")}`)).toEqual([
    "encoder.0.weight 4×200",
    "encoder.0.bias 200",
    "encoder.1.weight 200×200",
    "encoder.1.bias 200",
    "heads.weight 200×100",
    "heads.bias 100",
    "decoder.0.weight 50×200",
    "decoder.0.bias 200",
    "decoder.1.weight 200×200",
    "decoder.1.bias 200",
    "output.weight 200×4",
    "output.bias 4",
  ]);
  await device.close();
});

test("Adam's steps on the mean with epsilon/20 are those on the sum with epsilon", () => {
  const { batchSize, binarise } = iwaeMnistTraining();
  expect([batchSize, binarise]).toEqual([20, true]);
  const step = (gradient: number, epsilon: number): number => gradient / (Math.sqrt(gradient * gradient) + epsilon);
  expect(step(0.003 / 20, 1e-4 / 20)).toBeCloseTo(step(0.003, 1e-4), 12);
});

test("the means are those of the columns, in units of the model", () => {
  expect([...columnMeans(Uint8Array.of(0, 255, 255, 255), 2, 1 / 255)]).toEqual([0.5, 1]);
});
