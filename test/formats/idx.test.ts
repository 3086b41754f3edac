import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/formats/format_error.ts";
import { parseIdx } from "../../src/formats/idx.ts";

/** An IDX file by the format's definition, written value by value. */
function idx(code: number, shape: readonly number[], write: (view: DataView, i: number, offset: number) => void, bytes: number): Uint8Array {
  const size = shape.reduce((product, n) => product * n, 1);
  const file = new Uint8Array(4 + 4 * shape.length + size * bytes);
  const view = new DataView(file.buffer);
  view.setUint8(2, code);
  view.setUint8(3, shape.length);
  shape.forEach((n, i) => view.setUint32(4 + 4 * i, n));
  for (let i = 0; i < size; i++) write(view, i, 4 + 4 * shape.length + i * bytes);
  return file;
}

const images = idx(0x08, [2, 2, 3], (view, i, offset) => view.setUint8(offset, 250 - i), 1);

describe("parseIdx", () => {
  it("reads bytes of any rank", () => {
    expect(parseIdx(images, "images")).toEqual({ shape: [2, 2, 3], data: Uint8Array.from({ length: 12 }, (_, i) => 250 - i) });
    expect(
      parseIdx(
        idx(0x08, [], (view, _, offset) => view.setUint8(offset, 7), 1),
        "scalar",
      ),
    ).toEqual({ shape: [], data: Uint8Array.of(7) });
    expect(
      parseIdx(
        idx(0x08, [0, 28, 28], () => undefined, 1),
        "none",
      ),
    ).toEqual({ shape: [0, 28, 28], data: new Uint8Array(0) });
  });

  it("reads the wider types big-endian", () => {
    const wide = [
      [0x09, Int8Array, 1, "setInt8"],
      [0x0b, Int16Array, 2, "setInt16"],
      [0x0c, Int32Array, 4, "setInt32"],
      [0x0d, Float32Array, 4, "setFloat32"],
      [0x0e, Float64Array, 8, "setFloat64"],
    ] as const;
    for (const [code, array, bytes, set] of wide) {
      const values = array.of(-3, 100, -128);
      const file = idx(code, [3], (view, i, offset) => view[set](offset, values[i]!), bytes);
      expect(parseIdx(file, set)).toEqual({ shape: [3], data: values });
    }
  });

  it("reads from the middle of a larger buffer", () => {
    const larger = new Uint8Array(images.length + 10);
    larger.set(images, 5);
    expect(parseIdx(larger.subarray(5, 5 + images.length), "view")).toEqual(parseIdx(images, "whole"));
  });

  it("copies: changing the file's bytes afterwards changes nothing, in a Node Buffer neither", () => {
    for (const file of [images.slice(), Buffer.from(images)]) {
      const { data } = parseIdx(file, "images");
      file.fill(0);
      expect(data[0]).toBe(250);
    }
  });

  it("names the file and what is wrong with it", () => {
    const parse = (bytes: Uint8Array) => () => parseIdx(bytes, "t10k");
    expect(parse(new Uint8Array(0))).toThrow(new FormatError("t10k: an IDX file starts with 4 bytes of magic number, got 0 bytes (it is truncated)"));
    expect(parse(Uint8Array.of(0x1f, 0x8b, 8, 0, 1))).toThrow(/^t10k: the magic number .* got 1f8b0800 \(is it still compressed\?\)$/);
    expect(parse(Uint8Array.of(0, 0, 0x0a, 1))).toThrow(/^t10k: the magic number .* got 00000a01/);
    expect(parse(images.subarray(0, 9))).toThrow(new FormatError("t10k: an IDX header of rank 3 has 16 bytes, got 9 (it is truncated)"));
    expect(parse(images.subarray(0, 20))).toThrow(new FormatError("t10k: shape [2, 2, 3] takes 28 bytes, got 20 (it is truncated)"));
    expect(parse(Uint8Array.of(...images, 0))).toThrow(new FormatError("t10k: shape [2, 2, 3] takes 28 bytes, got 29 (there are trailing bytes)"));
  });

  it("does not allocate what a wrong header claims", () => {
    const file = idx(0x0e, [1], () => undefined, 8);
    new DataView(file.buffer).setUint32(4, 0xffffffff);
    expect(() => parseIdx(file, "huge")).toThrow(new FormatError("huge: shape [4294967295] takes 34359738368 bytes, got 16 (it is truncated)"));
  });
});
