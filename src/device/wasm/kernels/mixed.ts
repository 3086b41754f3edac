/** The loss of a table's rows: four components, or levels, at a time. */
import { type Body, type Local, type Routine, routine } from "../emit/assembler.ts";
import { f32, f32x4, i32, i8x16, int, v128, type Value } from "../emit/instructions.ts";
import { lanes } from "../emit/lanes.ts";
import { byFours, existing, existingOr, type Four, storeFour } from "../emit/vectors.ts";
import { exp, log, logistic, softplus } from "../math/math.ts";
import { drawn, keyLanes, uniformOf } from "../math/philox.ts";
import type { DataParams } from "./dense.ts";
import type { Bound, SimdKernel } from "./kernel.ts";

type Vector = Value<"v128">;
type Pointer = Local<"i32">;
const { add, sub, mul, div, pmax } = f32x4;

/** Columns that are loaded together: four blocks of random numbers. */
const PANEL = 16;
const NAN = 0x7fc00000;

/** cells, bytes between its rows; rows from and to, D, random numbers a row, x, index (0: rows in order), offset, scale, shift; steps, levels; moved (0: not), k0, k1. */
const CELLS = [
  ...(["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "f32", "f32"] as const),
  ...(["i32", "i32", "i32", "i32", "i32"] as const),
] as const;

/**
 * The cells of some rows, of `levels` a column (0: a number): numbers, those with a step moved within it, and levels as whole numbers; NaN for one that is
 * missing. With 2^23 added a number is rounded, and its lowest bits are the level.
 */
const tableCells: Routine<typeof CELLS> = routine(
  "table_cells",
  CELLS,
  (body, cells, stride, from, to, D, draws, x, index, offset, scale, shift, steps, levels, moved, k0, k1) => {
    const key = keyLanes(body, k0, k1);
    body.range(from, to, 1, (m) => {
      const row = body.local(i32.add(offset, m));
      body.when(i32.ne(index, 0), () => body.set(row, i32.load(i32.add(index, i32.shl(row, 2)))));
      const source = body.local(i32.add(x, i32.shl(i32.mul(row, D), 2)));
      const target = body.local(i32.add(cells, i32.mul(m, stride)));
      const first = body.local(i32.mul(row, draws));
      body.range(0, D, PANEL, (column) => {
        const at = body.local(i32.shl(column, 2));
        const values = [0, 1, 2, 3].map((j) => body.local(add(mul(v128.load(i32.add(source, at), 16 * j), f32x4.splat(scale)), f32x4.splat(shift))));
        body.when(i32.ne(moved, 0), () => {
          const uniforms = drawn(body, i32.shr_u(i32.add(first, column), 2), key, (_, bits) => uniformOf(bits));
          values.forEach((value, j) => body.set(value, add(value, mul(sub(uniforms[j]!, 0.5), v128.load(i32.add(steps, at), 16 * j)))));
        });
        values.forEach((value, j) => {
          const count = body.local(v128.load(i32.add(levels, at), 16 * j));
          const level = v128.and(add(value, 2 ** 23), 0x007fffff);
          const isLevel = v128.and(f32x4.gt(value, -0.5), f32x4.lt(value, sub(count, 0.5)));
          const known = v128.or(level, v128.andnot(NAN, isLevel));
          body.store(i32.add(target, at), v128.bitselect(known, value, f32x4.gt(count, 0)), 16 * j);
        });
      });
    });
  },
);

/** In all lanes the greatest, or the sum. */
function overLanes(body: Body, x: Vector, fold: (a: Vector, b: Vector) => Vector): Local<"v128"> {
  const all = body.local(x);
  const halves = body.local(fold(all, i8x16.shuffle(all, all, lanes(2, 3, 0, 1))));
  return body.local(fold(halves, i8x16.shuffle(halves, halves, lanes(1, 0, 3, 2))));
}

const LOG_ROOT_2PI = 0.5 * Math.log(2 * Math.PI);
const [SHARE, WIDE] = [0.01, 4];
const LOG_MOST = Math.log(1 - SHARE) - LOG_ROOT_2PI;
const LOG_WIDE = Math.log(SHARE) - Math.log(WIDE) - LOG_ROOT_2PI;
const WITHIN = [-Math.sqrt(0.15), 0, Math.sqrt(0.15)].map((by, q) => ({ by, logWeight: Math.log(q === 1 ? 4 / 9 : 5 / 18) }));
const ITSELF = [{ by: 0, logWeight: 0 }];

/** −log softmax(s)[level], s from `at` on, in all lanes; with `ds` its gradient. */
function levelNll(body: Body, at: Pointer, ds: Pointer, wanted: Value<"i32">, count: Pointer, cell: Pointer): Vector {
  const logit = (four: Four): Vector => existingOr(four, v128.load(i32.add(at, four.offset)), -Infinity);
  const most = body.local(f32x4.splat(0));
  body.set(most, add(most, -Infinity));
  byFours(body, count, (four) => body.set(most, pmax(most, logit(four))));
  body.set(most, overLanes(body, most, pmax));
  const sum = body.local(v128.and(0, 0));
  byFours(body, count, (four) => body.set(sum, add(sum, exp(body, body.local(sub(logit(four), most))))));
  const logSum = body.local(add(most, log(body, overLanes(body, sum, add))));
  const level = body.local(i32.shl(i32.load(cell), 2));
  body.when(wanted, () => {
    byFours(body, count, (four) => storeFour(body, ds, four, exp(body, body.local(sub(logit(four), logSum)))));
    const own = body.local(i32.add(ds, level));
    body.store(own, f32.add(f32.load(own), -1));
  });
  return sub(logSum, v128.load32_splat(i32.add(at, level)));
}

/** −log p of a number of up to four components, in all lanes; with `ds` its gradient. */
function numberNll(
  body: Body,
  at: Pointer,
  ds: Pointer,
  wanted: Value<"i32">,
  count: Pointer,
  cell: Pointer,
  column: Pointer,
  points: typeof WITHIN,
): Vector {
  const four: Four = { offset: body.local(int(0)), left: count };
  const isOne = body.local(i32.lt_u(count, 2));
  const bytes = body.local(i32.shl(count, 2));
  const means = body.local(i32.select(at, i32.add(at, bytes), isOne));
  const raw = body.local(v128.load(i32.add(means, bytes)));
  const mean = body.local(v128.load(means));
  const logits = body.local(existingOr(four, v128.load(at), -Infinity));
  body.when(isOne, () => body.set(logits, existingOr(four, v128.and(0, 0), -Infinity)));
  const most = overLanes(body, logits, pmax);
  const weights = body.local(exp(body, body.local(sub(logits, most))));
  const total = overLanes(body, weights, add);
  const deviation = body.local(add(v128.load32_splat(column, 20), softplus(body, raw)));
  const height = body.local(sub(add(sub(sub(logits, most), log(body, total)), LOG_MOST), log(body, deviation)));

  const value = body.local(v128.load32_splat(cell));
  const step = body.local(v128.load32_splat(column, 16));
  const terms = points.map(({ by, logWeight }) => {
    const place = body.local(by === 0 ? value : add(value, mul(step, by)));
    const t = body.local(div(sub(place, mean), deviation));
    const wide = body.local(mul(place, 1 / WIDE));
    const term = existingOr(four, add(sub(height, mul(mul(t, t), 0.5)), logWeight), -Infinity);
    return { t, term: body.local(term), wide: body.local(sub(LOG_WIDE + logWeight, mul(mul(wide, wide), 0.5))) };
  });
  const top = overLanes(body, terms.map(({ term, wide }) => pmax(term, wide)).reduce((a, b) => pmax(a, b)), pmax); // prettier-ignore
  const narrow = terms.map(({ term }) => exp(body, body.local(sub(term, top)))).reduce((a, b) => add(a, b));
  const broad = terms.map(({ wide }) => exp(body, body.local(sub(wide, top)))).reduce((a, b) => add(a, b));
  const logP = body.local(add(top, log(body, body.local(add(overLanes(body, narrow, add), broad)))));

  body.when(wanted, () => {
    const shares = terms.map(({ term }) => body.local(exp(body, body.local(sub(term, logP)))));
    const sumOf = (of: (share: Local<"v128">, t: Local<"v128">) => Vector): Local<"v128"> =>
      body.local(terms.map(({ t }, q) => of(shares[q]!, t)).reduce((a, b) => add(a, b)));
    const share = sumOf((r) => r);
    const toMeans = body.local(i32.select(ds, i32.add(ds, bytes), isOne));
    storeFour(
      body,
      toMeans,
      four,
      f32x4.neg(
        div(
          sumOf((r, t) => mul(r, t)),
          deviation,
        ),
      ),
    );
    const byDeviation = sumOf((r, t) => mul(r, sub(mul(t, t), 1)));
    storeFour(body, i32.add(toMeans, bytes), four, f32x4.neg(mul(div(byDeviation, deviation), logistic(body, raw))));
    body.when(i32.lt_u(1, count), () => {
      const all = overLanes(body, existing(four, share), add);
      storeFour(body, ds, four, sub(div(mul(all, weights), total), share));
    });
  });
  return f32x4.neg(logP);
}

/** cells, bytes between its rows; rows from and to, B, D, s, O, columns, nll, ds (0: not wanted). */
const SCORE = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** nll[m], and ds[m, …], of rows from … to − 1. */
function scoreRows(name: string, points: (body: Body, column: Pointer, run: (points: typeof WITHIN) => void) => void): Routine<typeof SCORE> {
  return routine(name, SCORE, (body, cells, stride, from, to, B, D, s, O, columns, nll, ds) => {
    const wanted = i32.ne(ds, 0);
    body.range(from, to, 1, (m) => {
      const sum = body.local(v128.and(0, 0));
      const cell = body.local(i32.add(cells, i32.mul(i32.rem_u(m, B), stride)));
      const column = body.local(columns);
      body.range(0, D, 1, () => {
        const place = body.local(i32.shl(i32.add(i32.mul(m, O), i32.load(column, 4)), 2));
        const [at, to] = [body.local(i32.add(s, place)), body.local(i32.add(ds, place))];
        const count = body.local(i32.load(column, 8));
        const isLevel = body.local(i32.eq(i32.and(i32.sub(i32.load(column), 1), -2), 0));
        const isSeen = i32.ge_u(0x7f800000, i32.and(i32.load(cell), 0x7fffffff));
        body.when(
          isSeen,
          () =>
            body.when(
              isLevel,
              () => body.set(sum, add(sum, levelNll(body, at, to, wanted, count, cell))),
              () => points(body, column, (each) => body.set(sum, add(sum, numberNll(body, at, to, wanted, count, cell, column, each)))),
            ),
          () => body.when(wanted, () => clear(body, to, count, isLevel)),
        );
        body.advance(cell, 4);
        body.advance(column, 32);
      });
      body.storeLane(i32.add(nll, i32.shl(m, 2)), sum, 0);
    });
  });
}

/** No gradient by the outputs of a cell that is missing. */
function clear(body: Body, ds: Pointer, count: Pointer, isLevel: Pointer): void {
  const ofNumber = i32.select(2, i32.mul(count, 3), i32.lt_u(count, 2));
  const outputs = body.local(i32.select(count, ofNumber, isLevel));
  byFours(body, outputs, (four) => storeFour(body, ds, four, v128.and(0, 0)));
}

const moved = scoreRows("score_mixed_moved", (_, __, run) => run(ITSELF));
const still = scoreRows("score_mixed", (body, column, run) =>
  body.when(
    i32.ne(i32.load(column, 16), 0),
    () => run(WITHIN),
    () => run(ITSELF),
  ),
);

type MixedParams = DataParams & Readonly<Record<"M" | "B" | "D" | "O" | "jitter0" | "jitter1", number>>;

/** Vector instructions for a cell, about. */
const WORK = 400;
/** Components of a number that fit a vector. */
const MOST = 4;

export const mixedNll: SimdKernel = {
  shader: "mixed_nll",
  bind({ engine, inputs, outputs, params, constants }: Bound<MixedParams>) {
    const [x, index, s, columns] = inputs as [number, number, number, number];
    const [nll, ds] = outputs as [number, number];
    const { M, B, D, O } = params;
    const words = new Uint32Array(engine.heap.memory.buffer, columns, 8 * D);
    const isLevel = (j: number): boolean => words[8 * j] === 1 || words[8 * j] === 2;
    const kinds = Array.from({ length: D }, (_, j) => ({ isLevel: isLevel(j), count: words[8 * j + 2]!, step: floatOf(words[8 * j + 4]!) }));
    // more components, hidden cells and bytes are left to the specification
    if (constants["HIDE"] || constants["U8"] || kinds.some((kind) => !kind.isLevel && kind.count > MOST)) return undefined;
    const padded = PANEL * Math.ceil(D / PANEL);
    const [load, score] = [engine.function(tableCells), engine.function(constants["JITTER"] ? moved : still)];
    const draws = 4 * (Math.floor(D / 4) + 1);
    return () => {
      const steps = engine.scratch(4 * padded * (B + 2), "operand");
      const [levels, cells] = [steps + 4 * padded, steps + 8 * padded];
      const facts = new Float32Array(engine.heap.memory.buffer, steps, 2 * padded).fill(0);
      kinds.forEach((kind, j) => (facts[kind.isLevel ? padded + j : j] = kind.isLevel ? kind.count : kind.step));
      const { offset, scale, shift, jitter0, jitter1 } = params;
      const by = constants["GATHER"] ? index : 0;
      load(cells, 4 * padded, 0, B, D, draws, x, by, offset, scale, shift, steps, levels, constants["JITTER"] ? 1 : 0, jitter0, jitter1);
      engine.split(M, 1, WORK * M * D, (from, to) => score(cells, 4 * padded, from, to, B, D, s, O, columns, nll, constants["KEEP"] ? ds : 0));
    };
  },
};

function floatOf(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}
