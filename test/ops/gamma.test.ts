/** log Γ and ψ: known answers in f64, what they are where they have no value, and the loss that they are made for. */
import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import { add, mul, sub } from "../../src/ops/binary.ts";
import { digamma, logGamma } from "../../src/ops/gamma.ts";
import { exp, lgamma } from "../../src/ops/unary.ts";
import { tensor } from "../../src/tensor.ts";
import { checkGradient, onEachDevice } from "../support/conformance.ts";

const EULER = 0.5772156649015329;

describe("in f64, to a few units in the last place (50-digit arithmetic), are", () => {
  test.each([
    [0.5, 0.5 * Math.log(Math.PI), -EULER - 2 * Math.LN2],
    [1 + 2 ** -40, -5.249745890076018e-13, -0.5772156649000368],
    [1.5, -0.12078223763524522, 0.03648997397857652],
    [2 - 2 ** -40, -3.845201127643794e-13, 0.4227843350978806],
    [1e-3, 6.907178885383853, -1000.5755719318103],
    [2.5, 0.2846828704729192, 0.7031566406452432],
    [10, Math.log(362_880), 2.251752589066721],
    [1e6, 12815504.56914761, 13.815510057964191],
    [1e300, 6.897755278982137e302, 690.7755278982137],
    [-0.25, 1.589575312551186, 2.9141391202135276],
    [-2.5, -0.056243716497674054, 1.103156640645243],
  ])("log|Γ(%d)| and ψ", (x, value, slope) => {
    expect(Math.abs(logGamma(x) / value - 1)).toBeLessThan(1e-14);
    expect(Math.abs(digamma(x) / slope - 1)).toBeLessThan(2e-14);
  });
});

test("log Γ is 0 at 1 and 2, and ψ(1) = −γ", () => {
  expect([logGamma(1), logGamma(2), digamma(1)]).toEqual([0, 0, -EULER]);
});

test("ψ is 0 between two neighbours in f64", () => {
  expect(digamma(1.4616321449683622)).toBeLessThanOrEqual(0);
  expect(digamma(1.4616321449683625)).toBeGreaterThanOrEqual(0);
});

test("poles, infinities and NaN are as C has them", () => {
  expect([0, -0, -1, -7, -1e20, Infinity, -Infinity, NaN].map(logGamma)).toEqual([...Array<number>(7).fill(Infinity), NaN]);
  expect([0, -0, -1, -7, -1e20, Infinity, -Infinity, NaN].map(digamma)).toEqual([-Infinity, Infinity, NaN, NaN, NaN, Infinity, NaN, NaN]);
});

test("the gradient check passes on both sides of 0", async () => {
  await checkGradient(lgamma, [{ shape: [8], data: [0.01, 0.3, 0.7, 1.2, 2.1, 2.6, 30, 1e4] }]);
  await checkGradient(lgamma, [{ shape: [4], data: [-0.2, -0.7, -1.4, -12.6] }]);
});

test("a constant has no gradient, and none is computed", () => {
  const device = new CpuDevice();
  const x = tensor(device, [1, 2, 3], [3]);
  const { live } = device.memory();
  lgamma(x).dispose();
  expect(device.memory().live).toBe(live);
});

await onEachDevice((device) => {
  test("−log of the Poisson distribution is exp(l) − x·l + log Γ(x + 1)", async () => {
    const [l, x] = [tensor(device, [Math.log(3), 0, 2]), tensor(device, [2, 0, 7])];
    const nll = add(sub(exp(l), mul(x, l)), lgamma(add(x, 1)));
    const rate = [3, 1, Math.exp(2)];
    const want = [3 - Math.log(9 / 2), 1, rate[2]! - 14 + Math.log(5040)];
    (await nll.read()).forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 5));
    const gradient = await grad(nll, [l], { cotangent: tensor(device, [1, 1, 1]) })[0]!.read();
    gradient.forEach((value, i) => expect(value).toBeCloseTo(rate[i]! - [2, 0, 7][i]!, 5));
  });
});
