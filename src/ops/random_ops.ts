/** Tensors of random numbers: constants that are a pure function of a key, the same on every device. */
import { checkValue, DEVICE, wordsOf } from "../check.ts";
import type { Device } from "../device/device.ts";
import { type DType, type Kernel, type KeyWords, linearGrid, type Shader } from "../kernel.ts";
import { forEachBits, normalOf, uniformOf } from "../random.ts";
import * as shaders from "../shaders.ts";
import { checkShape, type Shape } from "../shape.ts";
import { empty, type Tensor } from "../tensor.ts";

/** `first` is a number of a block of four elements. */
type RandomParams = { n: number; k0: number; k1: number; first: number };

/* @__NO_SIDE_EFFECTS__ */
function randomKernel(name: string, wgsl: Shader, dtype: DType, valueOf: (bits: number) => number): Kernel<RandomParams> {
  return {
    name,
    wgsl,
    inputs: [],
    outputs: [dtype],
    params: { n: "u32", k0: "step.u32", k1: "step.u32", first: "u32" },
    grid: ({ n }) => linearGrid(Math.ceil(n / 4)),
    cpu(_, [y], { n, k0, k1, first }) {
      forEachBits(k0, k1, n, (i, bits) => (y![i] = valueOf(bits)), first);
    },
    cost: ({ n }) => ({ flops: 20 * n, bytes: 4 * n }),
  };
}

export const randomBitsKernel: Kernel<RandomParams> = randomKernel("random_bits", shaders.randomBits, "u32", (bits) => bits);
export const uniformKernel: Kernel<RandomParams> = randomKernel("uniform", shaders.uniform, "f32", uniformOf);
export const normalKernel: Kernel<RandomParams> = randomKernel("normal", shaders.normal, "f32", normalOf);

function draw(device: Device, kernel: Kernel<RandomParams>, dtype: DType, shape: Shape, key: KeyWords): Tensor {
  checkValue(kernel.name, "device", device, DEVICE);
  const [k0, k1] = wordsOf(kernel.name, "the key", key);
  const { firstRow = 0 } = key;
  checkShape(kernel.name, shape);
  const y = empty(device, shape, dtype, { tracked: false });
  device.run(kernel, [], [y.slice], { n: y.size, k0, k1, first: firstBlock(kernel.name, shape, firstRow) });
  return y;
}

/** The block of four that the elements of rows after the first `firstRow` begin with. */
function firstBlock(op: string, [, ...row]: Shape, firstRow: number): number {
  const element = firstRow * row.reduce((product, n) => product * n, 1);
  if (Number.isSafeInteger(element) && element >= 0 && element % 4 === 0) return element / 4;
  throw new RangeError(`${op}: firstRow begins with a whole block of four elements, got ${firstRow} (take a multiple of 4)`);
}

/** 32 random bits per element, u32: the stream of the key (Philox4x32-10), equal bit for bit on every device. */
export function randomBits(device: Device, shape: Shape, key: KeyWords): Tensor {
  return draw(device, randomBitsKernel, "u32", shape, key);
}

/** (bits >> 9)·2^-23 + 2^-24, uniform in (0, 1): equal bit for bit on every device. */
export function uniform(device: Device, shape: Shape, key: KeyWords): Tensor {
  return draw(device, uniformKernel, "f32", shape, key);
}

/** √2·erf⁻¹(2u − 1), standard normal (Giles 2010); devices agree within 2^-20·(1 + |z|), the accuracy of WGSL's log. */
export function normal(device: Device, shape: Shape, key: KeyWords): Tensor {
  return draw(device, normalKernel, "f32", shape, key);
}
