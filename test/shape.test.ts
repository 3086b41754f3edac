import { describe, expect, it } from "vitest";
import * as shape from "../src/shape.ts";

describe("shape", () => {
  it("counts one element in a scalar and none where a dimension is 0", () => {
    expect([[], [3, 4], [3, 0, 4]].map(shape.sizeOf)).toEqual([1, 12, 0]);
  });

  it("has row-major strides", () => {
    expect(shape.stridesOf([3, 4, 5])).toEqual([20, 5, 1]);
    expect(shape.stridesOf([])).toEqual([]);
  });

  it.each([
    [[3, 4], [4], [3, 4]],
    [
      [3, 1],
      [1, 4],
      [3, 4],
    ],
    [[], [2, 3], [2, 3]],
    [[1], [0], [0]],
    [
      [2, 1, 5],
      [3, 1],
      [2, 3, 5],
    ],
  ])("broadcasts %j and %j to %j", (a, b, to) => {
    expect(shape.broadcastShapes("add", a, b)).toEqual(to);
    expect(shape.broadcastShapes("add", b, a)).toEqual(to);
  });

  it("says which shapes do not broadcast", () => {
    expect(() => shape.broadcastShapes("add", [3, 4], [3])).toThrow(
      new RangeError("add: shapes do not broadcast, a is [3, 4] and b is [3] (dimensions must be equal or 1)"),
    );
  });

  it("reads a broadcast tensor with stride 0 where it repeats, and sums over those axes in its gradient", () => {
    expect(shape.broadcastStrides([3, 1], [2, 3, 4])).toEqual([0, 1, 0]);
    expect(shape.broadcastAxes([3, 1], [2, 3, 4])).toEqual([0, 2]);
    expect(shape.broadcastAxes([1], [1])).toEqual([]);
  });

  it("pads on the left to rank 4", () => {
    expect(shape.padded([5, 6], 1)).toEqual([1, 1, 5, 6]);
  });

  it("counts negative axes from the end and sorts them", () => {
    expect(shape.normaliseAxes("sum", [-1, 0], [2, 3, 4])).toEqual([0, 2]);
    expect(shape.normaliseAxes("sum", undefined, [2, 3])).toEqual([0, 1]);
    expect(shape.normaliseAxes("sum", [], [2, 3])).toEqual([]);
  });

  it.each([[[2]], [[-3]], [[0.5]]])("refuses the axis %j of a matrix", (axes) => {
    expect(() => shape.normaliseAxes("sum", axes, [2, 3])).toThrow(/^sum: axis .* is out of range for shape \[2, 3\]/);
  });

  it("refuses axes that repeat", () => {
    expect(() => shape.normaliseAxes("sum", [1, -1], [2, 3])).toThrow("sum: axes repeat, got [1, -1] for shape [2, 3]");
  });

  it("drops reduced axes, or keeps them as 1", () => {
    expect(shape.reducedShape([2, 3, 4], [0, 2], false)).toEqual([3]);
    expect(shape.reducedShape([2, 3, 4], [0, 2], true)).toEqual([1, 3, 1]);
  });

  it("allows rank 0 to 4 and whole dimensions", () => {
    expect(() => shape.checkShape("tensor", [1, 2, 3, 4])).not.toThrow();
    expect(() => shape.checkShape("tensor", [1, 1, 1, 1, 1])).toThrow("tensor: rank is at most 4, got [1, 1, 1, 1, 1] (reshape it first)");
    expect(() => shape.checkShape("tensor", [-1])).toThrow(RangeError);
    expect(() => shape.checkShape("tensor", [1.5])).toThrow(RangeError);
  });
});
