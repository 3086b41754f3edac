/** Kernels over flat arrays: fill and accumulate. */
import { type Routine, routine } from "../emit/assembler.ts";
import { f32x4, i32, v128 } from "../emit/instructions.ts";
import { byFours, storeFour } from "../emit/vectors.ts";
import type { Bound, SimdKernel } from "./kernel.ts";

/** y[i] = value. */
const fillRoutine: Routine<readonly ["i32", "i32", "f32"]> = routine("fill", ["i32", "i32", "f32"], (body, y, n, value) => {
  const four = body.local(f32x4.splat(value));
  byFours(body, n, (at) => storeFour(body, y, at, four));
});

export const fill: SimdKernel = {
  shader: "fill",
  bind({ engine, outputs: [y], params }: Bound<{ n: number; value: number }>) {
    const run = engine.function(fillRoutine);
    return () => engine.split(params.n, 4, params.n / 2, (from, to) => run(y! + 4 * from, to - from, params.value));
  },
};

/** y[i] += x[i]. */
const accumulateRoutine: Routine<readonly ["i32", "i32", "i32"]> = routine("accumulate", ["i32", "i32", "i32"], (body, x, y, n) => {
  byFours(body, n, (at) => storeFour(body, y, at, f32x4.add(v128.load(i32.add(y, at.offset)), v128.load(i32.add(x, at.offset)))));
});

export const accumulate: SimdKernel = {
  shader: "accumulate",
  bind({ engine, inputs: [x], outputs: [y], params: { n } }: Bound<{ n: number }>) {
    const run = engine.function(accumulateRoutine);
    return () => engine.split(n, 4, n, (from, to) => run(x! + 4 * from, y! + 4 * from, to - from));
  },
};
