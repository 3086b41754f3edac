/** The two heads of the encoder with the reparameterization trick, and their gradient. */
import { type Routine, routine } from "../emit/assembler.ts";
import { f32, f32x4, i32, v128, type Value } from "../emit/instructions.ts";
import { byFours, existing, storeFour, sumOfLanes } from "../emit/vectors.ts";
import { bindGemm } from "../gemm/gemm.ts";
import { exp, expm1, expm1Minus } from "../math/math.ts";
import { normalBytes, normals } from "../math/philox.ts";
import { type DataParams, denseKernels, packData, packWeights } from "./dense.ts";
import type { Bound, SimdKernel } from "./kernel.ts";

const { add, mul } = f32x4;
const four = (base: Value<"i32">, offset: Value<"i32">): Value<"v128"> => v128.load(i32.add(base, offset));

/** c, stride, rows, L, bias, noise, z, kl, meanLogVar; bytes of one sample's noise and z, and of all samples'. */
const STORE = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** (mean, logVar) = c + b; z = mean + exp(logVar/2)·noise for each sample; kl = ½ Σl (mean² + expm1(logVar) − logVar). */
const storeHeads: Routine<typeof STORE> = routine(
  "store_heads",
  STORE,
  (body, c, stride, rows, L, bias, noise, z, kl, meanLogVar, sampleBytes, allBytes) => {
    const half = body.local(i32.shl(L, 2));
    const sum = body.variable("v128");
    body.range(0, rows, 1, () => {
      body.set(sum, v128.and(0, 0));
      byFours(body, L, (at) => {
        const lower = body.local(i32.add(half, at.offset));
        const mean = body.local(add(four(c, at.offset), four(bias, at.offset)));
        const logVar = body.local(add(four(c, lower), four(bias, lower)));
        storeFour(body, meanLogVar, at, mean);
        storeFour(body, i32.add(meanLogVar, half), at, logVar);
        body.set(sum, add(sum, existing(at, mul(add(mul(mean, mean), expm1Minus(body, logVar)), 0.5))));
        const deviation = exp(body, body.local(mul(logVar, 0.5)));
        body.range(0, allBytes, sampleBytes, (sample) => {
          const drawn = four(i32.add(noise, sample), at.offset);
          storeFour(body, i32.add(z, sample), at, add(mean, mul(deviation, drawn)));
        });
      });
      body.store(kl, sumOfLanes(sum));
      body.advance(kl, 4);
      body.advance(c, stride);
      body.advance(meanLogVar, i32.shl(half, 1));
      body.advance(z, half);
      body.advance(noise, half);
    });
  },
);

type HeadsParams = DataParams & Readonly<Record<"B" | "H" | "L" | "S" | "k0" | "k1", number>>;

export const heads: SimdKernel = {
  shader: "heads",
  bind(launch: Bound<HeadsParams>) {
    const { engine, inputs, outputs, params, constants } = launch;
    const [h, index, W, bias] = inputs as [number, number, number, number];
    const [given, z, kl, meanLogVar] = outputs as [number, number, number, number];
    const { B, H, L, S } = params;
    const [draw, finish] = [engine.function(normals), engine.function(storeHeads)];
    const sampleBytes = 4 * B * L;
    let noise = given;
    return bindGemm(engine, {
      M: B,
      N: 2 * L,
      K: H,
      packA: packData(launch, h, index, H),
      packB: packWeights(engine, W, 2 * L, H),
      store(c, stride, i, count) {
        const at = 4 * i * L;
        finish(c, stride, count, L, bias, noise + at, z + at, kl + 4 * i, meanLogVar + 2 * at, sampleBytes, S * sampleBytes);
      },
      ...(constants["KEYED"] && {
        extra: {
          bytes: constants["KEEP"] ? 0 : normalBytes(S * B * L),
          prepare(address: number) {
            noise = constants["KEEP"] ? given : address;
            draw(noise, S * B * L, params.k0, params.k1);
          },
        },
      }),
    });
  },
};

/** meanLogVar, noise, dz, rows, direct (the last three 0 where absent), gradient, B, L, bytes of one sample and of all, row. */
const GRAD = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "f32"] as const;

/** dMean = r·mean + Σs dz and dLogVar = r·½·expm1(logVar) + Σs dz·½·exp(logVar/2)·noise, each plus the direct gradient. */
const gradHeads: Routine<typeof GRAD> = routine(
  "grad_heads",
  GRAD,
  (body, meanLogVar, noise, dz, rows, direct, gradient, B, L, sampleBytes, allBytes, row) => {
    const half = body.local(i32.shl(L, 2));
    const r = body.local(f32x4.splat(row));
    body.range(0, B, 1, (i) => {
      body.when(i32.ne(rows, 0), () => body.set(r, f32x4.splat(f32.load(i32.add(rows, i32.shl(i, 2))))));
      // 0 times an infinite exp(logVar) would be NaN
      const isWanted = body.local(f32x4.ne(r, 0));
      byFours(body, L, (at) => {
        const { offset } = at;
        const lower = body.local(i32.add(half, offset));
        const logVar = body.local(four(meanLogVar, lower));
        const dMean = body.local(v128.and(mul(r, four(meanLogVar, offset)), isWanted));
        const dLogVar = body.local(v128.and(mul(mul(r, expm1(body, logVar)), 0.5), isWanted));
        body.when(i32.ne(dz, 0), () => {
          const halfDeviation = body.local(mul(exp(body, body.local(mul(logVar, 0.5))), 0.5));
          body.range(0, allBytes, sampleBytes, (sample) => {
            const d = body.local(four(i32.add(dz, sample), offset));
            body.set(dMean, add(dMean, d));
            body.set(dLogVar, add(dLogVar, mul(d, mul(halfDeviation, four(i32.add(noise, sample), offset)))));
          });
        });
        body.when(i32.ne(direct, 0), () => {
          body.set(dMean, add(dMean, four(direct, offset)));
          body.set(dLogVar, add(dLogVar, four(direct, lower)));
        });
        storeFour(body, gradient, at, dMean);
        storeFour(body, i32.add(gradient, half), at, dLogVar);
      });
      const both = i32.shl(half, 1);
      body.advance(meanLogVar, both);
      body.advance(gradient, both);
      body.advance(noise, half);
      body.when(i32.ne(dz, 0), () => body.advance(dz, half));
      body.when(i32.ne(direct, 0), () => body.advance(direct, both));
    });
  },
);

type HeadsGradParams = Readonly<Record<"B" | "L" | "S" | "row", number>>;

export const headsGrad: SimdKernel = {
  shader: "heads_grad",
  bind({ engine, inputs, outputs: [gradient], params, constants }: Bound<HeadsGradParams>) {
    const [meanLogVar, noise, dz, rows, direct] = inputs as [number, number, number, number, number];
    const { DZ, ROWS, DIRECT } = constants;
    const { B, L, S } = params;
    const run = engine.function(gradHeads);
    const given = [DZ ? dz : 0, ROWS ? rows : 0, DIRECT ? direct : 0] as const;
    const sampleBytes = 4 * B * L;
    return () => run(meanLogVar, noise, ...given, gradient!, B, L, sampleBytes, S * sampleBytes, params.row);
  },
};

/** heads_grad, then both gradients of the dense layer. */
export const headsDenseGrad: SimdKernel = {
  shader: "heads_dense_grad",
  bind({ inputs, outputs, params, constants, engine }: Bound<HeadsGradParams>) {
    const [h, meanLogVar, noise, dz, W] = inputs as [number, number, number, number, number];
    const run = engine.function(gradHeads);
    const { B, L, S } = params;
    const sampleBytes = 4 * B * L;
    // the row factor is that of kl
    const dense = { ...params, a: 0, row: 1, offset: 0, scale: 1, shift: 0 };
    const layer = { engine, outputs, params: dense, constants: { ROWS: false } };
    let [gradient, gradients] = [-1, (): void => undefined]; // scratch of no bytes may be at 0
    return () => {
      const at = engine.scratch(2 * sampleBytes, "operand");
      if (at !== gradient) gradients = denseKernels["dense_grad"]!.bind({ ...layer, inputs: [h, (gradient = at), 0, 0, W] } as never)!;
      run(meanLogVar, noise, constants["DZ"] ? dz : 0, 0, 0, gradient, B, L, sampleBytes, S * sampleBytes, params.row);
      gradients();
    };
  },
};
