/** The kernels that only a VAE has: heads, the output layer with its loss, and the sums of a report. */
import type { TypedArray } from "../../kernel.ts";
import { denseBernoulliNllKernel, denseGaussianNllGradLogVarKernel, denseGaussianNllKernel } from "../../ops/dense_nll.ts";
import { elboSumsKernel, lossSumsKernel } from "../../ops/elbo_sums.ts";
import { headsDenseGradKernel, headsGradKernel, headsKernel } from "../../ops/heads.ts";
import { dataRows, weights } from "./layers.ts";
import type { Subject } from "./subject.ts";
import { largest, subject } from "./subject_of.ts";

/** A normal number z that a GPU draws is off by at most 2^-20·(1 + |z|) (WGSL's log), and |z| is below 5.5: its uniform number is 2^-24 or more. */
const NOISE_BOUND = 2 ** -20 * 6.5;

const heads = subject(headsKernel, {
  sizes: { B: 128, H: 400, L: 20, S: 1, KEYED: 1, KEEP: 1, U8: 0, GATHER: 0 },
  edges: [
    { B: 1, H: 1, L: 1 },
    { B: 17, H: 37, L: 20, KEYED: 0 },
    { B: 5, H: 3, L: 2, KEEP: 0 },
    { B: 9, H: 33, L: 67, S: 3, U8: 1, GATHER: 1 },
  ],
  operands({ B, H, L, S, KEYED, KEEP, U8, GATHER }, draw) {
    const { data, index, numbers, constants } = dataRows(draw, B, H, { U8, GATHER });
    return {
      inputs: [data, index, weights(draw, H, 2 * L), draw.normals(2 * L, 0.5)],
      outputs: [KEYED ? (KEEP ? S * B * L : null) : draw.normals(S * B * L), S * B * L, B, B * 2 * L],
      params: { B, H, L, S, k0: 123, k1: 456, ...numbers },
      constants: { KEYED: KEYED === 1, KEEP: KEEP === 1, ...constants },
    };
  },
  terms: ({ H, L }) => H + L,
  bound({ inputs, params, constants }) {
    if (!constants!["KEYED"]) return 0;
    const { B, L, S } = params;
    const outputs = [S * B * L, S * B * L, B, B * 2 * L].map((length) => new Float64Array(length));
    const given = inputs.map((x) => x ?? new Float64Array(0));
    headsKernel.cpu(given, outputs, params, constants!);
    return NOISE_BOUND * Math.exp(0.5 * Math.max(0, largest(outputs[3]!)));
  },
});

const headsGrad = subject(headsGradKernel, {
  sizes: { B: 128, L: 20, S: 1, DZ: 1, DIRECT: 0, ROWS: 0 },
  edges: [
    { B: 1, L: 1 },
    { B: 16, L: 2, DIRECT: 1, ROWS: 1 },
    { B: 13, L: 5, S: 3 },
    { B: 13, L: 5, DZ: 0 },
  ],
  operands({ B, L, S, DZ, DIRECT, ROWS }, draw) {
    return {
      inputs: [
        draw.normals(2 * B * L),
        draw.normals(S * B * L),
        DZ ? draw.normals(S * B * L) : null,
        ROWS ? draw.normals(B) : null,
        DIRECT ? draw.normals(2 * B * L) : null,
      ],
      outputs: [2 * B * L],
      params: { B, L, S, row: 1 / 128 },
      constants: { DZ: DZ === 1, DIRECT: DIRECT === 1, ROWS: ROWS === 1 },
    };
  },
  terms: ({ S }) => S + 2,
});

const headsDenseGrad = subject(headsDenseGradKernel, {
  sizes: { B: 128, L: 20, S: 1, H: 400, DZ: 1, accumulate: 0 },
  edges: [
    { B: 1, L: 1, H: 1 },
    { B: 17, L: 16, H: 33, S: 3, accumulate: 1 },
    { B: 33, L: 65, H: 31, DZ: 0 },
  ],
  operands({ B, L, S, H, DZ, accumulate }, draw) {
    const [M, N, K] = [B, 2 * L, H];
    const output = (length: number): number | TypedArray => (accumulate ? draw.normals(length) : length);
    return {
      inputs: [draw.normals(B * H), draw.normals(2 * B * L), draw.normals(S * B * L), DZ ? draw.normals(S * B * L) : null, weights(draw, H, 2 * L)],
      outputs: [output(M * K), output(K * N), output(N)],
      params: { B, L, S, row: 1 / 128, M, N, K, accumulate, weight_mode: accumulate, bias_mode: accumulate },
      constants: { DZ: DZ === 1 },
    };
  },
  terms: ({ B, L, S }) => Math.max(B, 2 * L) + S + 2,
});

const nllSizes = { B: 128, S: 1, D: 784, H: 400, KEEP: 1, U8: 0, GATHER: 0 };
const nllEdges = [
  { B: 1, D: 1, H: 1 },
  { B: 17, D: 37, H: 33, S: 2, KEEP: 0 },
  { B: 9, D: 131, H: 31, U8: 1, GATHER: 1 },
];

const bernoulliNll = subject(denseBernoulliNllKernel, {
  sizes: nllSizes,
  edges: nllEdges,
  operands({ B, S, D, H, KEEP, U8, GATHER }, draw) {
    const M = S * B;
    const { data, index, numbers, constants } = dataRows(draw, B, D, { U8, GATHER });
    return {
      inputs: [data, index, draw.normals(M * H), weights(draw, H, D), draw.normals(D)],
      outputs: [M, KEEP ? M * D : null],
      params: { M, B, D, H, ...numbers },
      constants: { KEEP: KEEP === 1, ...constants },
    };
  },
  terms: ({ D, H }) => D + H,
});

const gaussianNll = subject(denseGaussianNllKernel, {
  sizes: { ...nllSizes, LEARNED: 1 },
  edges: nllEdges.map((edge, i) => ({ ...edge, LEARNED: i % 2 })),
  operands({ B, S, D, H, KEEP, U8, GATHER, LEARNED }, draw) {
    const M = S * B;
    const { data, index, numbers, constants } = dataRows(draw, B, D, { U8, GATHER });
    return {
      inputs: [data, index, draw.normals(M * H), weights(draw, H, D), draw.normals(D), LEARNED ? draw.normals(D) : null],
      outputs: [M, KEEP ? M * D : null],
      params: { M, B, D, H, log_var: LEARNED ? 0 : -1, ...numbers },
      constants: { KEEP: KEEP === 1, LEARNED: LEARNED === 1, ...constants },
    };
  },
  terms: ({ D, H }) => D + H,
});

const gradLogVar = subject(denseGaussianNllGradLogVarKernel, {
  sizes: { M: 128, D: 784, ROWS: 0, accumulate: 0 },
  edges: [
    { M: 1, D: 1 },
    { M: 33, D: 65, ROWS: 1, accumulate: 1 },
    { M: 17, D: 64 },
  ],
  operands: ({ M, D, ROWS, accumulate }, draw) => ({
    inputs: [draw.normals(M * D), ROWS ? draw.normals(M) : null, draw.normals(D)],
    outputs: [accumulate ? draw.normals(D) : D],
    params: { M, D, row: 1 / 128, accumulate },
    constants: { ROWS: ROWS === 1 },
  }),
  terms: ({ M }) => M + 1,
});

const elboSums = subject(elboSumsKernel, {
  sizes: { M: 128, B: 128 },
  edges: [
    { M: 1, B: 1 },
    { M: 255, B: 257 },
    { M: 1009, B: 256 },
  ],
  operands: ({ M, B }, draw) => ({
    inputs: [draw.normals(M), draw.normals(B)],
    outputs: [new Float64Array(6)], // the second of two slots is written
    params: { M, B, slot: 1, nll_weight: 1 / 128, kl_weight: 0.5 },
  }),
  terms: ({ M, B }) => Math.max(M, B),
});

const lossSums = subject(lossSumsKernel, {
  sizes: { M: 128, B: 128 },
  edges: [
    { M: 1, B: 1 },
    { M: 1009, B: 257 },
  ],
  operands: ({ M, B }, draw) => ({
    inputs: [draw.normals(1), draw.normals(M), draw.normals(B)],
    outputs: [new Float64Array(6)],
    params: { M, B, slot: 1 },
  }),
  terms: ({ M, B }) => Math.max(M, B),
});

export const vae: readonly Subject[] = [heads, headsGrad, headsDenseGrad, bernoulliNll, gaussianNll, gradLogVar, elboSums, lossSums];
