/** Functions of one and of two numbers, from their tables, with their derivatives. */
import type { Kernel } from "../../kernel.ts";
import * as binaryTable from "../../ops/binary_kernel.ts";
import { type Binary, binaryKernel, binaryParams, type BinaryParams } from "../../ops/binary_kernel.ts";
import { quantileKernel } from "../../ops/continuous_bernoulli.ts";
import { type Unary, unaryGradKernel, unaryKernel } from "../../ops/unary_op.ts";
import { unaryTable } from "../../ops/unary_rows.ts";
import { SIN_BOUND } from "../oracle/terms.ts";
import { unary as oracle } from "../oracle/unary.ts";
import type { Subject } from "./subject.ts";
import { type Draw, largest, subject } from "./subject_of.ts";

/** One below, at and above what a workgroup holds, and a prime. */
const edges = [{ n: 1 }, { n: 255 }, { n: 256 }, { n: 257 }, { n: 1009, accumulate: 1 }];

/** An activation of 128 rows of 784. */
const usual = { n: 128 * 784, accumulate: 0 };

/** Arguments from a function's domain, but not from its very end. */
function argumentsOf(name: string, n: number, draw: Draw): Float64Array {
  const domain = oracle[name]?.domain;
  return domain ? draw.uniforms(n, domain[0] + 2 ** -9, Math.min(domain[1], 8)) : draw.normals(n, 3);
}

function unarySubjects(fn: Unary): readonly Subject[] {
  const [a = 0, b = 0] = oracle[fn.name]?.constants ?? [];
  const periodic = fn.name === "sin" || fn.name === "cos";
  const forward = subject(unaryKernel(fn), {
    sizes: { n: usual.n },
    edges: edges.map(({ n }) => ({ n })),
    operands: ({ n }, draw) => ({ inputs: [argumentsOf(fn.name, n, draw)], outputs: [n], params: { n, a, b, accumulate: 0 } }),
    ...(periodic && { bound: () => SIN_BOUND }),
  });
  const gradient = subject(unaryGradKernel(fn), {
    sizes: usual,
    edges,
    operands({ n, accumulate }, draw) {
      const x = argumentsOf(fn.name, n, draw);
      const kept = fn.needs === "x" ? x : x.map((value) => Math.fround(fn.f(value, a, b)));
      return { inputs: [kept, draw.normals(n)], outputs: [accumulate ? draw.normals(n) : n], params: { n, a, b, accumulate } };
    },
    ...(periodic && { bound: ({ inputs }) => SIN_BOUND * largest(inputs[1]!) }),
    ...(fn.name === "clamp" && { exact: [0] }),
  });
  return [forward, gradient];
}

/** Operands of one shape, or one of them a row or a column that repeats. */
function binarySubject(kernel: Kernel<BinaryParams>): Subject {
  const { name } = kernel;
  const values = (n: number, draw: Draw, which: "a" | "b"): Float64Array => {
    if (name.startsWith("pow") && which === "a") return draw.uniforms(n, 0.1, 3);
    if (which === "b" && name === quantileKernel.name) return draw.uniforms(n, 0.1, 0.9);
    if (which === "b" && name.startsWith("bernoulli")) return draw.uniforms(n);
    if (name === "above") return draw.normals(n).map(Math.round); // with ties
    return draw.normals(n, name === "add" || name === "sub" ? 1 : 2);
  };
  return subject(kernel, {
    sizes: { rows: 128, columns: 784, repeatA: 0, repeatB: 0 },
    edges: [
      { rows: 1, columns: 1 },
      { rows: 3, columns: 85, repeatA: 1 },
      { rows: 16, columns: 16, repeatB: 1 },
      { rows: 257, columns: 1 },
      { rows: 7, columns: 131, repeatA: 1, repeatB: 1 },
    ],
    operands({ rows, columns, repeatA, repeatB }, draw) {
      const [a, b] = [repeatA ? [rows, 1] : [rows, columns], repeatB ? [columns] : [rows, columns]];
      return {
        inputs: [values(repeatA ? rows : rows * columns, draw, "a"), values(repeatB ? columns : rows * columns, draw, "b")],
        outputs: [rows * columns],
        params: binaryParams(a, b, [rows, columns]),
      };
    },
    ...(name === "above" && { exact: [0, 1] }),
    // it is good absolutely: 1 − u and two more terms near 1 are rounded to 2^-24, times dy/du, which is at most 10 between 0.1 and 0.9
    ...(name === quantileKernel.name && { bound: () => 31 * 2 ** -24 }),
  });
}

const binaries = Object.values<unknown>(binaryTable).filter((entry): entry is Binary => typeof entry === "object" && entry !== null && "f" in entry);

export const elementwise: readonly Subject[] = [
  ...Object.values(unaryTable).flatMap(unarySubjects),
  ...[...binaries.map(binaryKernel), quantileKernel].map(binarySubject),
];
