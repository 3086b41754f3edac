/** The oracle's log|Γ| and ψ: Taylor's series at 2, whose terms are ζ(k) − 1, Stirling's series beyond 30, and what leads to them: Γ(x + 1) = x·Γ(x). */
import { logBound, term, type Term } from "./terms.ts";

const EULER = 0.5772156649015329;

/** ζ(k) − 1 = Σ n^-k from n = 2 on, by Euler and Maclaurin's formula from n = 40 on. */
function zetaMinus1(k: number): number {
  let sum =
    40 ** (1 - k) / (k - 1) + 40 ** -k * (0.5 + k / 480 - (k * (k + 1) * (k + 2) * (1 - ((k + 3) * (k + 4)) / (42 * 40 ** 2))) / (720 * 40 ** 3));
  for (let n = 39; n > 1; n--) sum += n ** -k;
  return sum;
}
const ZETA = Array.from({ length: 50 }, (_, k) => (k < 2 ? 0 : zetaMinus1(k)));

/** log Γ(x) and ψ(x) for x > 0. */
function right(x: number): readonly [number, number] {
  if (x < 1.5) {
    const [l, p] = right(x + 1);
    return [l - Math.log(x), p - 1 / x];
  }
  if (x <= 2.5) {
    const t = x - 2;
    const sum = (of: (k: number) => number): number => ZETA.reduceRight((s, z, k) => (k < 2 ? s : s + z * of(k)), 0);
    return [t * (1 - EULER) + sum((k) => (-t) ** k / k), 1 - EULER - sum((k) => (-t) ** (k - 1))];
  }
  let [product, sum] = [1, 0];
  for (; x < 30; x++) [product, sum] = [product * x, sum + 1 / x];
  const w = 1 / (x * x);
  const stirling = (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w / 1680))) / x;
  return [stirling - Math.log(product), Math.log(x) - 0.5 / x - w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w / 240))) - sum];
}

/** The terms of log Γ(x), x ≥ ½: below 4 one product, beyond them Stirling's. */
const size = (x: number): number => (x < 4 ? Math.abs(right(x)[0]) : (x - 0.5) * (Math.log(x) + 1) + 1);
const bound = (x: number): number => (x < 4 ? 0 : x * logBound(x));
/** sin πx and its like, of what x has beyond a whole number. */
const angle = (x: number): number => Math.PI * (x - Math.round(x));

export function logGamma(x: number): Term {
  const u = Math.abs(x);
  if (x <= 0 && x === Math.floor(x)) return term(Infinity);
  if (u < 0.5) {
    const near = right(1 + x)[0];
    return term(near - Math.log(u), Math.abs(near) + Math.abs(Math.log(u)), logBound(u));
  }
  if (!(x < 0)) return term(x < Infinity ? right(x)[0] : x, size(x), bound(x));
  const log = Math.log(Math.PI / Math.abs(Math.sin(angle(x))));
  return term(log - right(1 - x)[0], 2 + Math.abs(log) + Math.log(u) + size(u), logBound((u * Math.abs(Math.sin(angle(x)))) / Math.PI) + bound(u));
}

export function digamma(x: number): Term {
  const u = Math.abs(x);
  if (x === 0) return term(-Infinity);
  if (x < 0 && x === Math.floor(x)) return term(NaN);
  if (u < 0.5) return term(right(1 + x)[1] - 1 / x, 1 + 1 / u);
  // the two terms between which it is 0 have less than a tenth
  if (!(x < 0)) return term(x < Infinity ? right(x)[1] : x, x < 4 ? Math.abs(right(x)[1]) + 0.1 : Math.log(x) + 1 / x, x < 4 ? 0 : logBound(x));
  const cotangent = Math.PI / Math.tan(angle(x));
  return term(right(1 - x)[1] - cotangent, 1 + Math.abs(right(u)[1]) + 1 / u + Math.abs(cotangent), logBound(u));
}
