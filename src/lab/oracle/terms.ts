/**
 * The oracle's terms: a value in f64 that also says how far f32 may be off. `magnitude` is the sum of the absolute terms that were added up,
 * `bound` what WGSL allows its exp, log … to be off beside that. Imports nothing.
 */

export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface Term {
  readonly value: number;
  readonly magnitude: number;
  readonly bound: number;
}

/** Expected values with the largest error that f32 arithmetic can explain. */
export interface Expected extends Values {
  readonly tolerance: Float64Array;
}

/** The unit in the last place of a number near 1 in f32. */
export const ULP: number = 2 ** -23;

/** Smaller numbers are denormal in f32: a GPU may flush them to 0, also inside of a formula. */
export const FLUSHED: number = 2 ** -126;

/** `|got − want| ≤ (K + 8)·2^-23·magnitude + bound` for a sum of K terms. */
export function tolerance(terms: number, { magnitude, bound }: Term): number {
  return (terms + 8) * ULP * magnitude + bound;
}

export function term(value: number, magnitude: number = Math.abs(value), bound = 0): Term {
  return { value, magnitude, bound };
}

/** What WGSL allows exp(x) to be off: 3 + 2|x| ulp, relatively … */
export const expUlp = (x: number): number => (3 + 2 * Math.abs(x)) * ULP;
/** … and absolutely. */
export const expBound = (x: number): number => expUlp(x) * Math.exp(x);
/** What WGSL allows log(x) to be off: 3 ulp, and 2^-21 where x is within [½, 2]. */
export const logBound = (x: number): number => Math.max(3 * ULP * Math.abs(Math.log(x)), x >= 0.5 && x <= 2 ? 2 ** -21 : 0);
/** pow(a, b) is as good as exp2(b·log2(a)). */
export const powUlp = (a: number, b: number): number =>
  expUlp(b * Math.log2(Math.abs(a))) + Math.abs(b) * (logBound(Math.abs(a)) + ULP * Math.abs(Math.log(Math.abs(a))));
/** What WGSL allows sin and cos to be off in [−π, π]. */
export const SIN_BOUND: number = 2 ** -11;

export const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
export const log1pExp = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
export const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Φ(x) = ½ + φ(x)·(x + x³/3 + x⁵/15 + …) near 0, and in the tails Φ(−u) = φ(u)/(u + 1/(u + 2/(u + …))), a continued fraction, with u = |x|. */
export function cdf(x: number): number {
  const u = Math.abs(x);
  if (u > 3) {
    let fraction = u;
    for (let k = 120; k > 0; k--) fraction = u + k / fraction;
    return x < 0 ? density(u) / fraction : 1 - density(u) / fraction;
  }
  let sum = 0;
  for (let k = 0, power = x; k < 60; k++, power *= (x * x) / (2 * k + 1)) sum += power;
  return 0.5 + density(x) * sum;
}

/** Σ xⁿ/n! over n = first, first + step, …: exp(x) − 1 − x, sinh(x) − x and the like, without differences, for |x| ≤ 2. */
export function tailOfExp(x: number, first: number, step: number): number {
  let sum = 0;
  for (let n = 1, power = x; n < 40; n++, power *= x / n) if (n >= first && (n - first) % step === 0) sum += power;
  return sum;
}

export const expm1Minus = (x: number): number => (Math.abs(x) <= 1 ? tailOfExp(x, 2, 1) : Math.exp(x) - 1 - x);

export const sumOf = (factor: number, ...terms: Term[]): Term =>
  term(
    factor * terms.reduce((sum, t) => sum + t.value, 0),
    factor * terms.reduce((sum, t) => sum + t.magnitude, 0),
    factor * terms.reduce((sum, t) => sum + t.bound, 0),
  );
export const negative = ({ value, magnitude, bound }: Term): Term => term(-value, magnitude, bound);

/** What is known of a function beside its formula. */
interface About {
  /** Where it overflows, cancels, jumps or has no value: by what holds there, numbers for each argument. Its value and its derivatives are tested there. */
  readonly danger: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** Of a function of one number: where arguments are drawn from, if not from everywhere. */
  readonly domain?: readonly [low: number, high: number];
  /** The constants that it is tried with, if it takes any. */
  readonly constants?: readonly number[];
  /** Whether its derivative passes through 0 between terms that cancel: then it is as good as the terms are. */
  readonly cancels?: boolean;
}

/** An element-wise function: its value and its derivative by each tensor. The arguments are one number of each tensor, then the constants. */
export interface Elementwise extends About {
  f(...args: number[]): Term;
  readonly d: readonly ((...args: number[]) => Term)[];
}

export const elementwise = (about: About, f: Elementwise["f"], ...d: Elementwise["d"]): Elementwise => ({ ...about, f, d });

export const expTerm = (x: number): Term => term(Math.exp(x), Math.exp(x), expBound(x));
export const sigmoidTerm = (x: number): Term => term(sigmoid(x), sigmoid(x), sigmoid(x) * sigmoid(-x) * expUlp(x));
export const expm1Term = (x: number): Term => term(Math.expm1(x), Math.abs(Math.expm1(x)), Math.abs(x) > 1 ? expBound(x) : 0);
