import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitScaling, scaled, type ScalingKind, unscaled } from "../../src/data/scaling.ts";

/** Rounding to f32 and to f64: half a unit in the last place, relative; and the smallest step of f32. */
const F32 = 2 ** -24;
const F64 = 2 ** -53;
const F32_STEP = 2 ** -149;

describe("fitScaling", () => {
  it("changes nothing for none", () => {
    expect(fitScaling("none", Float32Array.of(-3, 7), 1)).toEqual({ kind: "none", scale: [1], shift: [0] });
  });

  it("divides bytes by 255, other values by the largest, and leaves what lies in [0, 1], for unit", () => {
    const scale = (values: Parameters<typeof fitScaling>[1]): number => fitScaling("unit", values, 1).scale[0]!;
    expect(scale(Uint8Array.of(0, 2, 16))).toBe(1 / 255);
    expect(scale(Float64Array.of(0, 2, 16))).toBe(1 / 16);
    for (const values of [Uint8Array.of(0, 1), Float32Array.of(0, 0.25), Float64Array.of(0)]) expect(scale(values)).toBe(1);
    expect(() => fitScaling("unit", Float32Array.of(1, 2, 3, -4), 2)).toThrow(
      new RangeError("fitScaling: unit takes values from 0 on, got -4 at row 1, column 1 (use minmax or standard)"),
    );
  });

  it("brings each column to [0, 1] for minmax", () => {
    const values = Float64Array.of(10, -1, 20, 3, 15, 1);
    const scaling = fitScaling("minmax", values, 2);
    expect(scaling).toEqual({ kind: "minmax", scale: [0.1, 0.25], shift: [-1, 0.25] });
    expect(scaled(values, 2, scaling)).toEqual(Float32Array.of(0, 0, 1, 1, 0.5, 0.5));
  });

  it("brings each column to mean 0 and variance 1 for standard, where the mean is large as well", () => {
    const values = Float64Array.of(1, 1e9 + 1, 2, 1e9 + 2, 3, 1e9 + 3);
    const scaling = fitScaling("standard", values, 2);
    // The population's deviation of 1, 2, 3 is √(2/3).
    expect(scaling.scale).toEqual([1 / Math.sqrt(2 / 3), 1 / Math.sqrt(2 / 3)]);
    expect(scaling.shift[0]).toBe(-2 / Math.sqrt(2 / 3));
    const result = scaled(values, 2, scaling);
    expect([...result.subarray(2, 4)].map(Math.abs)).toEqual([0, 0]);
    expect(result[4]).toBe(Math.fround(Math.sqrt(1.5)));
  });

  it("makes a constant column 0 and gives it back", () => {
    for (const kind of ["minmax", "standard"] as const) {
      for (const value of [0, 0.1, -7.3, 1e300]) {
        const values = Float64Array.of(value, 1, value, 2, value, 4);
        const scaling = fitScaling(kind, values, 2);
        const result = scaled(values, 2, scaling);
        expect([result[0], result[2], result[4]]).toEqual([0, 0, 0]);
        expect(unscaled(result, 2, scaling)[2]).toBe(value);
      }
    }
  });

  it("keeps constants that survive JSON", () => {
    for (const kind of ["none", "unit", "minmax", "standard"] as const) {
      const scaling = fitScaling(kind, Float64Array.of(0, 0.1, 0, 1 / 3), 2);
      const kept = JSON.parse(JSON.stringify(scaling)) as typeof scaling;
      expect(kept.scale.every((value, i) => Object.is(value, scaling.scale[i]))).toBe(true);
      expect(kept.shift.every((value, i) => Object.is(value, scaling.shift[i]))).toBe(true);
    }
  });

  it("refuses what is not finite, ragged or empty, an unknown kind and a spread that cannot be divided by", () => {
    expect(() => fitScaling("minmax", Float64Array.of(1, 2, NaN, 4), 2)).toThrow(
      new RangeError("fitScaling: values are finite, got NaN at row 1, column 0"),
    );
    expect(() => fitScaling("none", Float64Array.of(1, Infinity), 2)).toThrow(/got Infinity at row 0, column 1/);
    expect(() => fitScaling("none", new Float64Array(3), 2)).toThrow(/got 3 values for 2 columns/);
    expect(() => fitScaling("none", new Float64Array(0), 2)).toThrow(/got 0 values/);
    expect(() => fitScaling("none", new Float64Array(2), 0)).toThrow(/columns is a whole number/);
    expect(() => fitScaling("log" as ScalingKind, new Float64Array(2), 1)).toThrow(RangeError);
    for (const values of [Float64Array.of(-1.7e308, 1.7e308), Float64Array.of(0, 5e-324)]) {
      for (const kind of ["minmax", "standard"] as const) {
        expect(() => fitScaling(kind, values, 1)).toThrow(/divides by the spread of a column, got .* in column 0/);
      }
    }
  });
});

describe("unscaled", () => {
  const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map((x) => (Math.abs(x) < 1e-6 ? 0 : x));
  const data = fc.nat(3).chain((more) =>
    fc.tuple(
      fc.constant(more + 1),
      fc.array(fc.array(float, { minLength: more + 1, maxLength: more + 1 }), { minLength: 1, maxLength: 20 }).map((rows) => rows.flat()),
    ),
  );

  it("gives back what was scaled, to the rounding of f32", () => {
    const kinds = fc.constantFrom<ScalingKind>("none", "unit", "minmax", "standard");
    const arrays = fc.constantFrom(Float32Array, Float64Array, Uint8Array);
    fc.assert(
      fc.property(kinds, arrays, data, (kind, array, [columns, numbers]) => {
        const values = array.from(kind === "unit" || array === Uint8Array ? numbers.map(Math.abs) : numbers);
        const scaling = fitScaling(kind, values, columns);
        const inside = scaled(values, columns, scaling);
        const back = unscaled(inside, columns, scaling);
        values.forEach((x, i) => {
          const column = scaling.scale.length === 1 ? 0 : i % columns;
          const [scale, shift] = [scaling.scale[column]!, scaling.shift[column]!];
          // x' is rounded to f32; product, sum, difference and quotient each to f64.
          const rounding = Math.abs(inside[i]!) * F32 + F32_STEP + (2 * Math.abs(x * scale) + 2 * Math.abs(shift)) * 2 * F64;
          expect(Math.abs(back[i]! - x)).toBeLessThanOrEqual((rounding / scale) * (1 + 4 * F64) + Math.abs(x) * F64);
        });
      }),
      { numRuns: 1000 },
    );
  });

  it("gives bytes back exactly once they are rounded to whole numbers", () => {
    const values = Uint8Array.from({ length: 256 }, (_, i) => i);
    const scaling = fitScaling("unit", values, 1);
    expect(Uint8Array.from(unscaled(scaled(values, 1, scaling), 1, scaling), Math.round)).toEqual(values);
  });

  it("gives minmax and unit values that a Bernoulli accepts: none outside of [0, 1]", () => {
    fc.assert(
      fc.property(fc.constantFrom<ScalingKind>("minmax", "unit"), data, (kind, [columns, numbers]) => {
        const values = Float32Array.from(numbers, kind === "unit" ? Math.abs : Number);
        for (const x of scaled(values, columns, fitScaling(kind, values, columns))) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses constants that do not fit the columns", () => {
    const scaling = { kind: "minmax", scale: [1, 2], shift: [0, 0] } as const;
    expect(() => unscaled(new Float64Array(6), 3, scaling)).toThrow(
      new RangeError("unscaled: scale and shift have one value or one per column, got 2 and 2 for 3 columns"),
    );
    expect(() => scaled(new Float64Array(2), 2, { ...scaling, shift: [0] })).toThrow(RangeError);
  });
});
