/** The optimizers and the clipping of gradients: one pass over the flat buffers, in the order of the specifications. */
import { type Body, type Routine, routine } from "../emit/assembler.ts";
import { f32x4, type I32, i32, v128, type Value } from "../emit/instructions.ts";
import { byFours, type Four, storeFour } from "../emit/vectors.ts";
import type { Bound, SimdKernel } from "./kernel.ts";

type Vector = Value<"v128">;
const { add, sub, mul, div, sqrt } = f32x4;

const load = (base: I32, { offset }: Four): Vector => v128.load(i32.add(base, offset));

/**
 * x, or 0 where |x| is below 2^-126, as a GPU may have it; NaN stays. The averages of a weight that gets no gradients any more shrink until they are there, and
 * stay: computing with such numbers takes processors ten times as long.
 */
const flushed = (x: Vector): Vector => v128.bitselect(0, x, f32x4.lt(f32x4.abs(x), 2 ** -126));

/** Vector instructions for four elements of a buffer that comes from memory and goes back there. */
const PASS = 4;

const ADAM = ["i32", "i32", "i32", "i32", "i32", "f32", "f32", "f32", "f32", "f32", "f32", "f32", "f32", "f32"] as const;

/** g += weightDecay·p; m = beta1·m + (1−beta1)·g; v = beta2·v + (1−beta2)·g²; p −= decay·p + stepSize·m / (√v·correction + epsilon). */
const adamRoutine: Routine<typeof ADAM> = routine("adam", ADAM, (body, gradient, value, m, v, n, ...numbers) => {
  const [beta1, rest1, beta2, rest2, epsilon, weightDecay, stepSize, correction, decay] = numbers.map((x) => body.local(f32x4.splat(x)));
  byFours(body, n, (at) => {
    const p = body.local(load(value, at));
    const g = body.local(add(load(gradient, at), mul(weightDecay!, p)));
    const first = body.local(flushed(body.local(add(mul(beta1!, load(m, at)), mul(rest1!, g)))));
    const second = body.local(flushed(body.local(add(mul(beta2!, load(v, at)), mul(mul(rest2!, g), g)))));
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
  shader: "adam",
  bind({ engine, inputs, outputs, params: c }: Bound<AdamParams>) {
    const [gradient, value, m, v] = [...inputs, ...outputs] as [number, number, number, number];
    const run = engine.function(adamRoutine);
    const part = (from: number, to: number): void => {
      const at = 4 * from;
      const fixed = [c.beta1, c.one_minus_beta1, c.beta2, c.one_minus_beta2, c.epsilon, c.weight_decay] as const;
      run(gradient + at, value + at, m + at, v + at, to - from, ...fixed, c.step_size, c.correction, c.decay);
    };
    return () => engine.split(c.n, 4, PASS * c.n, part);
  },
};

const SGD = ["i32", "i32", "i32", "i32", "f32", "f32", "f32"] as const;

type Direction = (body: Body, g: Vector, momentum: Vector, m: I32, at: Four) => Vector;

/** g += weightDecay·p; p −= learningRate·direction. */
function sgdRoutine(name: string, direction: Direction): Routine<typeof SGD> {
  return routine(name, SGD, (body, gradient, value, m, n, ...numbers) => {
    const [momentum, weightDecay, learningRate] = numbers.map((x) => body.local(f32x4.splat(x)));
    byFours(body, n, (at) => {
      const p = body.local(load(value, at));
      const g = body.local(add(load(gradient, at), mul(weightDecay!, p)));
      storeFour(body, value, at, sub(p, mul(learningRate!, direction(body, g, momentum!, m, at))));
    });
  });
}

/** m = momentum·m + g. */
const velocity: Direction = (body, g, momentum, m, at) => {
  const next = body.local(flushed(body.local(add(mul(momentum, load(m, at)), g))));
  storeFour(body, m, at, next);
  return next;
};

const sgdRoutines = {
  plain: sgdRoutine("sgd", (_, g) => g),
  momentum: sgdRoutine("sgd_momentum", velocity),
  nesterov: sgdRoutine("sgd_nesterov", (body, g, momentum, m, at) => add(g, mul(momentum, velocity(body, g, momentum, m, at)))),
};

export const sgd: SimdKernel = {
  shader: "sgd",
  bind({ engine, inputs, outputs, params, constants }: Bound<Readonly<Record<"n" | "momentum" | "weight_decay" | "learning_rate", number>>>) {
    const [gradient, value, m] = [...inputs, ...outputs] as [number, number, number];
    const run = engine.function(sgdRoutines[!constants["MOMENTUM"] ? "plain" : constants["NESTEROV"] ? "nesterov" : "momentum"]);
    const part = (from: number, to: number): void => {
      const at = 4 * from;
      run(gradient + at, value + at, m + at, to - from, params.momentum, params.weight_decay, params.learning_rate);
    };
    return () => engine.split(params.n, 4, PASS * params.n, part);
  },
};

const RMSPROP = ["i32", "i32", "i32", "i32", "f32", "f32", "f32", "f32", "f32"] as const;

/** g += weightDecay·p; v = alpha·v + (1−alpha)·g²; p −= learningRate·g / (√v + epsilon). */
const rmspropRoutine: Routine<typeof RMSPROP> = routine("rmsprop", RMSPROP, (body, gradient, value, v, n, ...numbers) => {
  const [alpha, rest, epsilon, weightDecay, learningRate] = numbers.map((x) => body.local(f32x4.splat(x)));
  byFours(body, n, (at) => {
    const p = body.local(load(value, at));
    const g = body.local(add(load(gradient, at), mul(weightDecay!, p)));
    const second = body.local(flushed(body.local(add(mul(alpha!, load(v, at)), mul(mul(rest!, g), g)))));
    storeFour(body, v, at, second);
    storeFour(body, value, at, sub(p, div(mul(learningRate!, g), add(sqrt(second), epsilon!))));
  });
});

type RmspropParams = Readonly<Record<"n" | "alpha" | "one_minus_alpha" | "epsilon" | "weight_decay" | "learning_rate", number>>;

export const rmsprop: SimdKernel = {
  shader: "rmsprop",
  bind({ engine, inputs, outputs, params: c }: Bound<RmspropParams>) {
    const [gradient, value, v] = [...inputs, ...outputs] as [number, number, number];
    const run = engine.function(rmspropRoutine);
    const part = (from: number, to: number): void => {
      const at = 4 * from;
      run(gradient + at, value + at, v + at, to - from, c.alpha, c.one_minus_alpha, c.epsilon, c.weight_decay, c.learning_rate);
    };
    return () => engine.split(c.n, 4, PASS * c.n, part);
  },
};

/** g[i] *= factor; zeros stay zero also where the factor is NaN. */
const scaleRoutine: Routine<readonly ["i32", "i32", "f32"]> = routine("scale", ["i32", "i32", "f32"], (body, g, n, factor) => {
  const factors = body.local(f32x4.splat(factor));
  byFours(body, n, (at) => {
    const x = body.local(load(g, at));
    storeFour(body, g, at, v128.bitselect(mul(x, factors), x, f32x4.ne(x, 0)));
  });
});

export const clipByNorm: SimdKernel = {
  shader: "clip_by_norm",
  bind({ engine, inputs: [x], outputs: [g], params }: Bound<Readonly<Record<"n" | "blocks" | "max_norm", number>>>) {
    const run = engine.function(scaleRoutine);
    const { n, blocks } = params;
    return () => {
      let sum = 0;
      for (const norm of new Float32Array(engine.heap.memory.buffer, x, blocks)) sum += norm ** 2;
      const factor = params.max_norm / (Math.sqrt(sum) + 1e-6);
      if (factor >= 1) return;
      engine.split(n, 4, PASS * n, (from, to) => run(g! + 4 * from, to - from, factor));
    };
  },
};

/** g[i] = min(max(g[i], −limit), limit); NaN stays NaN. */
const clampRoutine: Routine<readonly ["i32", "i32", "f32"]> = routine("clamp", ["i32", "i32", "f32"], (body, g, n, limit) => {
  const most = body.local(f32x4.splat(limit));
  const least = body.local(f32x4.neg(most));
  byFours(body, n, (at) => storeFour(body, g, at, f32x4.pmax(f32x4.pmin(load(g, at), most), least)));
});

export const clipByValue: SimdKernel = {
  shader: "clip_by_value",
  bind({ engine, outputs: [g], params }: Bound<Readonly<Record<"n" | "limit", number>>>) {
    const run = engine.function(clampRoutine);
    return () => engine.split(params.n, 4, PASS * params.n, (from, to) => run(g! + 4 * from, to - from, params.limit));
  },
};
