/** The prior of which nothing is learned. */
import { checkOptions } from "../../check.ts";
import { add, mul } from "../../ops/binary.ts";
import { normal } from "../../ops/random_ops.ts";
import { sum } from "../../ops/reduce.ts";
import { square } from "../../ops/unary.ts";
import type { Prior } from "./prior.ts";

const LOG_2PI = Math.log(2 * Math.PI);

/** log p(z) = −½ Σl (z² + log 2π): N(0, I), with nothing to learn. The default. */
export function standardNormal(): Prior {
  return {
    name: "standardNormal",
    options: {},
    standard: true,
    logProb: (z) => mul(add(sum(square(z), [1]), z.shape[1]! * LOG_2PI), -0.5),
    sample: (count, key, { device, latent }) => Promise.resolve(normal(device, [count, latent], key)),
  };
}

/** `standardNormal` of options as they stand in a file. */
export function readStandardNormal(options: unknown): Prior {
  checkOptions("standardNormal", options, {});
  return standardNormal();
}
