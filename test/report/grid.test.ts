import { describe, expect, it } from "vitest";
import { enlarged, greyBytes, pairGrid, tileGrid } from "../../src/report/grid.ts";

const S = 128;

describe("greyBytes", () => {
  it("rounds to the nearest grey and clamps what lies outside of [0, 1]", () => {
    expect([...greyBytes([0, 0.5 / 255, 0.49 / 255, 0.5, 1, -3, 7])]).toEqual([0, 1, 0, 128, 255, 0, 255]);
  });
});

describe("tileGrid", () => {
  it("puts tiles row by row with two pixels between them and grey in the places left over", () => {
    const { width, height, data } = tileGrid(Uint8Array.of(1, 2, 3, 4, 5, 6), 2, 1, 2);
    expect([width, height]).toEqual([6, 4]);
    expect([...data]).toEqual([1, 2, S, S, 3, 4, ...Array<number>(12).fill(S), 5, 6, S, S, S, S]);
  });

  it("is as wide as the tiles that there are", () => {
    expect(tileGrid(new Uint8Array(100 * 784), 28, 28, 10)).toMatchObject({ width: 298, height: 298 });
    expect(tileGrid(new Uint8Array(3 * 64), 8, 8, 10)).toMatchObject({ width: 28, height: 8 });
  });

  it("refuses bytes that are no whole number of tiles", () => {
    expect(() => tileGrid(new Uint8Array(5), 2, 1, 2)).toThrow(RangeError);
    expect(() => tileGrid(new Uint8Array(0), 2, 1, 2)).toThrow(RangeError);
  });
});

describe("pairGrid", () => {
  it("puts each row of originals above the row of its reconstructions", () => {
    const { width, height, data } = pairGrid(Uint8Array.of(1, 2, 3, 4), Uint8Array.of(11, 12, 13, 14), 1, 1, 2);
    expect([width, height]).toEqual([4, 10]);
    const rows = [0, 3, 6, 9].map((y) => [data[y * width], data[y * width + 3]]);
    expect(rows).toEqual([
      [1, 2],
      [11, 12],
      [3, 4],
      [13, 14],
    ]);
  });

  it("refuses halves of different size and rows that are not full", () => {
    expect(() => pairGrid(new Uint8Array(4), new Uint8Array(2), 1, 1, 2)).toThrow(RangeError);
    expect(() => pairGrid(new Uint8Array(3), new Uint8Array(3), 1, 1, 2)).toThrow(RangeError);
  });
});

describe("enlarged", () => {
  it("makes each pixel a square of as many as bring the longer side to the least, and leaves what is long enough", () => {
    const image = { width: 2, height: 1, data: Uint8Array.of(7, 9) };
    expect(enlarged(image, 4)).toEqual({ width: 4, height: 2, data: Uint8Array.of(7, 7, 9, 9, 7, 7, 9, 9) });
    expect(enlarged(image, 3)).toMatchObject({ width: 4, height: 2 });
    expect(enlarged(image, 2)).toEqual(image);
    expect(enlarged(image)).toMatchObject({ width: 400, height: 200 });
    expect(enlarged({ width: 598, height: 598, data: new Uint8Array(598 * 598) })).toMatchObject({ width: 598, height: 598 });
  });
});
