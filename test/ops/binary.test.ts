import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import { binary as oracle } from "../../src/lab/oracle/elementwise.ts";
import { elementwise } from "../../src/lab/oracle/tensors.ts";
import type { Values } from "../../src/lab/oracle/terms.ts";
import * as ops from "../../src/ops/binary.ts";
import { bernoulliNll, type BinaryOp, gaussianKl, logAddExp, type Operand, pow, sub } from "../../src/ops/binary.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { checkGradient, expectOp, normals, onEachDevice } from "../support/conformance.ts";

const binaryTable: Readonly<Record<string, BinaryOp>> = ops;
const names = Object.keys(binaryTable);
const vector = (...data: number[]): Values => ({ shape: [data.length], data: data.map(Math.fround) });
const mapped = ({ shape, data }: Values, f: (x: number) => number): Values => ({ shape, data: Array.from(data, (x) => Math.fround(f(x))) });

/** Operands within the op's domain: positive bases, denominators away from 0, data in [0, 1]. */
function operands(name: string, a: number[], b: number[], scale = 2): [Values, Values] {
  const [first, second] = [normals(1, a, scale), normals(2, b, scale)];
  if (name === "pow") return [mapped(first, (x) => Math.abs(x) + 0.05), second];
  if (name === "div") return [first, mapped(second, (x) => x + 0.3 * Math.sign(x))];
  if (name === "bernoulliNll") return [first, mapped(second, (x) => 1 / (1 + Math.exp(-x)))];
  return [first, second];
}

describe("gradients", () => {
  test.each(names)("%s agrees with central differences in f64, also where operands broadcast", async (name) => {
    await checkGradient(binaryTable[name]!, operands(name, [7, 5], [7, 5], 0.7));
    await checkGradient(binaryTable[name]!, operands(name, [3, 1, 4], [5, 1], 0.7));
    await checkGradient(binaryTable[name]!, operands(name, [], [6], 0.7));
  });
});

describe("errors", () => {
  const device = new CpuDevice();
  const x = tensor(device, [1, 2, 3]);

  test.each(names)("%s refuses shapes that do not broadcast, indices, freed tensors and numbers alone, and allocates nothing", (name) => {
    const op = binaryTable[name]!;
    const other = tensor(device, [1, 2]);
    const index = tensor(device, [1], [1], "u32");
    const freed = tensor(device, [1]);
    freed.dispose();
    const { live } = device.memory();
    expect(() => op(x, other)).toThrow(new RangeError(`${name}: shapes do not broadcast, a is [3] and b is [2] (dimensions must be equal or 1)`));
    expect(() => op(x, index)).toThrow(new TypeError(`${name}: b is f32, got u32`));
    expect(() => op(freed, x)).toThrow(new TypeError(`${name}: a was disposed`));
    expect(() => op(1, 2)).toThrow(new TypeError(`${name}: one of a and b is a tensor, got number and number`));
    expect(() => op(x, "2" as unknown as Operand)).toThrow(new TypeError(`${name}: b is a tensor, got string`));
    expect(device.memory().live).toBe(live);
  });

  test("operands on different devices are refused", () => {
    expect(() => sub(x, tensor(new CpuDevice(), [1]))).toThrow("sub: tensors are on different devices (cpu and cpu)");
  });
});

await onEachDevice((device) => {
  const run = (name: string, a: Values, b: Values): Promise<void> => {
    const { shape } = elementwise(oracle[name]!, [a, b]).y;
    const dy = normals(3, [...shape]);
    return expectOp(device, binaryTable[name]!, [a, b], dy, elementwise(oracle[name]!, [a, b], [], dy));
  };
  const read = async (t: Tensor): Promise<number[]> => Array.from(await t.read());

  test.each(names)("%s: values and gradients of 0, 1, 63, 64, 65 and 257 elements", async (name) => {
    for (const size of [0, 1, 63, 64, 65, 257]) await run(name, ...operands(name, [size], [size]));
  });

  test.each(names)("%s broadcasts as NumPy does, on either side and up to rank 4", async (name) => {
    const pairs = [
      [[3, 4], [4]],
      [[4], [3, 4]],
      [
        [3, 1],
        [1, 4],
      ],
      [
        [2, 3, 4],
        [3, 1],
      ],
      [[5], []],
      [[], [5]],
      [[], []],
      [
        [2, 1, 3, 1],
        [7, 1, 5],
      ],
      [
        [0, 3],
        [1, 3],
      ],
      [[1, 1], [1]],
    ] as const;
    for (const [a, b] of pairs) await run(name, ...operands(name, [...a], [...b]));
  });

  test("a number stands for a scalar", async () => {
    const x = tensor(device, [1, 2, 4]);
    expect(await read(sub(x, 1))).toEqual([0, 1, 3]);
    expect(await read(sub(1, x))).toEqual([0, -1, -3]);
    expect(await read(grad(sub(1, x), [x], { cotangent: tensor(device, [1, 2, 3]) })[0]!)).toEqual([-1, -2, -3]);
  });

  test("an operand that is used twice gets both gradients", async () => {
    const x = tensor(device, [1, 2, 4]);
    expect(await read(grad(binaryTable["mul"]!(x, x), [x], { cotangent: tensor(device, [1, 1, 1]) })[0]!)).toEqual([2, 4, 8]);
  });

  test.each(["add", "sub", "mul", "div", "maximum", "minimum", "logAddExp", "bernoulliNll", "gaussianKl"])("%s passes NaN on", async (name) => {
    const y = await read(binaryTable[name]!(tensor(device, [NaN, 1, 1]), tensor(device, [1, NaN, 1])));
    expect(y.map(Number.isNaN)).toEqual([true, true, false]);
  });

  test.each(names.flatMap((name) => Object.entries(oracle[name]!.danger).map(([what, at]) => [name, what, at] as const)))(
    "%s %s",
    async (name, _, [a, b]) => run(name, vector(...a!), vector(...b!)),
  );

  test("bernoulliNll keeps the gradient of saturated logits", async () => {
    const l = tensor(device, [50, -50]);
    const [gradient] = grad(bernoulliNll(l, tensor(device, [1, 0])), [l], { cotangent: tensor(device, [1, 1]) });
    for (const [i, g] of (await read(gradient!)).entries()) expect(g / (i === 0 ? -Math.exp(-50) : Math.exp(-50))).toBeCloseTo(1, 4);
  });

  test("gaussianKl is 0 at (0, 0)", async () => {
    expect(await read(gaussianKl(tensor(device, [0]), 0))).toEqual([0]);
  });

  test("−∞ is the neutral element of logAddExp", async () => {
    const [a, b] = [tensor(device, [-Infinity, -Infinity, 2]), tensor(device, [-Infinity, 3, -Infinity])];
    expect(await read(logAddExp(a, b))).toEqual([-Infinity, 3, 2]);
  });

  test("pow of a negative base has a value and a gradient for whole exponents, and NaN for others", async () => {
    for (const exponent of [0, 1, 2, 3, -1, -2, 16, 17, 20, -21]) {
      const x = vector(-1.75, 1.75, -0.5, 3, -3, 1);
      const dy = normals(4, [6]);
      const { y, gradients } = elementwise(oracle["pow"]!, [x, { shape: [], data: [exponent] }], [], dy);
      await expectOp(device, (base) => pow(base, exponent), [x], dy, { y, gradients: gradients.slice(0, 1) });
    }
    expect((await read(pow(tensor(device, [-2, 2]), 0.5))).map(Number.isNaN)).toEqual([true, false]);
  });

  test("pow at 0: 0^b is 0, 0^0 is 1, 0^-b is infinite, and the exponent's gradient is 0", async () => {
    const base = tensor(device, [0, 0, 0]);
    const exponent = tensor(device, [2.5, 0, -2.5]);
    expect(await read(pow(base, exponent))).toEqual([0, 1, Infinity]);
    const [b, e] = [tensor(device, [0, 0, 0]), tensor(device, [2, 0.5, 0])];
    const gradients = grad(pow(b, e), [b, e], { cotangent: tensor(device, [1, 1, 1]) });
    expect(await read(gradients[0]!)).toEqual([0, Infinity, 0]);
    expect(await read(gradients[1]!)).toEqual([0, 0, 0]);
  });

  /** Of IEEE 754's pow, which PyTorch has too. */
  const corners: readonly (readonly [base: number, exponent: number, y: number])[] = [
    ...[NaN, 0, -0, 1, -1, 3, -3, Infinity, -Infinity].map((base) => [base, 0, 1] as const),
    ...[NaN, 0, 5, -5, 0.5, 1e9, Infinity, -Infinity].map((exponent) => [1, exponent, 1] as const),
    ...[[NaN, 1, NaN], [NaN, -0.5, NaN], [2, NaN, NaN], [-1, NaN, NaN], [0, NaN, NaN]] as const, // prettier-ignore
    ...[[0, -1, Infinity], [-0, -1, -Infinity], [-0, -2, Infinity], [-0, -17, -Infinity], [0, -0.5, Infinity], [-0, -0.5, Infinity], [0, -20, Infinity]] as const, // prettier-ignore
    ...[[0, 3, 0], [-0, 0.5, 0], [0, Infinity, 0], [0, -Infinity, Infinity], [-0, -Infinity, Infinity]] as const, // prettier-ignore
    ...[[2, Infinity, Infinity], [2, -Infinity, 0], [0.5, Infinity, 0], [0.5, -Infinity, Infinity]] as const, // prettier-ignore
    ...[[-2, Infinity, Infinity], [-2, -Infinity, 0], [-0.5, Infinity, 0], [-0.5, -Infinity, Infinity], [-1, Infinity, 1], [-1, -Infinity, 1]] as const, // prettier-ignore
    ...[[Infinity, 2, Infinity], [Infinity, -2, 0], [Infinity, 0.5, Infinity], [Infinity, -0.5, 0], [Infinity, Infinity, Infinity], [Infinity, -Infinity, 0]] as const, // prettier-ignore
    ...[[-Infinity, 3, -Infinity], [-Infinity, 2, Infinity], [-Infinity, 0.5, Infinity], [-Infinity, -0.5, 0], [-Infinity, -3, 0], [-Infinity, 17, -Infinity]] as const, // prettier-ignore
    ...[[-8, 1 / 3, NaN], [-2, -0.5, NaN], [-2, 17, -131072], [-2, 20, 1048576], [-1, 16777215, -1], [-1, 16777218, 1], [-1, 1e30, 1]] as const, // prettier-ignore
  ];

  test("pow has the corners of IEEE 754, whatever the other operand is where one of them decides", async () => {
    const [a, b] = [0, 1].map((i) => tensor(device, corners.map((corner) => corner[i]!))); // prettier-ignore
    const got = await read(pow(a!, b!));
    const misses = corners.filter(([, , want], i) => !(Object.is(got[i], want) || got[i] === want));
    expect(misses.map(([base, exponent, want]) => `${base}^${exponent} = ${want}`)).toEqual([]);
  });

  test("the gradients of pow have PyTorch's corners", async () => {
    const cases: readonly (readonly [base: number, exponent: number, byBase: number, byExponent: number])[] = [
      [0, 2, 0, 0],
      [0, 1, 1, 0],
      [0, 0, 0, 0],
      [0, 0.5, Infinity, 0],
      [0, -1, -Infinity, -Infinity],
      [-2, 3, 12, NaN],
      [NaN, 0, 0, NaN],
      [NaN, 2, NaN, NaN],
      [1, NaN, NaN, 0],
      [1, Infinity, Infinity, 0],
      [Infinity, 2, Infinity, Infinity],
      [2, NaN, NaN, NaN],
    ];
    const [a, b] = [0, 1].map((i) => tensor(device, cases.map((row) => row[i]!))); // prettier-ignore
    const gradients = grad(pow(a!, b!), [a!, b!], { cotangent: tensor(device, cases.map(() => 1)) }); // prettier-ignore
    expect(await read(gradients[0]!)).toEqual(cases.map(([, , byBase]) => byBase));
    expect(await read(gradients[1]!)).toEqual(cases.map(([, , , byExponent]) => byExponent));
  });

  test.each([ops.maximum, ops.minimum])("NaN is passed on by the gradients of maximum and minimum", async (op) => {
    const [a, b] = [tensor(device, [NaN, 1, NaN, 2]), tensor(device, [1, NaN, NaN, 1])];
    const gradients = grad(op(a, b), [a, b], { cotangent: tensor(device, [1, 0, -1, 1]) });
    for (const g of gradients) expect((await read(g)).map(Number.isNaN)).toEqual([true, true, true, false]);
  });
});
