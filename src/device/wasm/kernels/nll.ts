/** The output layer with its loss: a product whose rows are scored where they are stored. */
import { type Body, type Local, type Routine, routine } from "../emit/assembler.ts";
import { f32x4, i32, int, v128, type Value } from "../emit/instructions.ts";
import { byFours, existing, type Four, storeFour, sumOfLanes } from "../emit/vectors.ts";
import { bindGemm } from "../gemm/gemm.ts";
import { dataSources } from "../gemm/pack.ts";
import { bernoulliNll, bernoulliNllGrad, exp, negativeAbs } from "../math/math.ts";
import { type DataParams, packMatrix, packWeights } from "./dense.ts";
import type { Bound, SimdKernel } from "./kernel.ts";

type Vector = Value<"v128">;
const { add, sub, mul } = f32x4;

/** The loss of four elements, and its derivative by s. */
interface Scored {
  readonly loss: Vector;
  derivative(): Vector;
}

type Score = (s: Local<"v128">, x: Local<"v128">, four: Four) => Scored;

/** c, stride, rows, bias, nll, derivative (0: not wanted), first row, B; x, index, offset, D, scale, shift; logVar (0: one number), its number. */
const SCORE = [
  ...(["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const),
  ...(["i32", "i32", "i32", "i32", "f32", "f32"] as const),
  ...(["i32", "f32"] as const),
] as const;

type Prepare = (body: Body, logVar: Local<"i32">, number: Local<"f32">) => Score;

/** For each row of c: s = c + b is scored against the data's row (first row + its number) % B, and the losses are summed. */
function scoreRows(name: string, isBytes: boolean, prepare: Prepare): Routine<typeof SCORE> {
  const source = isBytes ? dataSources.u8 : dataSources.f32;
  return routine(
    `score_${name}`,
    SCORE,
    (body, c, stride, rows, bias, nll, derivative, number, B, x, index, offset, D, scale, shift, logVar, logVarNumber) => {
      const score = prepare(body, logVar, logVarNumber);
      const sum = body.variable("v128");
      body.range(0, rows, 1, () => {
        const data = source.row(body, [x, index, offset, D, scale, shift], number);
        const column = body.local(int(0));
        body.set(sum, v128.and(0, 0));
        byFours(body, D, (four) => {
          const s = body.local(add(v128.load(i32.add(c, four.offset)), v128.load(i32.add(bias, four.offset))));
          const scored = score(s, body.local(data(column, 0)), four);
          body.set(sum, add(sum, existing(four, scored.loss)));
          body.when(i32.ne(derivative, 0), () => storeFour(body, derivative, four, scored.derivative()));
          body.advance(column, 4);
        });
        body.store(nll, sumOfLanes(sum));
        body.advance(nll, 4);
        body.advance(c, stride);
        body.when(i32.ne(derivative, 0), () => body.advance(derivative, i32.shl(D, 2)));
        body.advance(number, 1);
        body.when(i32.eq(number, B), () => body.set(number, int(0)));
      });
    },
  );
}

/** −log Bernoulli(x; σ(s)) and σ(s) − x. */
const bernoulli: Prepare = (body) => (s, x) => {
  const e = exp(body, negativeAbs(s));
  return { loss: bernoulliNll(body, s, x, e), derivative: () => bernoulliNllGrad(body, s, x, e) };
};

/** ½·(log 2π + v + t²), t = (s − x)·exp(−v/2), and t·exp(−v/2); v is one number, or one for each column. */
const gaussian =
  (isLearned: boolean): Prepare =>
  (body, logVar, number) => {
    const inverse = (v: Vector): Local<"v128"> => body.local(exp(body, mul(v, -0.5)));
    const fixed = body.local(f32x4.splat(number));
    const fixedInverse = isLearned ? undefined : inverse(fixed);
    return (s, x, { offset }) => {
      const v = isLearned ? body.local(v128.load(i32.add(logVar, offset))) : fixed;
      const inverseDeviation = fixedInverse ?? inverse(v);
      const t = body.local(mul(sub(s, x), inverseDeviation));
      return { loss: mul(add(add(v, Math.log(2 * Math.PI)), mul(t, t)), 0.5), derivative: () => mul(t, inverseDeviation) };
    };
  };

type NllParams = DataParams & { readonly M: number; readonly B: number; readonly D: number; readonly H: number; readonly log_var?: number };

function nllKernel(shader: SimdKernel["shader"], routineOf: (isLearned: boolean, isBytes: boolean) => Routine<typeof SCORE>): SimdKernel {
  return {
    shader,
    bind({ engine, inputs, outputs, params, constants }: Bound<NllParams>) {
      const [x, index, h, W, bias, logVar = 0] = inputs as [number, number, number, number, number, number?];
      const [nll, derivative] = outputs as [number, number];
      const { M, B, D, H, log_var = 0 } = params;
      const by = constants["GATHER"] ? index : 0;
      const score = engine.function(routineOf(Boolean(constants["LEARNED"]), Boolean(constants["U8"])));
      return bindGemm(engine, {
        M,
        N: D,
        K: H,
        packA: packMatrix(engine, h, H),
        packB: packWeights(engine, W, D, H),
        store(c, stride, m, count) {
          const keep = constants["KEEP"] ? derivative + 4 * m * D : 0;
          const { offset, scale, shift } = params;
          score(c, stride, count, bias, nll + 4 * m, keep, m % B, B, x, by, offset, D, scale, shift, logVar, log_var);
        },
      });
    },
  };
}

/** One routine for data of f32 and one for bytes. */
const both = (name: string, prepare: Prepare): readonly [Routine<typeof SCORE>, Routine<typeof SCORE>] => [
  scoreRows(name, false, prepare),
  scoreRows(`${name}_bytes`, true, prepare),
];

const bernoulliRoutines = both("bernoulli", bernoulli);
const gaussianRoutines = [both("gaussian", gaussian(false)), both("gaussian_learned", gaussian(true))] as const;

export const denseBernoulliNll: SimdKernel = nllKernel("dense_bernoulli_nll", (_, isBytes) => bernoulliRoutines[isBytes ? 1 : 0]);

export const denseGaussianNll: SimdKernel = nllKernel(
  "dense_gaussian_nll",
  (isLearned, isBytes) => gaussianRoutines[isLearned ? 1 : 0][isBytes ? 1 : 0],
);
