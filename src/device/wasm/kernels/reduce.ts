/**
 * Reductions along rows or columns that lie evenly in memory. Sums are taken in f64, so that they neither drift nor overflow on the way; an
 * output is the work of one thread, in an order that its sizes decide, so that its bits do not depend on the number of threads.
 */
import { type Body, type Local, type Routine, routine } from "../emit/assembler.ts";
import { f32x4, f64x2, type I32, i32, v128, type Value } from "../emit/instructions.ts";
import { storeFour } from "../emit/vectors.ts";
import { type Fold, foldRow, max, norm, sum } from "../math/folds.ts";
import type { Bound, SimdKernel } from "./kernel.ts";
import { joined } from "./layout.ts";

const at = (base: I32, index: I32): Value<"i32"> => i32.add(base, i32.shl(index, 2));
const least = (body: Body, a: Local<"i32">, b: Local<"i32">): Local<"i32"> => body.local(i32.select(a, b, i32.lt_u(a, b)));

/** x, y, outputs from and to; elements between rows; count of a row, its chunks, elements of a chunk; accumulate. */
const ROWS = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** y[o·parts + p] (+)= chunk p of row o, folded. */
function foldRows(name: string, fold: Fold): Routine<typeof ROWS> {
  return routine(`${name}_rows`, ROWS, (body, x, y, from, to, stride, count, parts, chunk, accumulate) => {
    body.range(from, to, 1, (i) => {
      const begin = body.local(i32.mul(i32.rem_u(i, parts), chunk));
      const n = least(body, body.local(i32.sub(count, begin)), chunk);
      const row = i32.mul(i32.div_u(i, parts), stride);
      const whole = foldRow(body, fold, at(x, i32.add(row, begin)), n);
      const target = body.local(at(y, i));
      body.when(i32.ne(accumulate, 0), () => fold.take(body, [whole], body.local(v128.load32_zero(target))));
      body.storeLane(target, body.local(fold.rounded([whole])), 0);
    });
  });
}

/** x, y, outer·parts from and to, columns from and to; columns, elements between outers and between rows; rows, parts, rows of a part; accumulate. */
const COLUMNS = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** Columns that are folded at the same time: a cache line of each row. */
const PANEL = 16;

/** y[(o·columns + c)·parts + p] (+)= part p of column c of matrix o, folded. */
function foldColumns(name: string, fold: Fold): Routine<typeof COLUMNS> {
  return routine(`${name}_columns`, COLUMNS, (body, x, y, from, to, first, last, columns, outer, stride, count, parts, chunk, accumulate) => {
    const rowBytes = body.local(i32.shl(stride, 2));
    const stop = body.local(i32.add(first, i32.and(i32.sub(last, first), -PANEL)));
    body.range(from, to, 1, (i) => {
      const [o, p] = [body.local(i32.div_u(i, parts)), body.local(i32.rem_u(i, parts))];
      const begin = body.local(i32.mul(p, chunk));
      const rows = least(body, body.local(i32.sub(count, begin)), chunk);
      const top = body.local(at(x, i32.add(i32.mul(o, outer), i32.mul(begin, stride))));
      const panel = (column: Local<"i32">, width: number): void => {
        const row = body.local(at(top, column));
        const results = Array.from({ length: width / 4 }, () => fold.start.map((vector) => body.local(vector)));
        body.range(0, rows, 1, () => {
          results.forEach((four, j) => fold.take(body, four, body.local(v128.load(row, 16 * j))));
          body.advance(row, rowBytes);
        });
        results.forEach((four, j) => {
          const c = body.local(i32.add(column, 4 * j));
          storeResults(
            body,
            at(y, i32.add(i32.mul(i32.add(i32.mul(o, columns), c), parts), p)),
            parts,
            body.local(i32.sub(last, c)),
            fold,
            four,
            accumulate,
          );
        });
      };
      body.range(first, stop, PANEL, (column) => panel(column, PANEL));
      body.range(stop, last, 4, (column) => panel(column, 4));
    });
  });
}

/** Stores those of four results that exist, `step` elements apart; only where that is 1 they are added to what is there. */
function storeResults(
  body: Body,
  address: Value<"i32">,
  step: Local<"i32">,
  left: Local<"i32">,
  fold: Fold,
  results: readonly Local<"v128">[],
  accumulate: Local<"i32">,
): void {
  const to = body.local(address);
  body.when(i32.ne(accumulate, 0), () => fold.take(body, results, body.local(v128.load(to))));
  const four = body.local(fold.rounded(results));
  body.when(
    i32.eq(step, 1),
    () => storeFour(body, 0, { offset: to, left }, four),
    () => {
      for (let lane = 0; lane < 4; lane++) {
        body.when(i32.lt_u(lane, left), () => body.storeLane(to, four, lane));
        body.advance(to, i32.shl(step, 2));
      }
    },
  );
}

type ReduceParams = Readonly<Record<"n" | "parts" | "chunk" | "accumulate" | "count", number>> &
  Readonly<Record<"kept" | "kept_strides" | "reduced" | "reduced_strides", readonly number[]>>;

/** A vector of elements takes about as long as two instructions: it comes from memory. */
const workOf = (elements: number): number => elements / 2;

function reduceKernel(shader: SimdKernel["shader"], name: string, fold: Fold): SimdKernel {
  const [rowsRoutine, columnsRoutine] = [foldRows(name, fold), foldColumns(name, fold)];
  return {
    shader,
    bind({ engine, inputs, outputs, params }: Bound<ReduceParams>) {
      const [x, y] = [inputs[0]!, outputs[0]!];
      const { n, parts, chunk, count, accumulate } = params;
      const kept = joined(params.kept, params.kept_strides);
      const reduced = joined(params.reduced, params.reduced_strides);
      const [row, column] = [reduced[0]?.strides[0] ?? 0, kept.at(-1)?.strides[0]];
      if (reduced.length > 1 || count === 0 || (accumulate && (fold === max || parts > 1))) return undefined;
      if (column === 1 && kept.length <= 2) {
        const columns = kept.at(-1)!.size;
        const run = engine.function(columnsRoutine);
        const jobs = n / columns;
        const outer = kept.length === 2 ? kept[0]!.strides[0]! : 0;
        const part = (from: number, to: number, first: number, last: number): void =>
          run(x, y, from, to, first, last, columns, outer, row, count, parts, chunk, accumulate);
        const work = workOf((n / parts) * count);
        if (jobs === 1) return () => engine.split(columns, PANEL, work, (first, last) => part(0, 1, first, last));
        return () => engine.split(jobs, 1, work, (from, to) => part(from, to, 0, columns));
      }
      if ((reduced.length === 1 && row !== 1) || kept.length > 1) return undefined;
      const run = engine.function(rowsRoutine);
      return () => engine.split(n, 1, workOf((n / parts) * count), (from, to) => run(x, y, from, to, column ?? 0, count, parts, chunk, accumulate));
    },
  };
}

export const reduceSum: SimdKernel = reduceKernel("reduce_sum", "sum", sum);
export const reduceMax: SimdKernel = reduceKernel("reduce_max", "max", max);

const normRows = foldRows("norm", norm);

export const blockNorms: SimdKernel = {
  shader: "block_norms",
  bind({ engine, inputs: [x], outputs: [y], params: { n, block } }: Bound<{ n: number; block: number }>) {
    const run = engine.function(normRows);
    const blocks = Math.ceil(n / block);
    return () => engine.split(blocks, 1, workOf(n), (from, to) => run(x!, y!, from, to, 0, n, blocks, block, 0));
  },
};

const SUMS = ["i32", "i32", "i32", "i32", "i32", "f32", "f32"] as const;

/** sums = (wr·Σm nll[m] + wk·Σi kl[i], Σm nll[m], Σi kl[i]): nll [M], kl [B]. */
const sumsRoutine: Routine<typeof SUMS> = routine("elbo_sums", SUMS, (body, nll, M, kl, B, sums, nllWeight, klWeight) => {
  const totals = [foldRow(body, sum, nll, M), foldRow(body, sum, kl, B)];
  const weighted = [nllWeight, klWeight].map((weight, i) => f64x2.mul(f64x2.promote_low_f32x4(f32x4.splat(weight)), totals[i]!));
  const results = [f64x2.add(weighted[0]!, weighted[1]!), ...totals];
  results.forEach((result, i) => body.storeLane(sums, f32x4.demote_f64x2_zero(result), 0, 4 * i));
});

type SumsParams = Readonly<Record<"M" | "B" | "slot" | "nll_weight" | "kl_weight", number>>;

export const elboSums: SimdKernel = {
  shader: "elbo_sums",
  bind({ engine, inputs: [nll, kl], outputs: [sums], params }: Bound<SumsParams>) {
    const run = engine.function(sumsRoutine);
    return () => run(nll!, params.M, kl!, params.B, sums! + 12 * params.slot, params.nll_weight, params.kl_weight);
  },
};
