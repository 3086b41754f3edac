/** The normal distribution between two neighbours on a grid: its probability there and its first two moments, accurate however far out. */
import { normalCdf, normalPdf, scaledTail } from "../../ops/special.ts";

const FACTOR = 1 / Math.sqrt(2 * Math.PI);
/** Where width·max(1, |z|) is below this, series to the sixth order of the width are exact to ten digits. */
const NARROW = 0.5;
/** Farther out all is equally impossible, and eighth powers stay finite. */
const FARTHEST = 1e30;

/** What a standard normal number t is within z ± width/2. */
export interface Step {
  /** The probability divided by the width, the mean density, is factor·exp(exponent). */
  factor: number;
  exponent: number;
  /** E[t] and E[t²], given that it is there. */
  first: number;
  second: number;
}

export function newStep(): Step {
  return { factor: 0, exponent: 0, first: 0, second: 0 };
}

/** (Φ(z + width/2) − Φ(z − width/2))/width, φ(z) for width 0, and the moments there; written to `out`. */
export function normalStep(z: number, width: number, out: Step): void {
  const far = Math.min(Math.abs(z), FARTHEST);
  if (width * Math.max(1, far) < NARROW) narrow(far, width * width, out);
  else wide(far, width, out);
  if (z < 0) out.first = -out.first;
}

/** The mean density is φ·(1 + Σ c_n·He_2n) by Taylor's series, c_n = w^2n/(4^n·(2n + 1)!); its derivatives are the moments. */
function narrow(z: number, w: number, out: Step): void {
  const [c1, c2, c3] = [w / 24, (w * w) / 1920, (w * w * w) / 322560];
  const h2 = z * z - 1;
  const h3 = z * h2 - 2 * z;
  const h4 = z * h3 - 3 * h2;
  const h5 = z * h4 - 4 * h3;
  const h6 = z * h5 - 5 * h4;
  const h7 = z * h6 - 6 * h5;
  const h8 = z * h7 - 7 * h6;
  const sum = 1 + c1 * h2 + c2 * h4 + c3 * h6;
  out.exponent = -0.5 * z * z;
  out.factor = FACTOR * sum;
  out.first = (z + c1 * h3 + c2 * h5 + c3 * h7) / sum;
  out.second = 1 + (h2 + c1 * h4 + c2 * h6 + c3 * h8) / sum;
}

function wide(z: number, width: number, out: Step): void {
  const [from, to] = [z - 0.5 * width, z + 0.5 * width];
  let atFrom: number;
  let atTo: number;
  if (from > 0) {
    // both ends without φ(from), which underflows far out
    const ratio = Math.exp(-width * z);
    const mass = scaledTail(from) - ratio * scaledTail(to);
    out.exponent = -0.5 * from * from;
    out.factor = mass / width;
    atFrom = FACTOR / mass;
    atTo = ratio * atFrom;
  } else {
    const mass = normalCdf(to) - normalCdf(from);
    out.exponent = 0;
    out.factor = mass / width;
    [atFrom, atTo] = [normalPdf(from) / mass, normalPdf(to) / mass];
  }
  out.first = Math.min(to, Math.max(from, atFrom - atTo));
  const square = out.first * out.first;
  // the difference loses its digits far out, where t is next to `from`
  out.second = from > 30 ? square : Math.max(square, 1 + from * atFrom - to * atTo);
}
