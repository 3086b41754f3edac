/** Kernels over flat arrays: fill, accumulate and Adam. */
import * as shaders from "../../../shaders.ts";
import { type Routine, routine } from "../assembler.ts";
import { f32x4, i32, v128 } from "../instructions.ts";
import { byFours, storeFour } from "../vectors.ts";
import type { Bound, SimdKernel } from "./kernel.ts";

/** y[i] = value. */
const fillRoutine: Routine<readonly ["i32", "i32", "f32"]> = routine("fill", ["i32", "i32", "f32"], (body, y, n, value) => {
  const four = body.local(f32x4.splat(value));
  byFours(body, n, (at) => storeFour(body, y, at, four));
});

export const fill: SimdKernel = {
  shader: shaders.fill,
  bind({ engine, outputs: [y], params }: Bound<{ n: number; value: number }>) {
    const run = engine.function(fillRoutine);
    return () => run(y!, params.n, params.value);
  },
};

/** y[i] += x[i]. */
const accumulateRoutine: Routine<readonly ["i32", "i32", "i32"]> = routine("accumulate", ["i32", "i32", "i32"], (body, x, y, n) => {
  byFours(body, n, (at) => storeFour(body, y, at, f32x4.add(v128.load(i32.add(y, at.offset)), v128.load(i32.add(x, at.offset)))));
});

export const accumulate: SimdKernel = {
  shader: shaders.accumulate,
  bind({ engine, inputs: [x], outputs: [y], params: { n } }: Bound<{ n: number }>) {
    const run = engine.function(accumulateRoutine);
    return () => run(x!, y!, n);
  },
};

const ADAM = ["i32", "i32", "i32", "i32", "i32", "f32", "f32", "f32", "f32", "f32", "f32", "f32", "f32", "f32"] as const;

/**
 * g += weightDecay·p; m = beta1·m + (1−beta1)·g; v = beta2·v + (1−beta2)·g²; p −= decay·p + stepSize·m / (√v·correction + epsilon), in the order of
 * the specification.
 */
const adamRoutine: Routine<typeof ADAM> = routine("adam", ADAM, (body, gradient, value, m, v, n, ...numbers) => {
  const [beta1, rest1, beta2, rest2, epsilon, weightDecay, stepSize, correction, decay] = numbers.map((x) => body.local(f32x4.splat(x)));
  const { add, sub, mul, div, sqrt } = f32x4;
  byFours(body, n, (at) => {
    const load = (base: typeof value): ReturnType<typeof v128.load> => v128.load(i32.add(base, at.offset));
    const p = body.local(load(value));
    const g = body.local(add(load(gradient), mul(weightDecay!, p)));
    const first = body.local(add(mul(beta1!, load(m)), mul(rest1!, g)));
    const second = body.local(add(mul(beta2!, load(v)), mul(mul(rest2!, g), g)));
    storeFour(body, m, at, first);
    storeFour(body, v, at, second);
    const step = div(mul(stepSize!, first), add(mul(sqrt(second), correction!), epsilon!));
    storeFour(body, value, at, sub(p, add(mul(decay!, p), step)));
  });
});

type AdamParams = Readonly<
  Record<"n" | "beta1" | "one_minus_beta1" | "beta2" | "one_minus_beta2" | "epsilon" | "weight_decay" | "step_size" | "correction" | "decay", number>
>;

export const adam: SimdKernel = {
  shader: shaders.adam,
  bind({ engine, inputs: [gradient], outputs: [value, m, v], params: c }: Bound<AdamParams>) {
    const run = engine.function(adamRoutine);
    return () => {
      const fixed = [c.beta1, c.one_minus_beta1, c.beta2, c.one_minus_beta2, c.epsilon, c.weight_decay] as const;
      run(gradient!, value!, m!, v!, c.n, ...fixed, c.step_size, c.correction, c.decay);
    };
  },
};
