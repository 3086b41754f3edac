/** Principal components against their definition: orthonormal, uncorrelated, and of the greatest variance first. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pca } from "../../src/report/pca.ts";

/** Rows of numbers of one size, so that rounding has one scale. */
const tables: fc.Arbitrary<{ columns: number; values: number[] }> = fc
  .record({ columns: fc.integer({ min: 1, max: 6 }), rows: fc.integer({ min: 1, max: 12 }) })
  .chain(({ columns, rows }) =>
    fc.record({
      columns: fc.constant(columns),
      values: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: rows * columns, maxLength: rows * columns }),
    }),
  );

/** Sums of at most 12·6 products of numbers of size at most 2·√6, after rotations that keep lengths. */
const ROUNDING = 1000 * Number.EPSILON;

describe("pca", () => {
  it("finds the line that points lie on, its share of the variance, and where they are on it", () => {
    const { components, projected, explained } = pca([1, 2, 4, 6, -2, -2, 1, 2], 2, 2);
    // The points are (1, 2) + t·(3, 4), t = 0, 1, −1, 0.
    expect(components[0]).toBeCloseTo(0.6, 14);
    expect(components[1]).toBeCloseTo(0.8, 14);
    expect([0, 2, 4, 6].map((i) => projected[i]!)).toEqual([0, 5, -5, 0].map((value) => expect.closeTo(value, 13) as number));
    expect(explained).toEqual([expect.closeTo(1, 14), expect.closeTo(0, 14)]);
  });

  it("gives unit vectors at right angles, whose coordinates are uncorrelated and vary less and less", () => {
    fc.assert(
      fc.property(tables, ({ columns, values }) => {
        const { components, projected } = pca(values, columns, columns);
        const rows = values.length / columns;
        const dot = (i: number, j: number): number =>
          Array.from({ length: columns }, (_, k) => components[i * columns + k]! * components[j * columns + k]!).reduce((a, b) => a + b, 0);
        const moment = (i: number, j: number): number =>
          Array.from({ length: rows }, (_, row) => projected[row * columns + i]! * projected[row * columns + j]!).reduce((a, b) => a + b, 0) / rows;
        for (let i = 0; i < columns; i++) {
          for (let j = 0; j <= i; j++) {
            expect(Math.abs(dot(i, j) - (i === j ? 1 : 0))).toBeLessThanOrEqual(ROUNDING);
            if (i !== j) expect(Math.abs(moment(i, j))).toBeLessThanOrEqual(ROUNDING);
          }
          if (i > 0) expect(moment(i, i)).toBeLessThanOrEqual(moment(i - 1, i - 1) + ROUNDING);
        }
      }),
    );
  });

  it("keeps distances from the mean, whatever the rotation", () => {
    fc.assert(
      fc.property(tables, ({ columns, values }) => {
        const { projected } = pca(values, columns, columns);
        const rows = values.length / columns;
        const mean = Array.from({ length: columns }, (_, j) => values.filter((__, i) => i % columns === j).reduce((a, b) => a + b, 0) / rows);
        for (let row = 0; row < rows; row++) {
          const own = Array.from({ length: columns }, (_, j) => values[row * columns + j]! - mean[j]!);
          const length = (v: ArrayLike<number>): number => Array.from(v).reduce((sum, x) => sum + x * x, 0);
          expect(Math.abs(length(own) - length(projected.subarray(row * columns, (row + 1) * columns)))).toBeLessThanOrEqual(ROUNDING);
        }
      }),
    );
  });

  it("gives the same signs every time: the largest entry of a component is positive", () => {
    const { components } = pca([0, 0, -1, 3, 1, -3], 2, 1);
    expect(components[1]).toBeGreaterThan(0);
    expect(components[0]).toBeLessThan(0);
  });

  it("refuses more components than columns, and values that are no rows", () => {
    expect(() => pca([1, 2], 1, 2)).toThrow("pca: rows are whole and have at least 2 columns, got 2 values for 1 columns");
    expect(() => pca([1, 2, 3], 2, 1)).toThrow(RangeError);
    expect(() => pca([], 2, 1)).toThrow(RangeError);
  });

  it("takes data that does not vary", () => {
    expect(pca([1, 2, 1, 2], 2, 2).explained).toEqual([0, 0]);
  });
});
