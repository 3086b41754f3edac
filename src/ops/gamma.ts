/** log|Γ(x)| and its derivative ψ(x) in double precision, to a few units in the last place for x > 0. */

/** log Γ(1 + a)/(a·(a − 1)) by powers of (a − 3/8)/(a + 19/8), −½ ≤ a ≤ 3, interpolated in 60-digit arithmetic; the next is below 1e-18 of the first. */
const NEAR: readonly number[] = [
  0.5024224884952695, -0.44907267850537486, 0.12895292459801797, -0.15450486623043833, 0.08585501645905548, -0.09501881166404648, 0.06413162626965843,
  -0.06874743227035642, 0.05110288431103889, -0.05388314055148723, 0.0424536067748782, -0.0443124741648341, 0.0363013718259958, -0.037630260108292,
  0.031706980695353, -0.032731158869634, 0.02811228227085, -0.02864394621487, 0.02545531383777, -0.0278576349527, 0.0224541809481, -0.0138774282398,
  0.020994745675, -0.053588789932, 0.027041807308, 0.0475996969, -0.01187449064, -0.09197306404, 0.06368080358,
];

/** x·(log Γ(x) − (x − ½)·log x + x − ½·log 2π) by powers of 1/x², x ≥ 4: what Stirling's formula leaves. Interpolated in the same way. */
const FAR: readonly number[] = [
  0.08333333333333333, -0.002777777777771288, 0.000793650790180589, -0.0005952373672607, 0.000841672148378, -0.0019125368109, 0.006210992276,
  -0.0243197008, 0.08600887, -0.173902,
];

/** ½·(log 2π − 1). */
const CONSTANT = 0.4189385332046727;

/** c[0] + c[1]·x + c[2]·x² + …, and its derivative. */
function polynomial(c: readonly number[], x: number): readonly [value: number, slope: number] {
  let [value, slope] = [0, 0];
  for (let k = c.length - 1; k >= 0; k--) {
    slope = slope * x + value;
    value = value * x + c[k]!;
  }
  return [value, slope];
}

/** log Γ(1 + a) and ψ(1 + a), −½ ≤ a ≤ 3. The zeros of log Γ are factors, so that nothing cancels near 1 and 2. */
function near(a: number): readonly [logGamma: number, digamma: number] {
  const [q, slope] = polynomial(NEAR, (a - 0.375) / (a + 2.375));
  return [0 - a * (1 - a) * q, (2 * a - 1) * q - (a * (1 - a) * slope * 2.75) / (a + 2.375) ** 2];
}

/** log|Γ(x)|: ∞ at the poles 0, −1, −2, …, and at ±∞. */
export function logGamma(x: number): number {
  if (x < -0.5) {
    // |Γ(x)·Γ(−x)| = π/|x·sin πx|
    if (x === Math.floor(x)) return Infinity;
    return Math.log(Math.PI / Math.abs(x * Math.sin(Math.PI * (x - Math.round(x))))) - logGamma(-x);
  }
  if (x < 0.5) return near(x)[0] - Math.log(Math.abs(x));
  if (x < 4) return near(x - 1)[0];
  return (x - 0.5) * (Math.log(x) - 1) + CONSTANT + polynomial(FAR, 1 / (x * x))[0] / x;
}

/** ψ(x) = Γ'(x)/Γ(x), the digamma function: ∓∞ at ±0, and NaN at the other poles, to whose sides it has infinities of both signs. */
export function digamma(x: number): number {
  if (x < -0.5) {
    // ψ(x) − ψ(−x) = −1/x − π·cot πx
    if (x === Math.floor(x)) return NaN;
    return digamma(-x) - 1 / x - Math.PI / Math.tan(Math.PI * (x - Math.round(x)));
  }
  if (x < 0.5) return near(x)[1] - 1 / x;
  if (x < 4) return near(x - 1)[1];
  const w = 1 / (x * x);
  const [q, slope] = polynomial(FAR, w);
  return Math.log(x) - 0.5 / x - w * (q + 2 * w * slope);
}
