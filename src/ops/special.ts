/** Special functions in double precision, which JavaScript's Math lacks. */

/** 1/(1 + exp(−x)), in |x| so that exp does not overflow. */
export function logistic(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** log(1 + exp(x)), in |x| so that exp does not overflow. */
export function log1pExp(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** exp(x) − 1 − x, by its series near 0, where it is x²/2. */
export function expm1Minus(x: number): number {
  if (Math.abs(x) > 1) return Math.expm1(x) - x;
  let sum = 1;
  for (let k = 20; k >= 3; k--) sum = 1 + (x / k) * sum;
  return 0.5 * x * x * sum;
}

/** q of sinh(x) = x + x³/6·q, of z = x², by its series for |x| ≤ 2. */
export function sinhTail(z: number): number {
  let q = 1;
  for (let k = 22; k >= 4; k -= 2) q = 1 + (z / (k * (k + 1))) * q;
  return q;
}

/** 1/x − 1/sinh(x): with q = sinhTail it is x/6·q/(1 + x²/6·q), without a difference that cancels, for |x| ≤ 2. */
export function cosechDefect(x: number): number {
  if (Math.abs(x) > 2) return 1 / x - 1 / Math.sinh(x);
  const q = sinhTail(x * x);
  return ((x / 6) * q) / (1 + ((x * x) / 6) * q);
}

/** Chebyshev coefficients of Φ(−u)·exp(u²/2)/t over t = 1/(1 + 0.3u) in [0, 1], from 40-digit arithmetic; the next is below 2e-17 of the first. */
const TAIL: readonly number[] = [
  0.2657690078494503, 0.18401948271925456, 0.04394864833698754, 0.006262222393868943, 0.0001364613560229923, -0.0001260690271154967,
  -1.3266888295544173e-5, 3.129651614746238e-6, 5.082886742810325e-7, -1.1288693525995445e-7, -1.7338504087374163e-8, 5.355831064126612e-9,
  4.549045218690654e-10, -2.800683077055416e-10, 2.53214813669243e-12, 1.3864287464402532e-11, -1.7171463808115478e-12, -5.364990201651692e-13,
  1.705677952334084e-13, 5.717654471986107e-15, -1.1098401718722207e-14, 1.5266038012019336e-15, 4.266055348931782e-16, -1.7862197865463938e-16,
  6.867705461955939e-18, 1.0662961759898469e-17,
];

/** Φ(−u)·exp(u²/2) for u ≥ 0: what is left of the normal distribution's tail without the part that underflows. */
export function scaledTail(u: number): number {
  const t = 1 / (1 + 0.3 * u);
  return t * chebyshev(TAIL, 2 * t - 1);
}

/** Φ(x) = (1 + erf(x/√2))/2, the standard normal distribution function, with full relative accuracy in the lower tail. */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return x;
  const u = Math.abs(x);
  const tail = Math.exp(-0.5 * u * u) * scaledTail(u);
  return x < 0 ? tail : 1 - tail;
}

/** φ(x) = exp(−x²/2)/√(2π), the standard normal density. */
export function normalPdf(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/** Σ c[k]·T_k(s) by Clenshaw's recurrence. */
function chebyshev(c: readonly number[], s: number): number {
  let b1 = 0;
  let b2 = 0;
  for (let k = c.length - 1; k > 0; k--) {
    const b0 = 2 * s * b1 - b2 + c[k]!;
    b2 = b1;
    b1 = b0;
  }
  return s * b1 - b2 + c[0]!;
}

/** a^b as IEEE 754 has it: 1 for a = 1 and every b, and for a = −1 and b = ±∞, where JavaScript has NaN. */
export function power(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : Math.pow(a, b);
}
