/** The kernels of tables: what the encoder takes, the loss, and draws. */
import { encodeColumnsKernel } from "../../ops/encode_columns.ts";
import { mixedDrawKernel } from "../../ops/mixed_draw.ts";
import { mixedNllKernel } from "../../ops/mixed_nll.ts";
import { type ColumnOfTable, layoutOf, type TableLayout } from "../../ops/table_columns.ts";
import type { Operands, Subject } from "./subject.ts";
import { type Draw, subject } from "./subject_of.ts";

/** The least of the floors. */
const FLOOR = 0.0625;

/** One of each kind, and so on: D columns. */
function columnsOf(D: number, components: number): TableLayout {
  const kinds: readonly ColumnOfTable[] = [
    { kind: "number", components, step: 0, floor: FLOOR },
    { kind: "category", levels: 5 },
    { kind: "number", components: 1, step: 0.25, floor: 0.125 },
    { kind: "category", levels: 1 },
    { kind: "number", components, step: 0.5, floor: 0.125, cycle: { turns: 0.25, phase: 0.125 } },
    { kind: "category", levels: 40 },
  ];
  return layoutOf(Array.from({ length: D }, (_, j) => kinds[j % kinds.length]!));
}

/** `rows` rows of a data set that has three more, from the second on or picked by index; every seventh cell is missing. */
function cells(draw: Draw, rows: number, { columns }: TableLayout, { GATHER, JITTER, HIDE }: Readonly<Record<"GATHER" | "JITTER" | "HIDE", number>>) {
  const D = columns.length;
  const numbers = draw.normals((rows + 3) * D);
  const levels = draw.uniforms((rows + 3) * D);
  const data = numbers.map((value, i) => {
    const { column } = columns[i % D]!;
    return i % 7 === 3 ? NaN : column.kind === "category" ? Math.floor(levels[i]! * column.levels) : value;
  });
  return {
    data,
    index: GATHER ? draw.indices(rows + 1, rows + 3) : null,
    numbers: { offset: 1, scale: 1, shift: 0, jitter0: 12, jitter1: 34, hide0: 56, hide1: 78, most: HIDE ? 0.5 : 0 },
    constants: { U8: false, GATHER: GATHER === 1, JITTER: JITTER === 1, HIDE: HIDE === 1 },
  };
}

const encode = subject(encodeColumnsKernel, {
  sizes: { B: 128, D: 24, GATHER: 0, JITTER: 0, HIDE: 0 },
  edges: [
    { B: 1, D: 1 },
    { B: 17, D: 6, GATHER: 1, JITTER: 1 },
    { B: 9, D: 13, JITTER: 1, HIDE: 1 },
  ],
  operands({ B, D, ...flags }, draw) {
    const layout = columnsOf(D, 1);
    const { data, index, numbers, constants } = cells(draw, B, layout, flags);
    return { inputs: [data, index, layout.words], outputs: [B * layout.inputs], params: { B, D, E: layout.inputs, ...numbers }, constants };
  },
  // WGSL's sine and cosine
  bound: () => 2 ** -11,
});

const nll = subject(mixedNllKernel, {
  sizes: { B: 128, S: 1, D: 24, C: 4, KEEP: 1, GATHER: 0, JITTER: 0, HIDE: 0 },
  edges: [
    { B: 1, D: 1, C: 1 },
    { B: 17, D: 6, C: 3, S: 2, GATHER: 1 },
    { B: 9, D: 13, C: 4, JITTER: 1, HIDE: 1 },
    { B: 33, D: 6, C: 9, KEEP: 0, JITTER: 1 },
  ],
  operands({ B, S, D, C, KEEP, ...flags }, draw) {
    const layout = columnsOf(D, C);
    const { data, index, numbers, constants } = cells(draw, B, layout, flags);
    const [M, O] = [S * B, layout.outputs];
    return {
      inputs: [data, index, draw.normals(M * O), layout.words],
      outputs: [M, KEEP ? M * O : null],
      params: { M, B, D, O, ...numbers },
      constants: { KEEP: KEEP === 1, ...constants },
    };
  },
  terms: ({ D }) => 40 * D,
  bound: nllBound,
});

/**
 * WGSL's log for every column, and its exp, 43 ulp at arguments to 20, in the share of a component: beyond 17 = 2·log(99·4/floor) squared deviations the wide
 * normal has it, so that no derivative is above 17/floor.
 */
function nllBound({ params }: Operands): number {
  return 2 ** -19 * Number(params["D"]) + 43 * 2 ** -23 * (17 / FLOOR);
}

const draws = subject(mixedDrawKernel, {
  sizes: { M: 128, D: 24, C: 4, MEAN: 0 },
  edges: [
    { M: 1, D: 1, C: 1 },
    { M: 17, D: 6, C: 3 },
    { M: 9, D: 13, C: 4, MEAN: 1 },
  ],
  operands({ M, D, C, MEAN }, draw) {
    const layout = columnsOf(D, C);
    const O = layout.outputs;
    return {
      inputs: [draw.normals(M * O), layout.words],
      outputs: [M * D],
      params: { M, D, O, k0: 123, k1: 456, first: 8 },
      constants: { MEAN: MEAN === 1 },
    };
  },
  terms: ({ C }) => C + 2,
  // WGSL's log, in a normal number of less than 5.5 deviations of less than 6
  bound: () => 2 ** -20 * 6.5 * 6,
});

export const tables: readonly Subject[] = [encode, nll, draws];
