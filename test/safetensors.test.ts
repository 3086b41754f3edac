import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../src/formats/format_error.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../src/formats/safetensors.ts";

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
    const big = new Map([["w", { shape: [3], data: new BigInt64Array(3) as unknown as Float32Array }]]);
    expect(() => writeSafetensors(big)).toThrow(TypeError);
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

  it("says what is wrong, by the file's name", () => {
    const one = Uint8Array.of(1);
    const two = Uint8Array.of(1, 2);
    const u8 = (begin: number, end: number): string => info("U8", [end - begin], [begin, end]);
    const wrong: [bytes: Uint8Array, message: RegExp][] = [
      [new Uint8Array(7), /starts with 8 bytes of header length, got 7 bytes/],
      [Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0x80), /at most 100000000 bytes, got 9223372036854776000/],
      [Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0x7b), /the header takes 9 bytes, got 1 \(it is truncated\)/],
      [file(""), /starts with "\{", got nothing/],
      [file(" {}"), /starts with "\{", got byte 32/],
      [file("{"), /the header is JSON in UTF-8/],
      [file("{}x"), /the header is JSON in UTF-8/],
      [file('{"a":1}'), /the dtype of "a" is one of F64, .* got undefined/],
      [file('{"a":null}'), /the dtype of "a"/],
      [file(`{"a":${info("F16", [1], [0, 2])}}`, two), /the dtype of "a" .* got "F16" \(convert it/],
      [file(`{"a":${info("constructor", [1], [0, 1])}}`, one), /the dtype of "a" .* got "constructor"/],
      [file(`{"a":${info("U8", [-1], [0, 1])}}`, one), /the shape of "a" is a list of whole numbers, got \[-1\]/],
      [file(`{"a":${info("U8", 1, [0, 1])}}`, one), /the shape of "a"/],
      [file(`{"a":${info("U8", [1.5], [0, 1])}}`, one), /the shape of "a"/],
      [file(`{"a":${info("U8", [1], [0])}}`, one), /the data_offsets of "a" are two whole numbers, got \[0\]/],
      [file(`{"a":${info("U8", [2], [0, 1])}}`, one), /"a" of U8 \[2\] takes 2 bytes, got data_offsets \[0, 1\]/],
      [file(`{"a":${info("U8", [1], [1, 0])}}`, one), /"a" of U8 \[1\] takes 1 bytes, got data_offsets \[1, 0\]/],
      [file(`{"a":${u8(0, 1)},"a":${u8(1, 2)}}`, two), /a key of the header occurs once, got "a" twice/],
      [file(`{"a":${u8(0, 1)},"\\u0061":${u8(1, 2)}}`, two), /a key of the header occurs once, got "a" twice/],
      [file(`{"a":{"dtype":"F32","dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, one), /occurs once, got "dtype" twice/],
      [file(`{"a":${u8(1, 2)}}`, two), /without holes, got "a" at 1 after 0 bytes/],
      [file(`{"a":${u8(0, 2)},"b":${u8(1, 2)}}`, two), /without overlap, got "b" at 1 after 2 bytes/],
      [file(`{"a":${u8(0, 1)}}`, two), /take 1 bytes, got 2 \(there are trailing bytes\)/],
      [file(`{"a":${u8(0, 2)}}`, one), /take 2 bytes, got 1 \(it is truncated\)/],
      [file('{"__metadata__":{"a":1}}'), /__metadata__ is an object of strings, got 1 for "a"/],
      [file('{"__metadata__":[]}'), /__metadata__ is an object of strings, got \[\]/],
    ];
    for (const [bytes, message] of wrong) {
      const read = (): unknown => readSafetensors(bytes, "vae.safetensors");
      expect(read).toThrow(FormatError);
      expect(read).toThrow(message);
      expect(read).toThrow(/^vae\.safetensors: /);
    }
  });

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

  it("throws nothing but FormatError, whatever the bytes", () => {
    const entry = fc.record({
      dtype: fc.constantFrom("F32", "U8", "BF16"),
      shape: fc.array(fc.nat(3), { maxLength: 3 }),
      data_offsets: fc.tuple(fc.nat(9), fc.nat(9)),
    });
    const header = fc.oneof(
      fc.json(),
      fc.dictionary(names, fc.oneof(entry, fc.jsonValue())).map((value) => JSON.stringify(value)),
    );
    const plausible = fc.tuple(header, fc.uint8Array({ maxLength: 9 })).map(([text, data]) => file(text, data));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), plausible), (bytes) => {
        try {
          readSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("throws nothing but FormatError when a good file is damaged", () => {
    const good = writeSafetensors(
      new Map([
        ["a", { shape: [2], data: Float32Array.of(1, 2) }],
        ["b", { shape: [3], data: Uint8Array.of(1, 2, 3) }],
      ]),
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (place, byte, length) => {
        const bytes = good.slice(0, length);
        bytes[place] = byte;
        try {
          readSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
