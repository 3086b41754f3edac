/** Philox against its known answers, and what a device draws with the same keys: bits and uniforms equal, normals within a tolerance. */
import type { Device } from "../../device/device.ts";
import { normal, randomBits, uniform } from "../../ops/random_ops.ts";
import { forEachBits, normalOf, philox, uniformOf } from "../../random.ts";
import type { Agreement } from "./agreement.ts";
import { type GoldenCase, parseGolden } from "./golden.ts";

interface Vector {
  readonly counter: readonly [number, number, number, number];
  readonly key: readonly [number, number];
  readonly out: readonly number[];
}

/** Elements drawn with each key: not a multiple of four, so that the last block is cut. */
const DRAWN = 4099;

/** The vectors of rng_kat.json. */
export function randomCases(text: string): GoldenCase[] {
  const file = parseGolden<{ known_answers: readonly Vector[]; more: readonly Vector[] }>("rng_kat.json", text, "known_answers", "more");
  const vectors = [...file.known_answers, ...file.more];
  return vectors.map((vector, i) => ({ id: `vector ${i}`, of: "philox", run: (device) => runVector(device, vector) }));
}

/** Devices draw with counters [i, 0, 0, 0] only; the host's Philox, which they must equal there, is held against the vector itself. */
async function runVector(device: Device, { counter, key: words, out }: Vector): Promise<Agreement[]> {
  const block = new Uint32Array(4);
  philox(...counter, ...words, block);
  const bits = new Uint32Array(DRAWN);
  forEachBits(...words, DRAWN, (i, value) => (bits[i] = value));
  const exact = (what: string, got: ArrayLike<number>, want: ArrayLike<number>): Agreement => {
    return { what, got, want, tolerance: new Float64Array(want.length) };
  };
  const drawn = device.scope(() => [randomBits, uniform, normal].map((draw) => draw(device, [DRAWN], { words })));
  const [bitsDrawn, uniforms, normals] = await Promise.all(drawn.map((t) => t.read()));
  drawn.forEach((t) => t.dispose());
  const z = Float64Array.from(bits, normalOf);
  return [
    exact("known answer", block, out),
    exact("random bits", bitsDrawn!, bits),
    exact("uniforms", uniforms!, Float64Array.from(bits, uniformOf)),
    { what: "normals", got: normals!, want: z, tolerance: z.map((value) => 2 ** -20 * (1 + Math.abs(value))) },
  ];
}
