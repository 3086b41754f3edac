import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/formats/format_error.ts";
import { parseNpy, writeNpy } from "../../src/formats/npy.ts";

/** An NPY file of any header text and data. */
function npy(header: string, data: Uint8Array | number[] = [], version: readonly [number, number] = [1, 0]): Uint8Array {
  const size = version[0] === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, ...version, ...size, ...new TextEncoder().encode(header), ...data);
}

const dict = (descr: string, shape: string, order = "False"): string => `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe("parseNpy", () => {
  it("reads every dtype little-endian", () => {
    const cases = [
      ["<f4", Float32Array.of(1.5, -2, 1e30)],
      ["<f8", Float64Array.of(0.1, -1e300, 5e-324)],
      ["|u1", Uint8Array.of(0, 7, 255)],
      ["|i1", Int8Array.of(-128, 0, 127)],
      ["<u2", Uint16Array.of(0, 256, 65_535)],
      ["<i2", Int16Array.of(-32_768, 1, 258)],
      ["<u4", Uint32Array.of(0, 65_536, 4_294_967_295)],
      ["<i4", Int32Array.of(-2_147_483_648, 1, 2)],
    ] as const;
    for (const [descr, data] of cases) expect(parseNpy(npy(dict(descr, "(3,)"), bytesOf(data)), descr)).toEqual({ shape: [3], data, descr });
  });

  it("reads truth values as bytes of 0 and 1, and 64-bit integers as f64 where they fit", () => {
    expect(parseNpy(npy(dict("|b1", "(3,)"), [0, 1, 2]), "b").data).toEqual(Uint8Array.of(0, 1, 1));
    const signed = BigInt64Array.of(-(2n ** 53n) + 1n, 0n, 2n ** 53n - 1n);
    expect(parseNpy(npy(dict("<i8", "(3,)"), bytesOf(signed)), "i").data).toEqual(Float64Array.from(signed, Number));
    expect(parseNpy(npy(dict("<u8", "(1,)"), bytesOf(BigUint64Array.of(9n))), "u").data).toEqual(Float64Array.of(9));
    const large = npy(dict("<u8", "(2,)"), bytesOf(BigUint64Array.of(1n, 2n ** 64n - 1n)));
    expect(() => parseNpy(large, "u")).toThrow(
      new FormatError("u: 64-bit integers are at most 2^53 in size, got a larger one at index 1 (save the array as <f8)"),
    );
  });

  it("reads versions 1.0 to 3.0, any rank, and the header in any order and spelling that NumPy writes", () => {
    const one = { shape: [1], data: Uint8Array.of(5), descr: "|u1" };
    for (const version of [
      [1, 0],
      [2, 0],
      [3, 0],
    ] as const)
      expect(parseNpy(npy(dict("|u1", "(1,)"), [5], version), "v")).toEqual(one);
    expect(parseNpy(npy(`{"shape":(1L,),'fortran_order':False , "descr" : "|u1"}   \n`, [5]), "order")).toEqual(one);
    expect(parseNpy(npy(dict("|u1", "()"), [5]), "scalar")).toEqual({ ...one, shape: [] });
    expect(parseNpy(npy(dict("|u1", "(2, 1, 1)"), [5, 6]), "rank").shape).toEqual([2, 1, 1]);
    expect(parseNpy(npy(dict("<f8", "(0, 3)")), "none")).toEqual({ shape: [0, 3], data: new Float64Array(0), descr: "<f8" });
  });

  it("reads a file that NumPy wrote", () => {
    // numpy.save(file, numpy.arange(3, dtype="<i2")), NumPy 2.4.
    const text = "\x93NUMPY\x01\x00v\x00{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }";
    const file = Buffer.from(`${text.padEnd(127)}\n\x00\x00\x01\x00\x02\x00`, "latin1");
    expect(parseNpy(file, "numpy")).toEqual({ shape: [3], data: Int16Array.of(0, 1, 2), descr: "<i2" });
  });

  it("reads big-endian arrays, 16-bit floats and Fortran order as NumPy writes them", () => {
    // the header and the values that numpy.save wrote (NumPy 2.4), and x.ravel().tolist()
    const files: [header: string, values: string, expected: number[]][] = [
      ["{'descr': '>f2', 'fortran_order': False, 'shape': (4,), }", "OAC9AHv/AAE=", [0.5, -1.25, 65504, 5.960464477539063e-8]],
      ["{'descr': '<f2', 'fortran_order': False, 'shape': (4,), }", "ADgAvf97AQA=", [0.5, -1.25, 65504, 5.960464477539063e-8]],
      ["{'descr': '>f4', 'fortran_order': False, 'shape': (4,), }", "PwAAAL+gAABHf+AAM4DZWQ==", [0.5, -1.25, 65504, 5.99999978589949e-8]],
      ["{'descr': '>f8', 'fortran_order': False, 'shape': (4,), }", "P+AAAAAAAAC/9AAAAAAAAEDv/AAAAAAAPnAbKymkaSs=", [0.5, -1.25, 65504, 6e-8]],
      ["{'descr': '>i2', 'fortran_order': False, 'shape': (4,), }", "AAH//gECgAA=", [1, -2, 258, -32768]],
      ["{'descr': '>u2', 'fortran_order': False, 'shape': (4,), }", "AAEAAgEC//8=", [1, 2, 258, 65535]],
      ["{'descr': '>i4', 'fortran_order': False, 'shape': (4,), }", "AAAAAf////4AAAEC//+AAA==", [1, -2, 258, -32768]],
      ["{'descr': '>u4', 'fortran_order': False, 'shape': (4,), }", "AAAAAQAAAAIAAAECAAD//w==", [1, 2, 258, 65535]],
      ["{'descr': '>i8', 'fortran_order': False, 'shape': (4,), }", "AAAAAAAAAAH//////////gAAAAAAAAEC////////gAA=", [1, -2, 258, -32768]],
      ["{'descr': '>u8', 'fortran_order': False, 'shape': (4,), }", "AAAAAAAAAAEAAAAAAAAAAgAAAAAAAAECAAAAAAAA//8=", [1, 2, 258, 65535]],
      ["{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }", "AAADAAEABAACAAUA", [0, 1, 2, 3, 4, 5]],
      [
        "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }",
        "AAwEEAgUAQ0FEQkVAg4GEgoWAw8HEwsX",
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
      ],
      ["{'descr': '>f4', 'fortran_order': True, 'shape': (3, 2), }", "AAAAAEAAAABAgAAAP4AAAEBAAABAoAAA", [0, 1, 2, 3, 4, 5]],
    ];
    for (const [header, values, expected] of files) {
      const { data, shape, descr } = parseNpy(npy(header, Buffer.from(values, "base64")), header);
      expect([...data], header).toEqual(expected);
      expect(header).toContain(`'descr': '${descr}'`);
      expect(shape.reduce((size, n) => size * n)).toBe(expected.length);
    }
  });

  it("reads infinities, NaN and the least of 16-bit floats, and Fortran order of one or no value", () => {
    const { data } = parseNpy(npy(dict("<f2", "(5,)"), bytesOf(Uint16Array.of(0x7c00, 0xfc00, 0x7e00, 0x8001, 0x8000))), "h");
    expect(data).toEqual(Float32Array.of(Infinity, -Infinity, NaN, -(2 ** -24), -0));
    expect(parseNpy(npy(dict("|u1", "(2, 0)", "True")), "none")).toMatchObject({ shape: [2, 0], data: new Uint8Array(0) });
    expect(parseNpy(npy(dict("|u1", "()", "True"), [7]), "one")).toMatchObject({ shape: [], data: Uint8Array.of(7) });
  });

  it("names the file and what is wrong with it", () => {
    const wrong: [bytes: Uint8Array, message: string | RegExp][] = [
      [new Uint8Array(0), 'an NPY file starts with 93 "NUMPY" and a version, got nothing (is it an NPY file?)'],
      [Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0), /got 50 4b 03 04/],
      [npy(dict("|u1", "(1,)"), [5], [4, 0]), /the NPY version is 1.0, 2.0 or 3.0, got 4.0/],
      [npy(dict("|u1", "(1,)"), [5], [1, 1]), /got 1.1/],
      [npy("").subarray(0, 9), /the length of the header follows the version, got 9 bytes \(it is truncated\)/],
      [npy(dict("|u1", "(1,)")).subarray(0, 20), /the header takes 58 bytes, got 10 \(it is truncated\)/],
      [npy(dict("<f4", "(2, 2)"), [1, 2, 3]), /shape \[2, 2\] of <f4 takes 86 bytes, got 73 \(it is truncated\)/],
      [npy(dict("|u1", "(1,)"), [1, 2]), /there are trailing bytes/],
      [npy(dict("|u1", "(9007199254740991, 9007199254740991)")), /it is truncated/],
      [npy(dict("|u1", "(9007199254740993,)")), /shape is a tuple of at most 64 whole numbers, got "[,)]/],
      [npy(dict("|u1", `(${"1,".repeat(65)})`)), /shape is a tuple of at most 64 whole numbers/],
      [npy(dict(">f4", "(2, 2)", "True"), [1, 2, 3]), /shape \[2, 2\] of >f4 takes 85 bytes, got 72 \(it is truncated\)/],
      [npy(dict("|O", "(1,)")), /got "\|O" \(save x.astype\('<f4'\)\)/],
      [npy(dict("<U3", "(1,)")), /got "<U3"/],
      [npy(dict("<c8", "(1,)")), /the dtype is one of b1, .*, got "<c8"/],
      [npy(dict("=f4", "(1,)")), /got "=f4"/],
      [npy(dict("|f4", "(1,)")), /got "\|f4"/],
      [npy(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}`), /in an NPY header descr is a string, not a structure, got "\[\('a'/],
      [npy(`{'descr': '<f4', 'shape': (1,)}`), /it has a fortran_order, got its end/],
      [npy(`{'descr': '<f4', 'fortran_order': False}`), /it has a shape/],
      [npy("{}"), /it has a descr/],
      [npy(dict("<f4", "(1,)", "true")), /fortran_order is True or False, got "true/],
      [npy(`{'descr': '<f4', 'descr': '<f4'}`), /it has each key once, descr stands twice/],
      [npy(`{'__proto__': '<f4'}`), /its keys are descr, fortran_order and shape, got /],
      [npy(dict("<f4", "(1,)") + "; import os"), /nothing follows its dict, got "; import os"/],
      [npy(dict("<f4", "(-1,)")), /whole numbers, got "-1,/],
      [npy(dict("<f4", "(1.0,)")), /is a Python dict with/],
      [npy(dict("<f4", "(1)")), /shape is a tuple/],
      [npy("[]"), /is a Python dict with "\{" at character 0, got "\[\]"/],
      [npy(""), /is a Python dict/],
    ];
    for (const [bytes, message] of wrong) {
      const parse = (): unknown => parseNpy(bytes, "x.npy");
      expect(parse).toThrow(FormatError);
      expect(parse).toThrow(message);
      expect(parse).toThrow(/^x\.npy: /);
    }
  });

  it("copies: changing the file's bytes afterwards changes nothing", () => {
    const file = Buffer.from(npy(dict("|u1", "(1,)"), [5]));
    const { data } = parseNpy(file, "x");
    file.fill(0);
    expect(data[0]).toBe(5);
  });
});

describe("writeNpy", () => {
  it("starts the values at a multiple of 64 bytes and ends the header with a line feed", () => {
    const bytes = writeNpy([2], Float32Array.of(1, 2));
    expect(bytes.length).toBe(128 + 8);
    expect(bytes[127]).toBe(0x0a);
    expect(new TextDecoder("latin1").decode(bytes.subarray(10, 127)).trimEnd()).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }");
  });

  it("is read back as the same array, bit for bit", () => {
    const arrays = fc.oneof(fc.float32Array(), fc.float64Array(), fc.uint32Array(), fc.uint8Array());
    fc.assert(
      fc.property(arrays, fc.nat(3), (data, form) => {
        const shape = [[data.length], [1, data.length], [data.length, 1, 1], [1, 1, data.length]][form]!;
        expect(parseNpy(writeNpy(shape, data), "x")).toMatchObject({ shape, data });
      }),
    );
  });

  it("refuses data that does not fit its shape", () => {
    expect(() => writeNpy([2, 2], new Float32Array(3))).toThrow(new RangeError("npy: shape [2, 2] holds 4 values, got 3"));
  });
});
