/** Kernels that move, pick and sum up elements, and random numbers. */
import { accumulate as accumulateKernel, fill as fillKernel } from "../../fill.ts";
import type { Kernel } from "../../kernel.ts";
import { batchLabelsKernel } from "../../ops/batch_labels.ts";
import { binariseKernel } from "../../ops/binarise.ts";
import { gatherRowsGradKernel, gatherRowsKernel } from "../../ops/gather_rows.ts";
import { oneHotKernel } from "../../ops/one_hot.ts";
import { normalKernel, randomBitsKernel, uniformKernel } from "../../ops/random_ops.ts";
import { lanesFor, reduceMax, reduceMaxGrad, type ReduceParams, reduceSum, splitShape } from "../../ops/reduce_kernel.ts";
import { rowsToTensorKernel } from "../../ops/rows_to_tensor.ts";
import { whereKernel } from "../../ops/shape_ops.ts";
import { stridedCopy as stridedCopyKernel } from "../../ops/strided.ts";
import { dataRows } from "./layers.ts";
import type { Subject } from "./subject.ts";
import { subject } from "./subject_of.ts";

const n = 128 * 784;
const lengths = [{ n: 1 }, { n: 255 }, { n: 256 }, { n: 257 }, { n: 1009 }];

const fill = subject(fillKernel, {
  sizes: { n },
  edges: lengths,
  operands: ({ n }) => ({ inputs: [], outputs: [n], params: { n, value: 0.1 } }),
});

const accumulate = subject(accumulateKernel, {
  sizes: { n },
  edges: lengths,
  operands: ({ n }, draw) => ({ inputs: [draw.normals(n)], outputs: [draw.normals(n)], params: { n } }),
});

/** A transposition of the last two of three dimensions. */
const stridedCopy = subject(stridedCopyKernel, {
  sizes: { blocks: 1, rows: 128, columns: 784, accumulate: 0 },
  edges: [
    { blocks: 1, rows: 1, columns: 1 },
    { blocks: 3, rows: 17, columns: 5 },
    { blocks: 2, rows: 16, columns: 33, accumulate: 1 },
  ],
  operands({ blocks, rows, columns, accumulate }, draw) {
    const n = blocks * rows * columns;
    return {
      inputs: [draw.normals(n + 7)],
      outputs: [accumulate ? draw.normals(n) : n],
      params: {
        shape: [1, blocks, rows, columns],
        x_strides: [0, rows * columns, 1, rows],
        y_strides: [0, rows * columns, columns, 1],
        n,
        x_offset: 7,
        y_offset: 0,
        accumulate,
      },
    };
  },
});

/** a and b repeat, a along rows and b along columns. */
const where = subject(whereKernel, {
  sizes: { rows: 128, columns: 784 },
  edges: [
    { rows: 1, columns: 1 },
    { rows: 3, columns: 85 },
    { rows: 16, columns: 17 },
  ],
  operands: ({ rows, columns }, draw) => ({
    inputs: [draw.indices(rows * columns, 2), draw.normals(columns), draw.normals(rows)],
    outputs: [rows * columns],
    params: {
      shape: [1, 1, rows, columns],
      condition_strides: [0, 0, columns, 1],
      a_strides: [0, 0, 0, 1],
      b_strides: [0, 0, 1, 0],
      n: rows * columns,
    },
  }),
});

const gatherRows = subject(gatherRowsKernel, {
  sizes: { rows: 1000, columns: 784, count: 128 },
  edges: [
    { rows: 1, columns: 1, count: 1 },
    { rows: 5, columns: 17, count: 31 },
  ],
  operands: ({ rows, columns, count }, draw) => ({
    inputs: [draw.normals(rows * columns), draw.indices(count, rows)],
    outputs: [count * columns],
    params: { n: count * columns, rows, columns },
  }),
});

const gatherRowsGrad = subject(gatherRowsGradKernel, {
  sizes: { rows: 1000, columns: 20, count: 128, accumulate: 0 },
  edges: [
    { rows: 1, columns: 1, count: 1 },
    { rows: 5, columns: 17, count: 31, accumulate: 1 },
    { rows: 31, columns: 9, count: 5 },
  ],
  operands: ({ rows, columns, count, accumulate }, draw) => ({
    inputs: [draw.normals(count * columns), draw.indices(count, rows + 1)], // some beyond the last row
    outputs: [accumulate ? draw.normals(rows * columns) : rows * columns],
    params: { n: rows * columns, rows, columns, count, accumulate },
  }),
  terms: ({ count }) => count + 1,
});

const rowsToTensor = subject(rowsToTensorKernel, {
  sizes: { rows: 128, columns: 784, U8: 1, GATHER: 1 },
  edges: [
    { rows: 1, columns: 1, U8: 0, GATHER: 0 },
    { rows: 7, columns: 37 },
  ],
  operands({ rows, columns, U8, GATHER }, draw) {
    const { data, index, numbers, constants } = dataRows(draw, rows, columns, { U8, GATHER });
    return { inputs: [data, index], outputs: [rows * columns], params: { n: rows * columns, columns, ...numbers }, constants };
  },
});

const binarise = subject(binariseKernel, {
  sizes: { rows: 128, columns: 784, U8: 1, GATHER: 1 },
  edges: [
    { rows: 1, columns: 1, U8: 0, GATHER: 0 },
    { rows: 7, columns: 37 },
  ],
  operands({ rows, columns, U8, GATHER }, draw) {
    const { data, index, numbers, constants } = dataRows(draw, rows, columns, { U8, GATHER });
    return {
      inputs: [data, index],
      outputs: [rows * columns],
      params: { n: rows * columns, columns, k0: 123, k1: 456, first: rows, ...numbers },
      constants,
    };
  },
  exact: [0],
});

const batchLabels = subject(batchLabelsKernel, {
  sizes: { rows: 128, GATHER: 1 },
  edges: [
    { rows: 1, GATHER: 0 },
    { rows: 257, GATHER: 1 },
  ],
  operands: ({ rows, GATHER }, draw) => ({
    inputs: [draw.indices(rows + 9, 10), GATHER ? draw.indices(rows + 3, rows + 9) : null],
    outputs: [rows],
    params: { n: rows, offset: 3 },
    constants: { GATHER: Boolean(GATHER) },
  }),
});

const oneHot = subject(oneHotKernel, {
  sizes: { rows: 128, classes: 10 },
  edges: [
    { rows: 1, classes: 1 },
    { rows: 37, classes: 7 },
  ],
  operands: ({ rows, classes }, draw) => ({
    inputs: [draw.indices(rows, classes + 1)],
    outputs: [rows * classes],
    params: { rows, classes },
  }),
});

/** Rows or columns of a matrix, each in `parts` chunks. */
function reduction(kernel: Kernel<ReduceParams>): Subject {
  return subject(kernel, {
    sizes: { rows: 128, columns: 784, axis: 1, parts: 1, accumulate: 0 },
    edges: [
      { rows: 1, columns: 1 },
      { rows: 3, columns: 255 },
      { rows: 65, columns: 17, axis: 0 },
      { rows: 5, columns: 1009, parts: 4 },
      { rows: 257, columns: 5, axis: 0, accumulate: 1 },
    ],
    operands({ rows, columns, axis, parts, accumulate }, draw) {
      const split = splitShape([rows, columns], [axis]);
      const n = ((rows * columns) / split.count) * parts;
      return {
        inputs: [draw.normals(rows * columns)],
        outputs: [accumulate ? draw.normals(n) : n],
        params: { ...split, n, parts, chunk: Math.ceil(split.count / parts), accumulate },
        constants: lanesFor(split.count),
      };
    },
    terms: ({ rows, columns, axis }) => (kernel === reduceSum ? (axis === 1 ? columns : rows) + 1 : 1),
  });
}

const maxGrad = subject(reduceMaxGrad, {
  sizes: { rows: 128, columns: 784, accumulate: 0 },
  edges: [
    { rows: 1, columns: 1 },
    { rows: 65, columns: 17, accumulate: 1 },
    { rows: 5, columns: 1009 },
  ],
  operands({ rows, columns, accumulate }, draw) {
    const x = draw.normals(rows * columns).map(Math.round); // with ties
    const y = Float64Array.from({ length: rows }, (_, r) =>
      x.subarray(r * columns, (r + 1) * columns).reduce((most, value) => Math.max(most, value)),
    );
    const { count, ...split } = splitShape([rows, columns], [1]);
    return {
      inputs: [x, y, draw.normals(rows)],
      outputs: [accumulate ? draw.normals(rows * columns) : rows * columns],
      params: { ...split, count, n: rows, accumulate },
      constants: lanesFor(count),
    };
  },
  exact: [0, 1],
});

export const random: readonly Subject[] = [randomBitsKernel, uniformKernel, normalKernel].map((kernel) =>
  subject(kernel, {
    sizes: { n: 128 * 20, first: 0 },
    edges: [{ n: 1, first: 5 }, { n: 1023 }, { n: 1024 }, { n: 1025 }, { n: 5003, first: 1000 }],
    operands: ({ n, first }) => ({ inputs: [], outputs: [n], params: { n, k0: 123, k1: 456, first } }),
    // normal: 2^-20·(1 + |z|), of which 2^-20·|z| is in the tolerance of every result
    ...(kernel === normalKernel && { bound: () => 2 ** -20 }),
  }),
);

export const moves: readonly Subject[] = [
  fill,
  accumulate,
  stridedCopy,
  where,
  gatherRows,
  gatherRowsGrad,
  rowsToTensor,
  batchLabels,
  binarise,
  oneHot,
];
export const reductions: readonly Subject[] = [reduction(reduceSum), reduction(reduceMax), maxGrad];
