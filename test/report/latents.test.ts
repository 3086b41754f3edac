import { describe, expect, it } from "vitest";
import { lineLatents, manifoldLatents, traverseLatents } from "../../src/report/latents.ts";

describe("latents to decode", () => {
  it("manifoldLatents are quantiles of N(0, 1), from left to right and from bottom to top", () => {
    const z = manifoldLatents(4);
    // The quantiles at 1/8, 3/8, 5/8 and 7/8, from tables of the normal distribution; f32's uniform numbers are 2^-24 off.
    const quantiles = [-1.1503493804, -0.3186393639, 0.3186393639, 1.1503493804];
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 4; column++) {
        expect(z[2 * (4 * row + column)]).toBeCloseTo(quantiles[column]!, 6);
        expect(z[2 * (4 * row + column) + 1]).toBeCloseTo(quantiles[3 - row]!, 6);
      }
    }
  });

  it("lineLatents begin and end where they should, with equal steps between", () => {
    expect([...lineLatents([0, 8], [4, 0], 5)]).toEqual([0, 8, 1, 6, 2, 4, 3, 2, 4, 0]);
  });

  it("traverseLatents move one latent at a time and leave the others at the start", () => {
    expect([...traverseLatents([7, 9], 3)]).toEqual([-3, 9, 0, 9, 3, 9, 7, -3, 7, 0, 7, 3]);
  });
});
