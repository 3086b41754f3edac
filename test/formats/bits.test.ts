import { describe, expect, it } from "vitest";
import { unpackBits } from "../../src/formats/bits.ts";
import { FormatError } from "../../src/formats/format_error.ts";

describe("unpackBits", () => {
  it("reads the most significant bit first, and begins each row with a byte of its own", () => {
    // numpy.packbits([[1, 0, 0, 0, 0, 0, 1, 1, 1, 0], [0, 1, 1, 1, 1, 1, 1, 0, 0, 1]], axis=1)
    expect(unpackBits(Uint8Array.of(0b10000011, 0b10000000, 0b01111110, 0b01000000), 2, 10, "x")).toEqual(
      Uint8Array.of(1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1),
    );
  });

  it("is undone by packing", () => {
    for (const columns of [1, 7, 8, 9, 784]) {
      const values = Uint8Array.from({ length: 3 * columns }, (_, i) => ((i * 5) ^ (i >> 3)) & 1);
      const stride = Math.ceil(columns / 8);
      const packed = new Uint8Array(3 * stride);
      values.forEach((bit, i) => (packed[Math.floor(i / columns) * stride + ((i % columns) >> 3)]! |= bit << (7 - ((i % columns) & 7))));
      expect(unpackBits(packed, 3, columns, "x")).toEqual(values);
    }
  });

  it("refuses bytes of other columns, by their number and by bits that should not be set", () => {
    expect(() => unpackBits(new Uint8Array(2 * 98), 2, 785, "x.npy")).toThrow(
      new FormatError("x.npy: 785 packed bits take 99 bytes a row, got 98 (give the number of columns that were packed)"),
    );
    expect(() => unpackBits(Uint8Array.of(0xff, 0b11000001), 1, 10, "x.npy")).toThrow(
      new FormatError("x.npy: bits after a row's 10 columns are 0, got 1 at row 0 (give the number of columns that were packed)"),
    );
  });
});
