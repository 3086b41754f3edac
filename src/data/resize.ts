/** Pictures of another size. */

/** A picture in bytes. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 1 of grey, 3 of red, green and blue. */
  readonly channels: 1 | 3;
  /** [height, width, channels]. */
  readonly data: Uint8Array;
}

/** Which places of a line make one place of the resized line, from `first` on, and by how much; the weights have sum 1. */
interface Mix {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * The picture stretched or shrunk to a size, y = Σ weight·x along each axis: where it shrinks, the mean over the area that a new pixel covers; where it
 * grows, linear between the centres of the two nearest pixels. Bytes are mixed as they are, in sRGB.
 */
export function resized(picture: Pixels, to: { readonly width: number; readonly height: number }): Pixels {
  const { width, height, channels, data } = picture;
  if (width === to.width && height === to.height) return picture;
  const wide = mixed(data, { outer: height, length: width, inner: channels }, mixes(width, to.width));
  const high = mixed(wide, { outer: 1, length: height, inner: to.width * channels }, mixes(height, to.height));
  return { width: to.width, height: to.height, channels, data: Uint8Array.from(high, Math.round) };
}

function mixes(from: number, to: number): readonly Mix[] {
  return Array.from({ length: to }, (_, i) => (to < from ? covered(i, from, to) : between(i, from, to)));
}

/** The places that new place i covers, each by its part. */
function covered(i: number, from: number, to: number): Mix {
  const [start, end] = [(i * from) / to, ((i + 1) * from) / to];
  const first = Math.floor(start);
  const count = Math.min(Math.ceil(end), from) - first;
  const parts = Array.from({ length: count }, (_, j) => Math.min(end, first + j + 1) - Math.max(start, first + j));
  return { first, weights: parts.map((part) => part / (end - start)) };
}

/** The two places whose centres are beside the centre of new place i; beyond the outermost centre that place alone. */
function between(i: number, from: number, to: number): Mix {
  const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
  const first = Math.floor(at);
  return at === first ? { first, weights: [1] } : { first, weights: [first + 1 - at, at - first] };
}

interface Axis {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** [outer, length, inner] → [outer, mixes, inner]. */
function mixed(values: ArrayLike<number>, { outer, length, inner }: Axis, mixes: readonly Mix[]): Float32Array {
  const made = new Float32Array(outer * mixes.length * inner);
  for (let o = 0; o < outer; o++) {
    mixes.forEach(({ first, weights }, i) => {
      for (let k = 0; k < inner; k++) {
        let sum = 0;
        weights.forEach((weight, j) => (sum += weight * values[(o * length + first + j) * inner + k]!));
        made[(o * mixes.length + i) * inner + k] = sum;
      }
    });
  }
  return made;
}
