/** Random numbers of the wasm device: the cpu device's bits, whatever the number of parts that they are drawn in. */
import { describe, expect, it } from "vitest";
import type { Kernel } from "../../../src/kernel.ts";
import { binariseKernel } from "../../../src/ops/binarise.ts";
import { normalKernel, randomBitsKernel, uniformKernel } from "../../../src/ops/random_ops.ts";
import { type Launch, onCpu, onWasm } from "../../support/wasm_launch.ts";

const SIZES = [1, 3, 4, 15, 16, 17, 31, 33, 50, 1000];
const KEYS = [
  [0, 0],
  [0xdeadbeef, 7],
  [3, 0x80000000],
] as const;

describe("of a key", () => {
  const draw = (
    kernel: Kernel<{ n: number; k0: number; k1: number; first: number }>,
    n: number,
    [k0, k1]: (typeof KEYS)[number],
    first = 0,
  ): Launch => {
    const y = kernel.outputs[0] === "u32" ? new Uint32Array(n) : new Float32Array(n);
    return { kernel: kernel, inputs: [], outputs: [y], params: { n, k0, k1, first } };
  };

  it.each(SIZES)("%i bits and uniforms are the specification's, in one part or several", (n) => {
    for (const kernel of [randomBitsKernel, uniformKernel]) {
      for (const words of KEYS) {
        for (const first of [0, 3, 1000]) {
          const launch = draw(kernel, n, words, first);
          for (const pieces of [1, 2, 5]) expect(onWasm(launch, pieces)).toEqual(onCpu(launch));
        }
      }
    }
  });

  it.each(SIZES)("%i normals agree within 2^-20·(1 + |z|), and in several parts to the bit", (n) => {
    for (const words of KEYS) {
      const launch = draw(normalKernel, n, words);
      const [got, want] = [onWasm(launch)![0]!, onCpu(launch)[0]!];
      expect(got.findIndex((z, i) => !(Math.abs(z - want[i]!) <= 2 ** -20 * (1 + Math.abs(want[i]!))))).toBe(-1);
      for (const pieces of [2, 5]) expect(onWasm(launch, pieces)![0]).toEqual(got);
    }
  });
});

describe("binarise", () => {
  const ROWS = 9;
  const launchOf = (columns: number, rows: number, isBytes: boolean, gathered: boolean): Launch => {
    const bytes = Uint8Array.from({ length: ROWS * columns }, (_, i) => (i * 89 + (i >> 3)) % 256);
    const index = Uint32Array.from({ length: ROWS }, (_, i) => (i * 5 + 2) % ROWS);
    const scale = isBytes ? 1 / 255 : 1;
    return {
      kernel: binariseKernel,
      inputs: [isBytes ? bytes : Float32Array.from(bytes, (value) => value / 255), gathered ? index : null],
      outputs: [new Float32Array(rows * columns).fill(9)],
      params: { n: rows * columns, columns, k0: 123, k1: 0xf0000000, offset: ROWS - rows, scale, shift: 0, first: columns % 3 },
      constants: { U8: isBytes, GATHER: gathered },
    };
  };

  it.each([1, 2, 3, 4, 5, 11, 15, 16, 17, 19, 32, 33, 47, 784])(
    "draws rows of %i as the specification does, from bytes and numbers, gathered or not",
    (columns) => {
      for (const isBytes of [true, false]) {
        for (const gathered of [true, false]) {
          for (const rows of [1, 4, ROWS]) {
            const launch = launchOf(columns, rows, isBytes, gathered);
            const want = onCpu(launch);
            for (const pieces of [1, 3]) expect(onWasm(launch, pieces)).toEqual(want);
          }
        }
      }
    },
  );

  it("keeps zeros and ones, and takes NaN for 0", () => {
    const launch = launchOf(5, 2, false, false);
    const x = Float32Array.of(0, 1, NaN, 1, 0, 1, 1, 0, 0, NaN);
    expect([...onWasm({ ...launch, inputs: [x, null], params: { ...launch.params, offset: 0 } })![0]!]).toEqual([0, 1, 0, 1, 0, 1, 1, 0, 0, 0]);
  });
});
