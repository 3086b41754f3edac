/** Initialisers of dense layers, all drawn on the host from a key, so that every device starts from the same bits. */
import { checkValue, COUNT, KEY } from "../check.ts";
import { forEachBits, type Key, normalOf, uniformOf } from "../random.ts";
import { streams } from "../streams.ts";

/** Draws the weight [fanIn, fanOut], row-major, and the bias [fanOut] of a dense layer. */
export type Initializer = (fanIn: number, fanOut: number, key: Key) => { readonly weight: Float64Array; readonly bias: Float64Array };

/** Throws for what no layer has. */
function checkLayer(fanIn: number, fanOut: number, key: Key): void {
  checkValue("init", "fanIn", fanIn, COUNT);
  checkValue("init", "fanOut", fanOut, COUNT);
  checkValue("init", "the key", key, KEY);
}

function drawn(count: number, key: Key, scale: number, of: (bits: number) => number): Float64Array {
  const values = new Float64Array(count);
  forEachBits(key.words[0], key.words[1], count, (i, bits) => (values[i] = Math.fround(of(bits) * scale)));
  return values;
}

/** A number in (−1, 1). */
const signed = (bits: number): number => 2 * uniformOf(bits) - 1;

/** PyTorch's rule for Linear: weight and bias uniform in ±1/√fanIn. The default. */
export const linear: Initializer = (fanIn, fanOut, key) => {
  checkLayer(fanIn, fanOut, key);
  const bound = 1 / Math.sqrt(fanIn);
  return { weight: drawn(fanIn * fanOut, streams.weight(key), bound, signed), bias: drawn(fanOut, streams.bias(key), bound, signed) };
};

/** Weight uniform in ±√(6/(fanIn + fanOut)), bias 0 (Glorot and Bengio 2010, equation 16): for tanh and sigmoid. */
export const glorot: Initializer = (fanIn, fanOut, key) => {
  checkLayer(fanIn, fanOut, key);
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return { weight: drawn(fanIn * fanOut, streams.weight(key), bound, signed), bias: new Float64Array(fanOut) };
};

/** Weight normal with variance 2/fanIn, bias 0 (He et al. 2015, equation 10): for relu and its kin. */
export const he: Initializer = (fanIn, fanOut, key) => {
  checkLayer(fanIn, fanOut, key);
  return { weight: drawn(fanIn * fanOut, streams.weight(key), Math.sqrt(2 / fanIn), normalOf), bias: new Float64Array(fanOut) };
};
