import { describe, expect, it } from "vitest";
import { type Pixels, resized } from "../../src/data/resize.ts";

const grey = (width: number, height: number, ...data: number[]): Pixels => ({ width, height, channels: 1, data: Uint8Array.from(data) });

describe("resized", () => {
  it("gives the picture itself where the size stays", () => {
    const picture = grey(2, 1, 3, 4);
    expect(resized(picture, { width: 2, height: 1 })).toBe(picture);
  });

  it("takes the mean over the area of each new pixel where it shrinks", () => {
    // 4×2 to 2×1: the means of the two squares
    expect(resized(grey(4, 2, 0, 4, 100, 200, 8, 12, 100, 0), { width: 2, height: 1 })).toEqual(grey(2, 1, 6, 100));
  });

  it("divides a pixel between the two new ones that it lies under", () => {
    // 3 to 2: (2·30 + 90)/3 and (90 + 2·240)/3
    expect(resized(grey(3, 1, 30, 90, 240), { width: 2, height: 1 })).toEqual(grey(2, 1, 50, 190));
  });

  it("goes straight from one pixel's centre to the next where it grows", () => {
    // centres of 4 over 2: −1/4, 1/4, 3/4 and 5/4 of the way
    expect(resized(grey(2, 1, 0, 100), { width: 4, height: 1 })).toEqual(grey(4, 1, 0, 25, 75, 100));
    expect(resized(grey(1, 1, 7), { width: 2, height: 3 })).toEqual(grey(2, 3, 7, 7, 7, 7, 7, 7));
  });

  it("may shrink along one side and grow along the other, and keeps channels apart", () => {
    const picture: Pixels = { width: 2, height: 1, channels: 3, data: Uint8Array.of(10, 20, 30, 30, 60, 90) };
    const want = { width: 1, height: 2, channels: 3, data: Uint8Array.of(20, 40, 60, 20, 40, 60) };
    expect(resized(picture, { width: 1, height: 2 })).toEqual(want);
  });
});
