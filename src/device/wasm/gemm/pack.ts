/**
 * Packing: operands of a product are copied into panels, four rows of A or eight columns of B interleaved by k. A Source says how four elements
 * of a row in memory are read, so that gathers, scales and derivatives cost no pass of their own.
 */
import { type Body, type Local, type Locals, type Routine, routine } from "../emit/assembler.ts";
import { f32, f32x4, type I32, i16x8, i32, i32x4, type Type, v128, type Value } from "../emit/instructions.ts";
import { transposed } from "../emit/lanes.ts";
import type { SimdActivation } from "../math/activations.ts";

type Vector = Value<"v128">;

/** The elements `column` + ahead … `column` + ahead + 3 of a row. */
type Row = (column: Local<"i32">, ahead: number) => Vector;

/** A matrix in memory, described by parameters that its routines take last. */
export interface Source<T extends readonly Type[] = readonly Type[]> {
  readonly name: string;
  readonly parameters: T;
  row(body: Body, parameters: Locals<T>, m: I32): Row;
}

const at = (base: I32, index: I32): Value<"i32"> => i32.add(base, i32.shl(index, 2));

/** x[m, k] at x + 4·(m·stride + k). */
export const matrix: Source<readonly ["i32", "i32"]> = {
  name: "matrix",
  parameters: ["i32", "i32"],
  row(body, [x, stride], m) {
    const row = body.local(at(x, i32.mul(m, stride)));
    return (column, ahead) => v128.load(at(row, column), 4 * ahead);
  },
};

type DataTypes = readonly ["i32", "i32", "i32", "i32", "f32", "f32"];

/** Four bytes as numbers. */
function bytesAt(address: I32, ahead: number): Vector {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(address, ahead))));
}

/** x[r, k]·scale + shift, r = index[offset + m], or offset + m where index is 0; x of bytes or of f32. */
function data(isBytes: boolean): Source<DataTypes> {
  return {
    name: isBytes ? "bytes" : "data",
    parameters: ["i32", "i32", "i32", "i32", "f32", "f32"],
    row(body, [x, index, offset, columns, scale, shift], m) {
      const number = body.local(i32.add(offset, m));
      body.when(i32.ne(index, 0), () => body.set(number, i32.load(at(index, number))));
      const start = i32.mul(number, columns);
      const row = body.local(isBytes ? i32.add(x, start) : at(x, start));
      const [factor, summand] = [body.local(f32x4.splat(scale)), body.local(f32x4.splat(shift))];
      return (column, ahead) => {
        const raw = isBytes ? bytesAt(i32.add(row, column), ahead) : v128.load(at(row, column), 4 * ahead);
        return f32x4.add(f32x4.mul(raw, factor), summand);
      };
    },
  };
}

export const dataSources: { readonly f32: Source<DataTypes>; readonly u8: Source<DataTypes> } = { f32: data(false), u8: data(true) };

/** ds[m, n] = dy[m, n]·f'(kept[m, n])·r, r = rows[m], or row where rows is 0. */
export function cotangent(name: string, { df }: SimdActivation): Source<readonly ["i32", "i32", "i32", "f32", "i32", "f32"]> {
  return {
    name: `cotangent_${name}`,
    parameters: ["i32", "i32", "i32", "f32", "i32", "f32"],
    row(body, [dy, kept, rows, row, N, a], m) {
      const start = body.local(i32.shl(i32.mul(m, N), 2));
      const factor = body.local(row);
      body.when(i32.ne(rows, 0), () => body.set(factor, f32.load(at(rows, m))));
      const [factors, constants] = [body.local(f32x4.splat(factor)), body.local(f32x4.splat(a))];
      const [dyRow, keptRow] = [body.local(i32.add(dy, start)), body.local(i32.add(kept, start))];
      return (column, ahead) => {
        const scaled = f32x4.mul(v128.load(at(dyRow, column), 4 * ahead), factors);
        if (name === "identity") return scaled;
        return f32x4.mul(scaled, df(body, body.local(v128.load(at(keptRow, column), 4 * ahead)), constants));
      };
    },
  };
}

/** Parameters of a packing routine before those of its source: the panels' address, the first row or column of C, how many, and K. */
const TARGET = ["i32", "i32", "i32", "i32"] as const;

export type Packing = Routine<readonly Type[]>;

function packing(
  name: string,
  source: Source,
  emit: (body: Body, row: (m: I32) => Row, to: Local<"i32">, from: Local<"i32">, count: Local<"i32">, K: Local<"i32">) => void,
): Packing {
  return routine<readonly Type[]>(`${name}_${source.name}`, [...TARGET, ...source.parameters], (body, ...parameters) => {
    const [to, from, count, K, ...rest] = parameters as unknown as [Local<"i32">, Local<"i32">, Local<"i32">, Local<"i32">, ...Local<Type>[]];
    emit(body, (m) => source.row(body, rest, m), to, from, count, K);
  });
}

const depthOf = (K: I32): Value<"i32"> => i32.and(i32.add(K, 3), -4);

/**
 * Packs rows of a source whose elements are the terms of the sum, by transposing 4×4 blocks. Rows past the last repeat it, and what lies behind
 * a row's end is read and written as well, into the panel's spare terms: neither reaches the result.
 */
export function packAcross(source: Source, width: number): Packing {
  return packing(`pack_across_${width}`, source, (body, row, to, from, count, K) => {
    const panel = body.local(i32.mul(depthOf(K), 4 * width));
    const last = body.local(i32.sub(count, 1));
    body.range(0, count, 4, (i) => {
      const rows = [0, 1, 2, 3].map((r) => {
        const m = body.local(i32.add(i, r));
        return row(body.local(i32.add(from, i32.select(m, last, i32.lt_u(m, last)))));
      });
      const within = i32.shl(i32.and(i, width - 1), 2);
      const y = body.local(i32.add(to, i32.add(i32.mul(i32.shr_u(i, Math.log2(width)), panel), within)));
      body.range(0, K, 4, (k) => {
        const loaded = rows.map((load) => body.local(load(k, 0)));
        transposed(body, loaded).forEach((term, j) => body.store(y, term, 4 * width * j));
        body.advance(y, 16 * width);
      });
    });
  });
}

/** Elements of a row that are packed before the next row: whole cache lines of a few panels. */
export const RUN = 64;

/** Packs columns of a source whose rows are the terms of the sum, by copying. Columns past the last are whatever follows in memory. */
export function packAlong(source: Source, width: number): Packing {
  return packing(`pack_along_${width}`, source, (body, row, to, from, count, K) => {
    const panel = body.local(i32.mul(depthOf(K), 4 * width));
    body.range(0, count, RUN, (first) => {
      const start = body.local(i32.add(to, i32.mul(i32.shr_u(first, Math.log2(width)), panel)));
      const end = body.local(i32.add(first, RUN));
      const stop = body.local(i32.add(from, i32.select(end, count, i32.lt_u(end, count))));
      body.range(0, K, 1, (k) => {
        const load = row(k);
        const y = body.local(start);
        body.range(i32.add(from, first), stop, width, (column) => {
          for (let ahead = 0; ahead < width; ahead += 4) body.store(y, load(column, ahead), 4 * ahead);
          body.advance(y, panel);
        });
        body.advance(start, 4 * width);
      });
    });
  });
}
