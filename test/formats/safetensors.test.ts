import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/formats/format_error.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../src/formats/safetensors.ts";

/** A file made of a header text and data, whatever they are. */
function file(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function headerOf(bytes: Uint8Array): { length: number; json: string } {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  return { length, json: new TextDecoder().decode(bytes.subarray(8, 8 + length)) };
}

const info = (dtype: string, shape: unknown, offsets: unknown): string => JSON.stringify({ dtype, shape, data_offsets: offsets });

const arrays = fc.oneof(
  fc.float32Array({ maxLength: 12 }),
  fc.float64Array({ maxLength: 12 }),
  fc.int32Array({ maxLength: 12 }),
  fc.uint32Array({ maxLength: 12 }),
  fc.int16Array({ maxLength: 12 }),
  fc.uint16Array({ maxLength: 12 }),
  fc.int8Array({ maxLength: 12 }),
  fc.uint8Array({ maxLength: 12 }),
  fc.bigInt64Array({ maxLength: 12 }),
  fc.bigUint64Array({ maxLength: 12 }),
);
const storedTensor: fc.Arbitrary<StoredTensor> = arrays.chain((data) =>
  fc.constantFrom([data.length], [1, data.length, 1]).map((shape) => ({ shape, data })),
);
const names = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("__proto__", "constructor", "7", 'a"b\\', "encoder.0.weight"));
const named = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Map<string, T>> =>
  fc.array(fc.tuple(names, value), { maxLength: 6 }).map((entries) => new Map(entries.filter(([name]) => name !== "__metadata__")));

describe("writeSafetensors", () => {
  it("lays out a small file byte by byte as the format says", () => {
    const bytes = writeSafetensors(new Map([["w", { shape: [1, 2], data: Float32Array.of(1, -2) }]]));
    const { length, json } = headerOf(bytes);
    expect(json.trimEnd()).toBe('{"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}');
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it("starts the values at a multiple of 8 bytes and each tensor at a multiple of its element", () => {
    fc.assert(
      fc.property(named(storedTensor), (tensors) => {
        const { length, json } = headerOf(writeSafetensors(tensors));
        expect((8 + length) % 8).toBe(0);
        for (const [name, { data_offsets }] of Object.entries(JSON.parse(json) as Record<string, { data_offsets: [number, number] }>)) {
          expect(data_offsets[0] % tensors.get(name)!.data.BYTES_PER_ELEMENT).toBe(0);
        }
      }),
    );
  });

  it("writes only the part of a buffer that the array covers", () => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const { tensors } = readSafetensors(writeSafetensors(new Map([["part", { shape: [2], data }]])));
    expect(tensors.get("part")!.data).toEqual(Float32Array.of(2, 3));
  });

  it("refuses data that does not fit its shape and the reserved name", () => {
    const data = new Float32Array(3);
    expect(() => writeSafetensors(new Map([["w", { shape: [2, 2], data }]]))).toThrow(
      new RangeError('safetensors: "w" of shape [2, 2] holds 4 values, got 3'),
    );
    expect(() => writeSafetensors(new Map([["__metadata__", { shape: [3], data }]]))).toThrow(RangeError);
    for (const odd of [[1, 2, 3], new Uint8ClampedArray(3), new DataView(new ArrayBuffer(3))]) {
      expect(() => writeSafetensors(new Map([["w", { shape: [3], data: odd as unknown as Float32Array }]]))).toThrow(/^safetensors: /);
    }
    expect(() => writeSafetensors(new Map([["w", { shape: [-1, -3], data }]]))).toThrow(
      new RangeError('safetensors: a shape is a list of whole numbers, got [-1, -3] of "w"'),
    );
    expect(() => writeSafetensors(new Map(), new Map([["k", 1 as unknown as string]]))).toThrow(
      new TypeError('safetensors: metadata are texts, got number for "k"'),
    );
  });
});

describe("readSafetensors", () => {
  it("reads what was written, names and metadata of any kind included", () => {
    fc.assert(
      fc.property(named(storedTensor), named(fc.string({ unit: "grapheme" })), (tensors, metadata) => {
        const read = readSafetensors(writeSafetensors(tensors, metadata));
        expect(read.tensors).toEqual(tensors);
        expect(read.metadata).toEqual(metadata);
        for (const [name, { data }] of read.tensors) expect(data.constructor).toBe(tensors.get(name)!.data.constructor);
      }),
    );
  });

  it("accepts an empty file of tensors, an empty tensor and spaces in the header", () => {
    expect(readSafetensors(file("{}")).tensors.size).toBe(0);
    expect(readSafetensors(file(`{ "e" : ${info("F32", [0, 4], [0, 0])} }  `)).tensors.get("e")).toEqual({
      shape: [0, 4],
      data: new Float32Array(0),
    });
  });

  it("keeps __proto__ as a name", () => {
    const { tensors } = readSafetensors(file(`{"__proto__":${info("U8", [1], [0, 1])}}`, Uint8Array.of(9)));
    expect([...tensors]).toEqual([["__proto__", { shape: [1], data: Uint8Array.of(9) }]]);
  });

  it("reads from the middle of a larger buffer", () => {
    const bytes = writeSafetensors(new Map([["w", { shape: [2], data: Float64Array.of(1, 2) }]]));
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(readSafetensors(larger.subarray(3))).toEqual(readSafetensors(bytes));
    expect(readSafetensors(Buffer.from(larger).subarray(3))).toEqual(readSafetensors(bytes));
  });

  it("refuses what is no array of bytes", () => {
    for (const odd of ["{}", null, [1, 2]]) {
      expect(() => readSafetensors(odd as unknown as Uint8Array)).toThrow(/^readSafetensors: the bytes are a Uint8Array or an ArrayBuffer, got /);
    }
  });

  /** The values of a file of one tensor [n]. */
  const valuesOf = (dtype: string, n: number, data: ArrayBuffer): unknown =>
    readSafetensors(file(`{"a":${info(dtype, [n], [0, data.byteLength])}}`, new Uint8Array(data))).tensors.get("a")!.data;

  it("reads F16 and BF16 exactly as f32: every finite number of either, infinities, NaN and the sign of 0", () => {
    // The first of each comes from numpy.array([…], "<f2").tobytes() and torch.tensor([…], dtype=torch.bfloat16).
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x3555);
    expect(valuesOf("F16", 10, halves.buffer)).toEqual(
      Float32Array.of(1, -2, 65504, 2 ** -14, 2 ** -24, -0, Infinity, -Infinity, NaN, 0.333251953125),
    );
    const brains = Uint16Array.of(0x3f80, 0xc000, 0x7f7f, 0x0080, 0x0001, 0x8000, 0x7f80, 0xff80, 0x7fc0, 0x3eab);
    expect(valuesOf("BF16", 10, brains.buffer)).toEqual(
      Float32Array.of(1, -2, 3.3895313892515355e38, 2 ** -126, 2 ** -133, -0, Infinity, -Infinity, NaN, 0.333984375),
    );
    const all = valuesOf("F16", 65_536, Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer) as Float32Array;
    for (let bits = 0x0001; bits < 0x7c00; bits++) {
      expect(all[bits]).toBeGreaterThan(all[bits - 1]!);
      expect(all[bits | 0x8000]).toBe(-all[bits]!);
    }
  });

  it("reads 64-bit integers exactly, as bigints, and truth values as bytes of 0 and 1", () => {
    expect(valuesOf("I64", 3, BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n, -1n).buffer)).toEqual(
      BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n, -1n),
    );
    expect(valuesOf("U64", 2, BigUint64Array.of(2n ** 64n - 1n, 7n).buffer)).toEqual(BigUint64Array.of(2n ** 64n - 1n, 7n));
    expect(valuesOf("BOOL", 4, Uint8Array.of(0, 1, 255, 0).buffer)).toEqual(Uint8Array.of(0, 1, 1, 0));
  });

  const one = Uint8Array.of(1);
  const two = Uint8Array.of(1, 2);
  const u8 = (begin: number, end: number): string => info("U8", [end - begin], [begin, end]);
  const rules: Record<string, [bytes: Uint8Array, message: RegExp][]> = {
    "a file has 8 bytes of length and the header that they announce": [
      [new Uint8Array(7), /starts with 8 bytes of header length, got 7 bytes/],
      [Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0x7b), /the header takes 9 bytes, got 1 \(it is truncated\)/],
    ],
    "a header has at most 100 MB": [
      [Uint8Array.of(0x01, 0xe1, 0xf5, 0x05, 0, 0, 0, 0, 0x7b), /a header has at most 100000000 bytes, got 100000001/],
      [Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0x80), /at most 100000000 bytes, got 9223372036854776000/],
      // One byte less is only missing.
      [Uint8Array.of(0x00, 0xe1, 0xf5, 0x05, 0, 0, 0, 0, 0x7b), /the header takes 100000000 bytes, got 1 /],
    ],
    "a header starts with {": [
      [file(""), /starts with "\{", got nothing/],
      [file(" {}"), /starts with "\{", got byte 32/],
    ],
    "a header is one JSON object of known fields": [
      [file("{"), /a key of the header is a string, got its end/],
      [file("{}x"), /nothing follows the object of the header, got "x"/],
      [file("{},"), /nothing follows/],
      [file('{"a'), /a string of the header is JSON, got "\\"a"/],
      [file('{"\\x":{}}'), /a string of the header is JSON/],
      [file(`{"a" ${u8(0, 1)}}`, one), /the header is JSON with ":" at character 5/],
      [file(`{"a":${u8(0, 1)},}`, one), /a key of the header is a string, got "\}"/],
      [file('{"a":1}'), /the header is JSON with "\{" at character 5, got "1\}"/],
      [file('{"a":{"dtype":"U8","shape":[1]}}'), /"a" has a dtype, a shape and data_offsets, got no data_offsets/],
      [file('{"a":{"shape":[1],"data_offsets":[0,1]}}', one), /got no dtype/],
      [file('{"a":{"dtype":"U8","data_offsets":[0,1]}}', one), /got no shape/],
      [file('{"a":{"dtype":8}}'), /the dtype of "a" is a string, got "8\}\}"/],
      [file('{"a":{"stride":[1]}}'), /"a" has a dtype, a shape and data_offsets, got "stride"/],
      [file('{"__metadata__":{"a":1}}'), /__metadata__ is an object of strings, got "1\}\}"/],
      [file('{"__metadata__":[]}'), /the header is JSON with "\{" at character 16, got "\[\]\}"/],
    ],
    "dtypes and numbers are known ones": [
      [file(`{"a":${info("F8_E4M3", [2], [0, 2])}}`, two), /the dtype of "a" .* got "F8_E4M3" \(convert it/],
      [file(`{"a":${info("constructor", [1], [0, 1])}}`, one), /the dtype of "a" .* got "constructor"/],
      [file(`{"a":${info("U8", [-1], [0, 1])}}`, one), /the shape of "a" is a list of whole numbers, got "-1\]/],
      [file(`{"a":${info("U8", 1, [0, 1])}}`, one), /the shape of "a"/],
      [file(`{"a":${info("U8", [1.5], [0, 1])}}`, one), /the shape of "a"/],
      [file('{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}', one), /the shape of "a" is a list of whole numbers/],
      [file(`{"a":${info("U8", [1e16], [0, 1])}}`, one), /the shape of "a" is a list of whole numbers/],
      [file(`{"a":${info("U8", [1], [0])}}`, one), /the data_offsets of "a" are two whole numbers, got 1/],
    ],
    "offsets fit dtype × shape": [
      [file(`{"a":${info("U8", [2], [0, 1])}}`, one), /"a" of U8 \[2\] takes 2 bytes, got data_offsets \[0, 1\]/],
      [file(`{"a":${info("U8", [1], [0, 2])}}`, two), /"a" of U8 \[1\] takes 1 bytes, got data_offsets \[0, 2\]/],
      [file(`{"a":${info("U8", [1], [1, 0])}}`, one), /"a" of U8 \[1\] takes 1 bytes, got data_offsets \[1, 0\]/],
    ],
    "claims of any size are held against the file before anything is allocated": [
      [
        file(`{"a":${info("F32", [2 ** 53 - 1], [0, 4])}}`, one),
        /"a" of F32 \[9007199254740991\] takes 36028797018963964 bytes, got data_offsets \[0, 4\]/,
      ],
      [file(`{"a":${info("U8", [1e12], [0, 1e12])}}`, one), /take 1000000000000 bytes, got 1 \(it is truncated\)/],
      [file(`{"a":${info("F64", [2 ** 52, 2 ** 52], [0, 8])}}`, one), /"a" of F64 .* takes 1\.6\d+e\+32 bytes, got data_offsets \[0, 8\]/],
      [file(`{"a":${info("U8", [2 ** 53], [0, 1])}}`, one), /the shape of "a" is a list of whole numbers, got "9007199254740992\]/],
      [file(`{"a":${info("U8", [1], [2 ** 53, 2 ** 53 + 2])}}`, one), /the data_offsets of "a" are two whole numbers/],
      [file(`{"a":${info("U8", [0, 2 ** 40], [5, 5])}}`, one), /without holes, got "a" at 5 after 0 bytes/],
      [file(`{"__proto__":${info("I64", [1], [0, 7])}}`, new Uint8Array(7)), /"__proto__" of I64 \[1\] takes 8 bytes, got data_offsets \[0, 7\]/],
    ],
    "a header has at most 65,536 names, and a shape 64 numbers": [
      [
        file(`{${Array.from({ length: 65_537 }, (_, i) => `"${i}":${u8(0, 0)}`).join(",")}}`),
        /an object of the header has at most 65536 names, got more/,
      ],
      [file(`{"a":${info("U8", new Array(65).fill(1), [0, 1])}}`, one), /a list of the header has at most 64 numbers, got more/],
    ],
    "no name occurs twice": [
      [file(`{"a":${u8(0, 1)},"a":${u8(1, 2)}}`, two), /a key of the header occurs once, got "a" twice/],
      [file(`{"a":${u8(0, 1)},"\\u0061":${u8(1, 2)}}`, two), /a key of the header occurs once, got "a" twice/],
      [file(`{"a":{"dtype":"F32","dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, one), /occurs once, got "dtype" twice/],
    ],
    "there are no holes": [[file(`{"a":${u8(1, 2)}}`, two), /without holes, got "a" at 1 after 0 bytes/]],
    "there is no overlap": [[file(`{"a":${u8(0, 2)},"b":${u8(1, 2)}}`, two), /without overlap, got "b" at 1 after 2 bytes/]],
    "the tensors fill the file": [
      [file(`{"a":${u8(0, 1)}}`, two), /take 1 bytes, got 2 \(there are trailing bytes\)/],
      [file(`{"a":${u8(0, 2)}}`, one), /take 2 bytes, got 1 \(it is truncated\)/],
    ],
  };
  for (const [rule, wrong] of Object.entries(rules)) {
    it(`keeps to the rule, and says what breaks it by the file's name: ${rule}`, () => {
      for (const [bytes, message] of wrong) {
        const read = (): unknown => readSafetensors(bytes, "vae.safetensors");
        expect(read).toThrow(FormatError);
        expect(read).toThrow(message);
        expect(read).toThrow(/^vae\.safetensors: /);
      }
    });
  }

  it("does not take strings for keys, or the same key of two objects for one", () => {
    const header = `{"__metadata__":{"k":"{\\"k\\":","dtype":"\\\\"},"a":${info("U8", [1], [0, 1])},"b":${info("U8", [1], [1, 2])}}`;
    const { tensors, metadata } = readSafetensors(file(header, Uint8Array.of(1, 2)));
    expect([...tensors.keys()]).toEqual(["a", "b"]);
    expect(metadata.get("k")).toBe('{"k":');
  });

  it("refuses invalid UTF-8 in names", () => {
    const bytes = file('{"a":1}');
    bytes[10] = 0xff;
    expect(() => readSafetensors(bytes)).toThrow(FormatError);
  });
});
