/** What moves elements without computing: rows picked by index, rows of a data set, and copies by strides. */
import { type Body, type Local, type Routine, routine } from "../emit/assembler.ts";
import { type I32, i32, i32x4, int, v128, type Value } from "../emit/instructions.ts";
import { transposed } from "../emit/lanes.ts";
import { accumulated, byFours, storeFour } from "../emit/vectors.ts";
import { dataSources } from "../gemm/pack.ts";
import type { DataParams } from "./dense.ts";
import type { Bound, SimdKernel } from "./kernel.ts";
import { type Dimension, joined } from "./layout.ts";

const at = (base: I32, index: I32): Value<"i32"> => i32.add(base, i32.shl(index, 2));

/** x, index, y, rows of y from and to, rows of x, columns. */
const GATHER = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** y[i, c] = x[index[i], c]; NaN where there is no row index[i]. */
const gatherRoutine: Routine<typeof GATHER> = routine("gather_rows", GATHER, (body, x, index, y, from, to, rows, columns) => {
  const last = body.local(i32.sub(rows, 1));
  body.range(from, to, 1, (i) => {
    const picked = body.local(i32.load(at(index, i)));
    const row = body.local(at(x, i32.mul(i32.select(picked, last, i32.lt_u(picked, last)), columns)));
    // bits that are all 1 are a NaN
    const missing = body.local(i32x4.splat(i32.sub(i32.lt_u(picked, rows), 1)));
    const target = body.local(at(y, i32.mul(i, columns)));
    byFours(body, columns, (four) => storeFour(body, target, four, v128.or(v128.load(i32.add(row, four.offset)), missing)));
  });
});

export const gatherRows: SimdKernel = {
  shader: "gather_rows",
  bind({ engine, inputs, outputs: [y], params: { n, rows, columns } }: Bound<Readonly<Record<"n" | "rows" | "columns", number>>>) {
    const [x, index] = inputs as [number, number];
    const run = engine.function(gatherRoutine);
    return () => engine.split(n / columns, 1, n, (from, to) => run(x, index, y!, from, to, rows, columns));
  },
};

/** y, rows from and to, x, index, offset, columns, scale, shift. */
const ROWS = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "f32", "f32"] as const;

/** y[m, k] = x[m, k], scaled. */
function rowsRoutine(source: (typeof dataSources)["f32"]): Routine<typeof ROWS> {
  return routine(`rows_of_${source.name}`, ROWS, (body, y, from, to, x, index, offset, columns, scale, shift) => {
    body.range(from, to, 1, (m) => {
      const data = source.row(body, [x, index, offset, columns, scale, shift], m);
      const target = body.local(at(y, i32.mul(m, columns)));
      const column = body.local(int(0));
      byFours(body, columns, (four) => {
        storeFour(body, target, four, data(column, 0));
        body.advance(column, 4);
      });
    });
  });
}

const rowsRoutines = { f32: rowsRoutine(dataSources.f32), u8: rowsRoutine(dataSources.u8) };

export const rowsToTensor: SimdKernel = {
  shader: "rows_to_tensor",
  bind({ engine, inputs, outputs: [y], params, constants }: Bound<DataParams & { readonly n: number; readonly columns: number }>) {
    const [x, index] = inputs as [number, number];
    const run = engine.function(rowsRoutines[constants["U8"] ? "u8" : "f32"]);
    const { n, columns, scale, shift } = params;
    const by = constants["GATHER"] ? index : 0;
    return () => engine.split(n / columns, 1, n, (from, to) => run(y!, from, to, x, by, params.offset, columns, scale, shift));
  },
};

/** x, y, accumulate; five loops from the outermost in: how often, and bytes from one to the next in x and in y. */
const COPY = [
  ...(["i32", "i32", "i32"] as const),
  ...(["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const),
  ...(["i32", "i32", "i32", "i32", "i32", "i32"] as const),
] as const;

/** A loop: how often, and bytes from one to the next in x and in y. */
type Loop = readonly [count: Local<"i32">, dx: Local<"i32">, dy: Local<"i32">];

type Copy = (body: Body, x: Local<"i32">, y: Local<"i32">, accumulate: Local<"i32">, inner: Loop, innermost: Loop) => void;

/** A copy of what the two inner loops run over, in three outer loops. */
function copyRoutine(name: string, copy: Copy): Routine<typeof COPY> {
  return routine(name, COPY, (body, x, y, accumulate, n0, x0, y0, n1, x1, y1, n2, x2, y2, n3, x3, y3, n4, x4, y4) => {
    const around = ([count, dx, dy]: Loop, run: () => void): void => {
      const [fromX, fromY] = [body.local(x), body.local(y)];
      body.range(0, count, 1, () => {
        run();
        body.advance(x, dx);
        body.advance(y, dy);
      });
      body.set(x, fromX);
      body.set(y, fromY);
    };
    const inside = (): void => copy(body, x, y, accumulate, [n3, x3, y3], [n4, x4, y4]);
    around([n0, x0, y0], () => around([n1, x1, y1], () => around([n2, x2, y2], inside)));
  });
}

/** y[i] (+)= x[i], neighbours in both. */
const copyRows = copyRoutine("copy_rows", (body, x, y, accumulate, _, [n]) => {
  byFours(body, n, (four) => storeFour(body, y, four, accumulated(body, y, four, v128.load(i32.add(x, four.offset)), accumulate)));
});

/** y[i] (+)= x, neighbours in y. */
const repeat = copyRoutine("repeat", (body, x, y, accumulate, _, [n]) => {
  const one = body.local(v128.load32_splat(x));
  byFours(body, n, (four) => storeFour(body, y, four, accumulated(body, y, four, one, accumulate)));
});

/** y[j, i] (+)= x[i, j], neighbours along j in x and along i in y: by blocks of 4×4, whose rows past the last repeat it. */
const transpose = copyRoutine("transpose", (body, x, y, accumulate, [columns, , dy], [rows, dx]) => {
  const last = body.local(i32.sub(rows, 1));
  body.range(0, columns, 4, (j) => {
    byFours(body, rows, (four) => {
      const block = [0, 1, 2, 3].map((r) => {
        const i = body.local(i32.add(i32.shr_u(four.offset, 2), r));
        return body.local(v128.load(at(i32.add(x, i32.mul(i32.select(i, last, i32.lt_u(i, last)), dx)), j)));
      });
      transposed(body, block).forEach((row, r) => {
        const column = body.local(i32.add(j, r));
        body.when(i32.lt_u(column, columns), () => {
          const to = body.local(i32.add(y, i32.mul(column, dy)));
          storeFour(body, to, four, accumulated(body, to, four, row, accumulate));
        });
      });
    });
  });
});

const ONCE: Dimension = { size: 1, strides: [0, 0] };

/** The routine for a copy over such dimensions, which are its two inner loops, and which are around them; none where neighbours are apart. */
function planOf(dimensions: readonly Dimension[]) {
  const innermost = dimensions.length === 0 ? ONCE : dimensions.find(({ strides }) => strides[1] === 1);
  const others = dimensions.filter((dimension) => dimension !== innermost);
  if (!innermost) return undefined;
  const [stride] = innermost.strides;
  if (stride! <= 1) return { routine: stride === 0 ? repeat : copyRows, outer: others, inner: ONCE, innermost };
  const inner = others.find(({ strides }) => strides[0] === 1);
  return inner && { routine: transpose, outer: others.filter((dimension) => dimension !== inner), inner, innermost };
}

type StridedParams = Readonly<Record<"n" | "x_offset" | "y_offset" | "accumulate", number>> &
  Readonly<Record<"shape" | "x_strides" | "y_strides", readonly number[]>>;

export const stridedCopy: SimdKernel = {
  shader: "strided_copy",
  bind({ engine, inputs, outputs, params }: Bound<StridedParams>) {
    const plan = planOf(joined(params.shape, params.x_strides, params.y_strides));
    if (!plan) return undefined;
    const run = engine.function(plan.routine);
    const { outer, inner, innermost } = plan;
    const loops = [...outer, ...Array<Dimension>(3 - outer.length).fill(ONCE), inner, innermost];
    const split = loops.findIndex(({ size }) => size > 1);
    const { size, strides } = loops[split] ?? ONCE;
    const [x, y] = [inputs[0]! + 4 * params.x_offset, outputs[0]! + 4 * params.y_offset];
    return () =>
      engine.split(size, split < 3 ? 1 : 4, params.n, (from, to) => {
        const counts = loops.flatMap((loop, i) => [i === split ? to - from : loop.size, 4 * loop.strides[0]!, 4 * loop.strides[1]!]);
        run(...([x + 4 * from * strides[0]!, y + 4 * from * strides[1]!, params.accumulate, ...counts] as unknown as Parameters<typeof run>));
      });
  },
};
