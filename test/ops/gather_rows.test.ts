import { describe, expect, it } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import * as oracle from "../../src/lab/oracle/tensors.ts";
import { mul } from "../../src/ops/binary.ts";
import { gatherRows } from "../../src/ops/gather_rows.ts";
import { sum } from "../../src/ops/reduce.ts";
import { empty, tensor } from "../../src/tensor.ts";
import { checkGradient, expectOp, normals, onEachDevice } from "../support/conformance.ts";

await onEachDevice((device) => {
  it.each<[readonly number[], readonly number[]]>([
    [
      [5, 3],
      [4, 0, 0, 2, 4, 4],
    ],
    [[1], [0]],
    [[65, 7], Array.from({ length: 127 }, (_, i) => (i * 31) % 65)],
    [
      [3, 2, 4],
      [2, 2, 2],
    ],
    [[3, 4], []],
    [
      [4, 0],
      [1, 1],
    ],
  ])("picks from %j the rows %j, and repeats accumulate", async (shape, rows) => {
    const x = normals(1, shape);
    const dy = normals(2, [rows.length, ...shape.slice(1)]);
    const index = tensor(device, rows, [rows.length], "u32");
    await expectOp(device, (t) => gatherRows(t, index), [x], dy, oracle.gatherRows(x, rows, dy));
  });

  it("adds to a gradient that is there already", async () => {
    const x = tensor(device, [1, 2, 3]);
    const index = tensor(device, [2, 2], [2], "u32");
    const y = sum(mul(gatherRows(x, index), gatherRows(x, tensor(device, [0, 2], [2], "u32"))));
    expect(Array.from(await grad(y, [x])[0]!.read())).toEqual([3, 0, 7]);
  });

  it("gives NaN, and no gradient, where there is no such row, which only the device knows", async () => {
    const x = tensor(device, [1, 2, 3, 4], [2, 2]);
    const index = empty(device, [3], "u32");
    device.write(index.slice, Uint32Array.of(0, 9, 4294967295));
    const y = gatherRows(x, index);
    expect(Array.from(await y.read())).toEqual([1, 2, NaN, NaN, NaN, NaN]);
    expect(Array.from(await grad(sum(y), [x])[0]!.read())).toEqual([1, 1, 0, 0]);
  });
});

describe("gatherRows", () => {
  it("passes the gradient check", async () => {
    await checkGradient((x) => gatherRows(x, tensor(x.device, [1, 0, 1, 3], [4], "u32")), [normals(3, [4, 5])]);
  });

  it("says what does not fit", () => {
    const device = new CpuDevice();
    const [x, index] = [tensor(device, [1, 2], [2, 1]), tensor(device, [0], [1], "u32")];
    expect(() => gatherRows(x, x)).toThrow(new TypeError("gatherRows: index is u32, got f32"));
    expect(() => gatherRows(tensor(device, 1), index)).toThrow("gatherRows: x has rank 1 or more and index rank 1, got [] and [1]");
    expect(() => gatherRows(tensor(device, [], [0, 2]), index)).toThrow("gatherRows: there is no row to pick, got x of shape [0, 2]");
    expect(() => gatherRows(x, tensor(device, [0, 2, 5, 5], [4], "u32"))).toThrow(new RangeError("gatherRows: indices are 0 to 1, found 5 at row 2"));
    for (const value of [-1, 0.5, 2 ** 32, NaN, Infinity]) {
      expect(() => tensor(device, [0, value], [2], "u32")).toThrow(
        new RangeError(`tensor: u32 holds whole numbers from 0 to 2^32 − 1, found ${value} at 1`),
      );
    }
    expect(() => gatherRows(x, tensor(new CpuDevice(), [0], [1], "u32"))).toThrow("gatherRows: tensors are on different devices (cpu and cpu)");
  });
});
