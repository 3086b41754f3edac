/** Numbers of 16 bits as files hold them. */

/** The number of an IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
export function numberOfHalf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 0 ? fraction * 2 ** -24 : exponent < 31 ? (1024 + fraction) * 2 ** (exponent - 25) : fraction === 0 ? Infinity : NaN;
  return bits >> 15 === 0 ? size : -size;
}
