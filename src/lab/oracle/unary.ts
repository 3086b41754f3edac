/** The oracle of one tensor: what its element-wise ops must give, in f64, by formulas of one to five lines that share nothing with the source. */
import { digamma, logGamma } from "./gamma.ts";
import {
  cdf,
  density,
  elementwise,
  type Elementwise,
  expm1Minus,
  expm1Term,
  expTerm,
  expUlp,
  FLUSHED,
  log1pExp,
  logBound,
  sigmoid,
  sigmoidTerm,
  SIN_BOUND,
  tailOfExp,
  term,
  type Term,
  ULP,
} from "./terms.ts";

const POSITIVE = [0, Infinity] as const;
const INFINITE = [Infinity, -Infinity];
/** Where exp is near its largest and its smallest number, and beyond. */
const LARGE = [1000, -1000, 89, -89, 104, -104, 1e30, -1e30];

const sinTerm = (x: number): Term => term(Math.sin(x), Math.abs(x), SIN_BOUND);
const cosTerm = (x: number): Term => term(Math.cos(x), 1 + Math.abs(x), SIN_BOUND);
const tanhBound = (x: number): number => (Math.abs(x) > 0.5 && Math.abs(x) < 10 ? expUlp(2 * x) / Math.cosh(x) ** 2 / 2 : 0);

export const unary: Readonly<Record<string, Elementwise>> = {
  neg: elementwise(
    { danger: { "keeps infinities": [INFINITE] } },
    (x) => term(-x),
    () => term(-1),
  ),
  abs: elementwise(
    { danger: { "has no slope at its kink, and keeps infinities": [[0, ...INFINITE]] } },
    (x) => term(Math.abs(x)),
    (x) => term(Math.sign(x)),
  ),
  square: elementwise(
    { danger: { "overflows to ∞ alone": [[1e19, -1e19, 1e30, -1e30]] } },
    (x) => term(x * x),
    (x) => term(2 * x),
  ),
  sqrt: elementwise(
    { domain: POSITIVE, danger: { "has an infinite slope at 0, and no value below": [[0, -1]] } },
    (x) => term(Math.sqrt(x)),
    (x) => term(0.5 / Math.sqrt(x)),
  ),
  rsqrt: elementwise(
    { domain: POSITIVE, danger: { "is infinite at 0, and has no value below": [[0, -1]] } },
    (x) => term(1 / Math.sqrt(x)),
    (x) => term(-0.5 * x ** -1.5),
  ),
  reciprocal: elementwise(
    { danger: { "is infinite at 0": [[0]] } },
    (x) => term(1 / x),
    (x) => term(-1 / (x * x)),
  ),
  exp: elementwise({ danger: { saturates: [[...LARGE, ...INFINITE]] } }, expTerm, expTerm),
  log: elementwise(
    { domain: POSITIVE, danger: { "is −∞ at 0 with an infinite slope, and has no value below": [[0, -1]] } },
    (x) => term(Math.log(x), Math.abs(Math.log(x)), logBound(x)),
    (x) => term(1 / x),
  ),
  log1p: elementwise(
    { domain: [-1, Infinity], danger: { "is −∞ at −1 with an infinite slope, and has no value below": [[-1, -2]] } },
    (x) => term(Math.log1p(x), Math.abs(Math.log1p(x)), x < -0.5 || x > 1 ? logBound(1 + x) : 0),
    (x) => term(1 / (1 + x)),
  ),
  expm1: elementwise({ danger: { saturates: [[...LARGE, ...INFINITE]] } }, expm1Term, expTerm),
  lgamma: elementwise(
    {
      domain: POSITIVE,
      cancels: true,
      danger: {
        "keeps its digits near 1 and 2, where it is 0": [[1, 1 - 2 ** -24, 1 + 2 ** -23, 0.999, 1.001, 2, 2 - 2 ** -23, 2 + 2 ** -22, 1.999, 2.001]],
        "is −log x near 0": [[1e-3, 1e-10, 1e-30, 2e-38]],
        "has a gradient that is 0 near 1.46": [[1.46, 1.4616321, 1.4616322, 1.47]],
        "changes its formula at ½ and 4": [[0.5 - 2 ** -25, 0.5, 0.5 + 2 ** -24, 4 - 2 ** -22, 4, 4 + 2 ** -21]],
        "is x·(log x − 1) for large x, until it overflows": [[10, 1e3, 1e6, 1e20, 4e36, 1e37, 3e38, Infinity]],
        "is reflected at 0": [[-1e-30, -0.1, -0.5 + 2 ** -25, -0.5, -0.6, -1.5, -2.4570248, -3.9, -10.25, -1e3 - 0.5, -1e6 - 0.5]],
        "has poles at 0, −1, −2, …": [[0, -1, -2, -1e3, -1e10, -Infinity]],
      },
    },
    logGamma,
    digamma,
  ),
  sin: elementwise({ domain: [-Math.PI, Math.PI], danger: { "cancels near π": [[3.1415925, -3.1415925, 3.1]] } }, sinTerm, cosTerm),
  cos: elementwise({ domain: [-Math.PI, Math.PI], danger: { "cancels near π/2": [[1.5707963, -1.5707963, 1.57]] } }, cosTerm, (x) =>
    term(-Math.sin(x), Math.abs(x), SIN_BOUND),
  ),
  tanh: elementwise(
    { danger: { saturates: [[...LARGE, ...INFINITE]] } },
    (x) => term(Math.tanh(x), Math.abs(Math.tanh(x)), tanhBound(x)),
    (x) => term(1 / Math.cosh(x) ** 2, 1 + Math.tanh(x) ** 2, 2 * tanhBound(x)),
  ),
  sigmoid: elementwise({ danger: { saturates: [[...LARGE, ...INFINITE]] } }, sigmoidTerm, (x) =>
    term(sigmoid(x) * sigmoid(-x), sigmoid(x) * sigmoid(-x), expUlp(x) * sigmoid(x) * sigmoid(-x)),
  ),
  softplus: elementwise(
    { danger: { saturates: [[...LARGE, ...INFINITE]] } },
    (x) => term(log1pExp(x), log1pExp(x), sigmoid(-Math.abs(x)) * expUlp(x)),
    (x) => term(sigmoid(x), sigmoid(x), sigmoid(-x) * (expUlp(log1pExp(x)) + sigmoid(-Math.abs(x)) * expUlp(x))),
  ),
  relu: elementwise(
    { danger: { "has no slope at its kink, and keeps what is large": [[0, ...LARGE, ...INFINITE]] } },
    (x) => term(Math.max(x, 0)),
    (x) => term(x > 0 ? 1 : 0),
  ),
  leakyRelu: elementwise(
    { constants: [Math.fround(0.2)], danger: { "has the slope of its left at its kink, and keeps what is large": [[0, ...LARGE]] } },
    (x, a) => term(x > 0 ? x : a * x),
    (x, a) => term(x > 0 ? 1 : a),
  ),
  elu: elementwise(
    { constants: [1.5], danger: { saturates: [[...LARGE, ...INFINITE]] } },
    (x, a) => (x > 0 ? term(x) : term(a * Math.expm1(x), a * Math.abs(Math.expm1(x)), a * expm1Term(x).bound)),
    (x, a) => (x > 0 ? term(1) : term(a * Math.exp(x), a * (1 - Math.expm1(x)), a * expm1Term(x).bound)),
  ),
  gelu: elementwise(
    { cancels: true, danger: { "saturates, and its derivative cancels at −0.75": [[...LARGE, 13, -13, -0.75]] } },
    (x) => term(x * cdf(x), Math.abs(x) * cdf(x), Math.abs(x) * (cdf(-Math.abs(x)) * expUlp(x * x) + FLUSHED)),
    (x) => {
      const slope = Math.abs(x) * density(x);
      return term(cdf(x) + x * density(x), cdf(x) + slope, (cdf(-Math.abs(x)) + slope) * expUlp(x * x) + Math.abs(x) * FLUSHED);
    },
  ),
  silu: elementwise(
    { cancels: true, danger: { "saturates, and its derivative cancels at −1.28": [[...LARGE, -1.28]] } },
    (x) => term(x * sigmoid(x), Math.abs(x) * sigmoid(x), Math.abs(x) * sigmoid(x) * sigmoid(-x) * expUlp(x)),
    (x) => {
      const bell = sigmoid(x) * sigmoid(-x);
      return term(sigmoid(x) + x * bell, sigmoid(x) + Math.abs(x) * bell, (1 + Math.abs(x)) * bell * expUlp(x));
    },
  ),
  clamp: elementwise(
    { constants: [-1, 1.5], danger: { "has the slope 1 on its bounds, and saturates": [[-1, 1.5, ...LARGE, ...INFINITE]] } },
    (x, a, b) => term(Math.min(Math.max(x, a), b)),
    (x, a, b) => term(x >= a && x <= b ? 1 : 0),
  ),
  continuousBernoulliLogNormaliser: elementwise(
    {
      danger: {
        "cancels near 0 and changes its formula at 2": [[0, 1e-30, -1e-9, 1e-4, 1.9999999, 2, 2.0000002]],
        saturates: [[...LARGE, ...INFINITE]],
      },
    },
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
    {
      danger: {
        "cancels near 0 and changes its formula at 2": [[0, 1e-30, -1e-9, 1e-4, 1.9999999, 2, 2.0000002]],
        saturates: [[...LARGE, ...INFINITE]],
      },
    },
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
