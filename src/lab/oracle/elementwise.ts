/**
 * The oracle of several tensors: what their element-wise ops must give, as unary.ts has it for one. Reductions, products and moves are in tensors.ts.
 */
import {
  elementwise,
  type Elementwise,
  expBound,
  expm1Minus,
  expm1Term,
  expUlp,
  logBound,
  negative,
  powUlp,
  sigmoid,
  sumOf,
  term,
  type Term,
  ULP,
} from "./terms.ts";

const LOGITS = [1000, -1000, 100, -100, 50, -50, 20.5, -20.5, 0, 1, -1];

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
    {
      danger: {
        "cancels, and overflows to ∞": [
          [1, 1e30, 3e38],
          [-1.0000001, -1e30, 3e38],
        ],
      },
    },
    (a, b) => term(a + b, Math.abs(a) + Math.abs(b)),
    () => term(1),
    () => term(1),
  ),
  sub: elementwise(
    {
      danger: {
        "cancels, and overflows to ∞": [
          [1, 1e30, 3e38],
          [1.0000001, 1e30, -3e38],
        ],
      },
    },
    (a, b) => term(a - b, Math.abs(a) + Math.abs(b)),
    () => term(1),
    () => term(-1),
  ),
  mul: elementwise(
    {
      danger: {
        "overflows to ∞": [
          [1e30, -1e30],
          [1e30, 1e30],
        ],
      },
    },
    (a, b) => term(a * b),
    (_, b) => term(b),
    (a) => term(a),
  ),
  div: elementwise(
    {
      danger: {
        "is ±∞ by 0, and 0/0 has no value": [
          [1, -1, 0],
          [0, 0, 0],
        ],
      },
    },
    (a, b) => term(a / b),
    (_, b) => term(1 / b),
    (a, b) => term(-a / (b * b)),
  ),
  pow: elementwise(
    {
      danger: {
        "at 0 is 0, or 1 for the exponent 0, where the exponent's gradient is 0": [
          [0, 0, 0, 0],
          [2.5, 2, 0.5, 0],
        ],
      },
    },
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
    {
      danger: {
        "shares the gradient of ties half and half": [
          [1, 2, 3],
          [1, 3, 2],
        ],
      },
    },
    (a, b) => term(Math.max(a, b)),
    share,
    (a, b) => share(b, a),
  ),
  minimum: elementwise(
    {
      danger: {
        "shares the gradient of ties half and half": [
          [1, 2, 3],
          [1, 3, 2],
        ],
      },
    },
    (a, b) => term(Math.min(a, b)),
    (a, b) => share(b, a),
    share,
  ),
  logAddExp: elementwise(
    {
      danger: {
        "has no overflow at ±1000": [
          [1000, -1000, 1000, 0, 88, 1e-6],
          [1000, -1000, -1000, 1e-30, 89, 1e-3],
        ],
      },
    },
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
    {
      danger: Object.fromEntries([0, 1, 0.5, 0.25].map((x) => [`does not overflow at logits ±1000 for x = ${x}`, [LOGITS, LOGITS.map(() => x)]])),
    },
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
    {
      danger: {
        "keeps its digits near (0, 0)": [
          [0, 1e-3, 1e-30, 0, 0, 0],
          [0, 1e-3, -1e-3, 1e-6, -0.1, 1],
        ],
        "is right where one term is much larger": [
          [100, -100, 3, 1e4, 0, 0],
          [-100, 20, 80, -1e4, 1.001, -1.001],
        ],
      },
    },
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
    {
      danger: {
        "overflows to ∞ alone": [
          [0, 3, 3],
          [-100, 100, 0],
          [1e10, -1e10, 1e30],
        ],
      },
    },
    (m, v, x) => sumOf(0.5, term(Math.log(2 * Math.PI)), term(v), scaled((x - m) ** 2 * Math.exp(-v), v, 2)),
    (m, v, x) => scaled((m - x) * Math.exp(-v), v, 2),
    (m, v, x) => sumOf(0.5, term(1), scaled(-((x - m) ** 2) * Math.exp(-v), v, 2)),
    (m, v, x) => scaled((x - m) * Math.exp(-v), v, 2),
  ),
  gaussianKlBetween: elementwise(
    {
      danger: {
        "keeps its digits where both are almost one": [
          [0, 1e-3, 1],
          [0, 1e-3, 1],
          [0, 1e-3, 1],
          [0, 1.1e-3, 1.001],
        ],
      },
    },
    (m, v, pm, pv) => sumOf(0.5, scaled((m - pm) ** 2 * Math.exp(-pv), pv, 2), excess(v - pv)),
    (m, _, pm, pv) => scaled((m - pm) * Math.exp(-pv), pv, 2),
    (_, v, __, pv) => sumOf(0.5, expm1Term(v - pv)),
    (m, _, pm, pv) => scaled((pm - m) * Math.exp(-pv), pv, 2),
    (m, v, pm, pv) => negative(sumOf(0.5, scaled((m - pm) ** 2 * Math.exp(-pv), pv, 2), expm1Term(v - pv))),
  ),
};
