/** Random numbers from a key, and data drawn as Bernoulli variables: shared out by blocks of the stream, or by rows. */
import { type Body, type Local, type Routine, routine } from "../emit/assembler.ts";
import { f32x4, i32, int, v128, type Value } from "../emit/instructions.ts";
import { dataSources } from "../gemm/pack.ts";
import { drawn, keyLanes, normalsFrom, randomBits as bitsRoutine, uniformOf, uniforms } from "../math/philox.ts";
import type { DataParams } from "./dense.ts";
import type { Bound, SimdKernel } from "./kernel.ts";

/** Vector instructions for a number: a quarter of a Philox block of four, and of what makes numbers of its bits. */
const WORK = 30;

type RandomParams = Readonly<Record<"n" | "k0" | "k1" | "first", number>>;

function randomKernel(shader: SimdKernel["shader"], stream: typeof uniforms): SimdKernel {
  return {
    shader,
    bind({ engine, outputs: [y], params }: Bound<RandomParams>) {
      const run = engine.function(stream);
      const { n, first } = params;
      // elements are counted from the start of the stream: the address is where element 0 would be
      const [skipped, zero] = [4 * first, y! - 16 * first];
      return () => engine.split(n, 16, WORK * n, (from, to) => run(zero, skipped + from, skipped + to, params.k0, params.k1));
    },
  };
}

export const randomBits: SimdKernel = randomKernel("random_bits", bitsRoutine);
export const uniform: SimdKernel = randomKernel("uniform", uniforms);
export const normal: SimdKernel = randomKernel("normal", normalsFrom);

/** y, rows from and to, k0, k1; x, index (0: rows in order), offset, columns, scale, shift, and the row of the stream that row 0 is. */
const BINARISE = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "f32", "f32", "i32"] as const;

/** y[m, k] = 1 where uniform number (before + r)·columns + k is below x[m, k], else 0, r the row of the data set that x[m] is. */
function binariseRoutine(source: (typeof dataSources)["f32"]): Routine<typeof BINARISE> {
  return routine(`binarise_${source.name}`, BINARISE, (body, y, from, to, k0, k1, x, index, offset, columns, scale, shift, before) => {
    const words = keyLanes(body, k0, k1);
    const noIndex = body.local(int(0));
    body.range(from, to, 1, (m) => {
      const row = body.local(i32.add(offset, m));
      body.when(i32.ne(index, 0), () => body.set(row, i32.load(i32.add(index, i32.shl(row, 2)))));
      const data = source.row(body, [x, noIndex, row, columns, scale, shift], 0);
      const first = body.local(i32.mul(i32.add(before, row), columns));
      const target = body.local(i32.add(y, i32.shl(i32.mul(m, columns), 2)));
      // from the start of a block on, which may lie before that of the row
      body.range(i32.and(first, -4), i32.add(first, columns), 16, (i) => {
        const column = body.local(i32.sub(i, first));
        const fours = drawn(body, i32.shr_u(i, 2), words, (_, bits) => uniformOf(bits));
        const ones = fours.map((four, j) => body.local(v128.and(f32x4.lt(four, data(column, 4 * j)), 0x3f800000)));
        storeWithin(body, target, column, columns, ones);
      });
    });
  });
}

/** Stores vectors from a column on, which may be negative, as far as they belong to the row. */
function storeWithin(body: Body, row: Local<"i32">, column: Local<"i32">, columns: Local<"i32">, fours: readonly Local<"v128">[]): void {
  const to = body.local(i32.add(row, i32.shl(column, 2)));
  const exists = (ahead: number): Value<"i32"> => i32.lt_u(i32.add(column, ahead), columns);
  const lane = (i: number): void => body.when(exists(i), () => body.storeLane(to, fours[i >> 2]!, i & 3, 4 * i));
  body.when(
    i32.and(exists(0), exists(4 * fours.length - 1)),
    () => fours.forEach((four, j) => body.store(to, four, 16 * j)),
    () => Array.from({ length: 4 * fours.length }, (_, i) => lane(i)),
  );
}

type RowsParams = DataParams & Readonly<Record<"n" | "columns", number>>;

const binariseRoutines = { f32: binariseRoutine(dataSources.f32), u8: binariseRoutine(dataSources.u8) };

export const binarise: SimdKernel = {
  shader: "binarise",
  bind({ engine, inputs: [x, index], outputs: [y], params, constants }: Bound<RowsParams & RandomParams>) {
    const run = engine.function(binariseRoutines[constants["U8"] ? "u8" : "f32"]);
    const { n, columns, scale, shift, first } = params;
    const by = constants["GATHER"] ? index! : 0;
    return () =>
      engine.split(n / columns, 1, WORK * n, (from, to) =>
        run(y!, from, to, params.k0, params.k1, x!, by, params.offset, columns, scale, shift, first),
      );
  },
};
