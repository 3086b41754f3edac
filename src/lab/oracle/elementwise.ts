/**
 * The oracle: what every element-wise op must give, in f64, by formulas of one to five lines that share nothing with the source. Reductions,
 * products and moves are in tensors.ts.
 */
import {
  cdf,
  density,
  expBound,
  expm1Minus,
  expUlp,
  FLUSHED,
  log1pExp,
  logBound,
  negative,
  powUlp,
  sigmoid,
  SIN_BOUND,
  sumOf,
  tailOfExp,
  term,
  ULP,
  type Term,
} from "./terms.ts";

/** An op: its value and its derivative by each tensor. The arguments are one number of each tensor, then the constants. */
export interface Elementwise {
  f(...args: number[]): Term;
  readonly d: readonly ((...args: number[]) => Term)[];
}

const elementwise = (f: Elementwise["f"], ...d: Elementwise["d"]): Elementwise => ({ f, d });

const expTerm = (x: number): Term => term(Math.exp(x), Math.exp(x), expBound(x));
const sinTerm = (x: number): Term => term(Math.sin(x), Math.abs(x), SIN_BOUND);
const cosTerm = (x: number): Term => term(Math.cos(x), 1 + Math.abs(x), SIN_BOUND);
const sigmoidTerm = (x: number): Term => term(sigmoid(x), sigmoid(x), sigmoid(x) * sigmoid(-x) * expUlp(x));
const expm1Term = (x: number): Term => term(Math.expm1(x), Math.abs(Math.expm1(x)), Math.abs(x) > 1 ? expBound(x) : 0);
const tanhBound = (x: number): number => (Math.abs(x) > 0.5 && Math.abs(x) < 10 ? expUlp(2 * x) / Math.cosh(x) ** 2 / 2 : 0);

export const unary: Readonly<Record<string, Elementwise>> = {
  neg: elementwise(
    (x) => term(-x),
    () => term(-1),
  ),
  abs: elementwise(
    (x) => term(Math.abs(x)),
    (x) => term(Math.sign(x)),
  ),
  square: elementwise(
    (x) => term(x * x),
    (x) => term(2 * x),
  ),
  sqrt: elementwise(
    (x) => term(Math.sqrt(x)),
    (x) => term(0.5 / Math.sqrt(x)),
  ),
  rsqrt: elementwise(
    (x) => term(1 / Math.sqrt(x)),
    (x) => term(-0.5 * x ** -1.5),
  ),
  reciprocal: elementwise(
    (x) => term(1 / x),
    (x) => term(-1 / (x * x)),
  ),
  exp: elementwise(expTerm, expTerm),
  log: elementwise(
    (x) => term(Math.log(x), Math.abs(Math.log(x)), logBound(x)),
    (x) => term(1 / x),
  ),
  log1p: elementwise(
    (x) => term(Math.log1p(x), Math.abs(Math.log1p(x)), x < -0.5 || x > 1 ? logBound(1 + x) : 0),
    (x) => term(1 / (1 + x)),
  ),
  expm1: elementwise(expm1Term, expTerm),
  sin: elementwise(sinTerm, cosTerm),
  cos: elementwise(cosTerm, (x) => term(-Math.sin(x), Math.abs(x), SIN_BOUND)),
  tanh: elementwise(
    (x) => term(Math.tanh(x), Math.abs(Math.tanh(x)), tanhBound(x)),
    (x) => term(1 / Math.cosh(x) ** 2, 1 + Math.tanh(x) ** 2, 2 * tanhBound(x)),
  ),
  sigmoid: elementwise(sigmoidTerm, (x) => term(sigmoid(x) * sigmoid(-x), sigmoid(x) * sigmoid(-x), expUlp(x) * sigmoid(x) * sigmoid(-x))),
  softplus: elementwise(
    (x) => term(log1pExp(x), log1pExp(x), sigmoid(-Math.abs(x)) * expUlp(x)),
    (x) => term(sigmoid(x), sigmoid(x), sigmoid(-x) * (expUlp(log1pExp(x)) + sigmoid(-Math.abs(x)) * expUlp(x))),
  ),
  relu: elementwise(
    (x) => term(Math.max(x, 0)),
    (x) => term(x > 0 ? 1 : 0),
  ),
  leakyRelu: elementwise(
    (x, a) => term(x > 0 ? x : a * x),
    (x, a) => term(x > 0 ? 1 : a),
  ),
  elu: elementwise(
    (x, a) => (x > 0 ? term(x) : term(a * Math.expm1(x), a * Math.abs(Math.expm1(x)), a * expm1Term(x).bound)),
    (x, a) => (x > 0 ? term(1) : term(a * Math.exp(x), a * (1 - Math.expm1(x)), a * expm1Term(x).bound)),
  ),
  gelu: elementwise(
    (x) => term(x * cdf(x), Math.abs(x) * cdf(x), Math.abs(x) * (cdf(-Math.abs(x)) * expUlp(x * x) + FLUSHED)),
    (x) => {
      const slope = Math.abs(x) * density(x);
      return term(cdf(x) + x * density(x), cdf(x) + slope, (cdf(-Math.abs(x)) + slope) * expUlp(x * x) + Math.abs(x) * FLUSHED);
    },
  ),
  silu: elementwise(
    (x) => term(x * sigmoid(x), Math.abs(x) * sigmoid(x), Math.abs(x) * sigmoid(x) * sigmoid(-x) * expUlp(x)),
    (x) => {
      const bell = sigmoid(x) * sigmoid(-x);
      return term(sigmoid(x) + x * bell, sigmoid(x) + Math.abs(x) * bell, (1 + Math.abs(x)) * bell * expUlp(x));
    },
  ),
  clamp: elementwise(
    (x, a, b) => term(Math.min(Math.max(x, a), b)),
    (x, a, b) => term(x >= a && x <= b ? 1 : 0),
  ),
  continuousBernoulliLogNormaliser: elementwise(
    (x) => {
      const value = x === 0 ? Math.LN2 : Math.log(x / Math.tanh(x / 2));
      return term(value, 1 + value, 3 * ULP * value);
    },
    (x) => {
      if (x === 0) return term(0);
      if (Math.abs(x) <= 2) return term(tailOfExp(x, 3, 2) / (x * Math.sinh(x)));
      const [p, q] = [1 / x, 1 / Math.sinh(x)];
      return term(p - q, Math.abs(p) + Math.abs(q), Math.abs(q) * expUlp(x));
    },
  ),
  continuousBernoulliMean: elementwise(
    (x) => {
      if (x === 0) return term(0.5);
      // beyond 40 the exponential is below f64's last place, and beyond 700 it is infinite
      const value = Math.abs(x) > 40 ? (x > 0 ? 1 : 0) - 1 / x : expm1Minus(-x) / (x * -Math.expm1(-x));
      const { value: p, bound } = sigmoidTerm(x);
      const q = Math.abs(x) <= 2 ? 0 : 1 / Math.sinh(Math.abs(x));
      return term(value, p + Math.abs(value - p) + 2 * q, bound + q * expUlp(x));
    },
    (x) => {
      const [u, s] = [x / 2, Math.sinh(x / 2)];
      if (Math.abs(x) <= 2) return term(x === 0 ? 1 / 12 : (tailOfExp(u, 3, 2) / u / u / s) * (1 + u / s) * 0.25);
      const [p, q] = [1 / (x * x), 1 / (4 * s * s)];
      return term(p - q, p + q, q * expUlp(x));
    },
  ),
};

/** exp(v) − 1 − v: one number near 0, three that are added up beyond. */
const excess = (v: number): Term => {
  const value = expm1Minus(v);
  return Math.abs(v) <= 1 ? term(value) : term(value, Math.exp(v) + 1 + Math.abs(v), expBound(v));
};
const share = (a: number, b: number): Term => term(a > b ? 1 : a === b ? 0.5 : 0);
const powTerm = (a: number, b: number): Term => term(a ** b, Math.abs(a ** b), Math.abs(a ** b) * (a === 0 ? 0 : powUlp(a, b)));
const shareOfExp = (a: number, b: number): Term => {
  const bell = sigmoid(a - b) * sigmoid(b - a);
  return term(sigmoid(a - b), sigmoid(a - b), bell * (expUlp(a - b) + Math.abs(a - b) * ULP));
};

export const binary: Readonly<Record<string, Elementwise>> = {
  add: elementwise(
    (a, b) => term(a + b, Math.abs(a) + Math.abs(b)),
    () => term(1),
    () => term(1),
  ),
  sub: elementwise(
    (a, b) => term(a - b, Math.abs(a) + Math.abs(b)),
    () => term(1),
    () => term(-1),
  ),
  mul: elementwise(
    (a, b) => term(a * b),
    (_, b) => term(b),
    (a) => term(a),
  ),
  div: elementwise(
    (a, b) => term(a / b),
    (_, b) => term(1 / b),
    (a, b) => term(-a / (b * b)),
  ),
  pow: elementwise(
    powTerm,
    (a, b) => {
      const { value, bound } = powTerm(a, b - 1);
      return b === 0 ? term(0) : term(b * value, Math.abs(b * value), Math.abs(b) * bound);
    },
    (a, b) => {
      if (a === 0 && b >= 0) return term(0);
      const { value, bound } = powTerm(a, b);
      return term(value * Math.log(a), Math.abs(value * Math.log(a)), Math.abs(Math.log(a)) * bound + value * logBound(a));
    },
  ),
  maximum: elementwise(
    (a, b) => term(Math.max(a, b)),
    share,
    (a, b) => share(b, a),
  ),
  minimum: elementwise(
    (a, b) => term(Math.min(a, b)),
    (a, b) => share(b, a),
    share,
  ),
  logAddExp: elementwise(
    (a, b) => {
      const d = Math.abs(a - b);
      const rest = Math.log1p(Math.exp(-d));
      const value = a === b ? a + Math.LN2 : Math.max(a, b) + rest;
      return term(value, Math.abs(Math.max(a, b)) + rest, sigmoid(-d) * (expUlp(d) + d * ULP));
    },
    shareOfExp,
    (a, b) => shareOfExp(b, a),
  ),
  bernoulliNll: elementwise(
    (l, x) => {
      const rest = Math.log1p(Math.exp(-Math.abs(l)));
      return term(Math.max(l, 0) - x * l + rest, Math.max(l, 0) + Math.abs(x * l) + rest, sigmoid(-Math.abs(l)) * expUlp(l));
    },
    (l, x) => {
      const [left, right] = l >= 0 ? [1 - x, -sigmoid(-l)] : [sigmoid(l), -x];
      return term(left + right, Math.abs(left) + Math.abs(right), sigmoid(l) * sigmoid(-l) * expUlp(l));
    },
    (l) => term(-l),
  ),
  gaussianKl: elementwise(
    (m, v) => sumOf(0.5, term(m * m), excess(v)),
    (m) => term(m),
    (_, v) => sumOf(0.5, expm1Term(v)),
  ),
};

/** A quantity that has been multiplied by exp(−logVar/2), `times` times over. */
const scaled = (value: number, logVar: number, times: number): Term => term(value, Math.abs(value), times * Math.abs(value) * expUlp(logVar / 2));

/** Of mean, logVar and x; and of mean, logVar, priorMean and priorLogVar. */
export const probability: Readonly<Record<string, Elementwise>> = {
  gaussianNll: elementwise(
    (m, v, x) => sumOf(0.5, term(Math.log(2 * Math.PI)), term(v), scaled((x - m) ** 2 * Math.exp(-v), v, 2)),
    (m, v, x) => scaled((m - x) * Math.exp(-v), v, 2),
    (m, v, x) => sumOf(0.5, term(1), scaled(-((x - m) ** 2) * Math.exp(-v), v, 2)),
    (m, v, x) => scaled((x - m) * Math.exp(-v), v, 2),
  ),
  gaussianKlBetween: elementwise(
    (m, v, pm, pv) => sumOf(0.5, scaled((m - pm) ** 2 * Math.exp(-pv), pv, 2), excess(v - pv)),
    (m, _, pm, pv) => scaled((m - pm) * Math.exp(-pv), pv, 2),
    (_, v, __, pv) => sumOf(0.5, expm1Term(v - pv)),
    (m, _, pm, pv) => scaled((pm - m) * Math.exp(-pv), pv, 2),
    (m, v, pm, pv) => negative(sumOf(0.5, scaled((m - pm) ** 2 * Math.exp(-pv), pv, 2), expm1Term(v - pv))),
  ),
};
