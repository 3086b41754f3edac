/** log|Γ(x)| and its derivative ψ(x) in double precision, to a few units in the last place for x > 0. */

/** log Γ(1 + a)/(a·(a − 1)) by powers of (a − 1/8)/(a + 17/8), −½ ≤ a ≤ 3/2, interpolated in 60-digit arithmetic; the next is below 1e-18 of the first. */
const NEAR: readonly number[] = [
  0.5487833977237905, -0.4750947770808957, 0.1303964656595709, -0.16313809684213584, 0.08675196233710936, -0.09911794225458925, 0.06455379784930863,
  -0.0711261478187539, 0.051341993953752, -0.055438556542168, 0.042605979120713, -0.04540990306312, 0.03640692655727, -0.03844411859331,
  0.0317744351802, -0.0333930446582, 0.028280036754, -0.028848682383, 0.024597682043, -0.02999464504, 0.02740038678, -0.00919855848, 0.00490321068,
  -0.0529756362, 0.051167906,
];

/** x·(log Γ(x) − (x − ½)·log x + x − ½·log 2π) by powers of 1/x², x ≥ 5/2: what Stirling's formula leaves. Interpolated in the same way. */
const FAR: readonly number[] = [
  0.08333333333333333, -0.002777777777769307, 0.000793650790142904, -0.000595237513552077, 0.00084169951791185, -0.001914745147702, 0.00630910353611,
  -0.026921312998, 0.12798862176, -0.5761891073, 2.13636254, -5.7757682, 9.831641, -7.799039,
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

/** log Γ(1 + a) and ψ(1 + a), −½ ≤ a ≤ 3/2. The zeros of log Γ are factors, so that nothing cancels near 1 and 2. */
function near(a: number): readonly [logGamma: number, digamma: number] {
  const [q, slope] = polynomial(NEAR, (a - 0.125) / (a + 2.125));
  return [0 - a * (1 - a) * q, (2 * a - 1) * q - (a * (1 - a) * slope * 2.25) / (a + 2.125) ** 2];
}

/** log|Γ(x)|: ∞ at the poles 0, −1, −2, …, and at ±∞. */
export function logGamma(x: number): number {
  if (x < -0.5) {
    // |Γ(x)·Γ(−x)| = π/|x·sin πx|
    if (x === Math.floor(x)) return Infinity;
    return Math.log(Math.PI / Math.abs(x * Math.sin(Math.PI * (x - Math.round(x))))) - logGamma(-x);
  }
  if (x < 0.5) return near(x)[0] - Math.log(Math.abs(x));
  if (x < 2.5) return near(x - 1)[0];
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
  if (x < 2.5) return near(x - 1)[1];
  const w = 1 / (x * x);
  const [q, slope] = polynomial(FAR, w);
  return Math.log(x) - 0.5 / x - w * (q + 2 * w * slope);
}
