/** How accurate the element-wise ops of one tensor may be, by their names: what WGSL promises of them, and how far off their SIMD forms are. */

export interface Promised {
  /** What WGSL (W3C, section 15.7.4.1) promises of it or of what its shader is made of: everywhere, or inside and outside of the oracle's domain. */
  readonly promise: string | readonly [inside: string, outside: string];
  /** How far off its SIMD form may be, where the wasm device has one: f and df in ulp, ½ for one rounding, 0 for none. */
  readonly simdUlps?: readonly [f: number, df: number];
}

export const promises: Readonly<Record<string, Promised>> = {
  tanh: { promise: "by composition: expm1, division", simdUlps: [2, 1.5] },
  sigmoid: { promise: "by composition: exp, division", simdUlps: [3, 4] },
  softplus: { promise: "by composition: exp, log1p", simdUlps: [2, 2] },
  relu: { promise: "exact", simdUlps: [0, 0] },
  leakyRelu: { promise: "½ ulp", simdUlps: [0.5, 0] },
  elu: { promise: "by composition: expm1", simdUlps: [2, 0.5] },
  gelu: { promise: "by composition: exp, division", simdUlps: [6, 6] },
  silu: { promise: "by composition: exp, division", simdUlps: [3, 4] },
  neg: { promise: "exact", simdUlps: [0, 0] },
  abs: { promise: "exact", simdUlps: [0, 0] },
  square: { promise: "½ ulp", simdUlps: [0.5, 0] },
  sqrt: { promise: "as 1/inverseSqrt(x): 4½ ulp", simdUlps: [0.5, 0.5] },
  rsqrt: { promise: "2 ulp", simdUlps: [1.5, 1.5] },
  reciprocal: { promise: "2½ ulp", simdUlps: [0.5, 0.5] },
  exp: { promise: "3 + 2·abs(x) ulp", simdUlps: [1, 0] },
  log: { promise: "3 ulp; 2^-21 absolute in [½, 2]", simdUlps: [1, 0.5] },
  log1p: { promise: "by composition: log beyond [-½, 1]", simdUlps: [1.5, 1.5] },
  expm1: { promise: "by composition: exp beyond [-1, 1]", simdUlps: [2, 1] },
  lgamma: { promise: ["by composition: log, division", "by composition, absolute"] },
  sin: { promise: ["2^-11 absolute", "none"], simdUlps: [2, 2] },
  cos: { promise: ["2^-11 absolute", "none"], simdUlps: [2, 2] },
  clamp: { promise: "exact", simdUlps: [0, 0] },
  continuousBernoulliLogNormaliser: { promise: "by composition: exp, expm1, log", simdUlps: [5, 4] },
  continuousBernoulliMean: { promise: "by composition: exp, division", simdUlps: [3, 8] },
};
