/** Every parser against random bytes, plausible files and damaged good ones: 2,000 cases each, or 100,000 with TEST_LONG=1. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { csvText } from "../../src/formats/csv.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { parseIdx } from "../../src/formats/idx.ts";
import { parseNpy, writeNpy } from "../../src/formats/npy.ts";
import { readSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { parseCsv } from "../../src/node/csv.ts";
import { readNumbers } from "../../src/node/index.ts";

const CASES = process.env["TEST_LONG"] === "1" ? 100_000 : 2000;
/** What a parser returns is at most this many times the size of its file, beside a little for an empty one. */
const MEMORY = 10;

type Bytes = fc.Arbitrary<Uint8Array>;

const encoder = new TextEncoder();
const bytes = (...parts: (string | readonly number[] | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...encoder.encode(part)] : [...part])));
const little = (value: number, size: number): number[] => Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
const big = (value: number, size: number): number[] => little(value, size).reverse();

/** A size that a hostile header may claim. */
const claim = fc.oneof(fc.nat(5), fc.constantFrom(2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1));
const rest = fc.uint8Array({ maxLength: 48 });

/** Good files with bytes overwritten, or cut out and put in. */
function damaged(good: Bytes): Bytes {
  const marks = fc.constantFrom(...['"', ",", "\n", "\r", "{", "}", "[", "]", ":", "0", "-", "\0"].map((text) => encoder.encode(text)));
  // Without the usual bias to small numbers: not always in the first bytes.
  const place = fc.noBias(fc.nat());
  const put = fc.oneof(fc.uint8Array({ maxLength: 4 }), marks);
  const overwrite = fc.tuple(place, put).map(([at, to]) => ({ at, cut: to.length, to }));
  const edit = fc.tuple(place, fc.nat(8), put).map(([at, cut, to]) => ({ at, cut, to }));
  const changes = fc.oneof(fc.array(overwrite, { minLength: 1, maxLength: 2 }), fc.array(edit, { minLength: 1, maxLength: 4 }));
  return fc.tuple(good, changes).map(([file, list]) =>
    list.reduce((now, { at, cut, to }) => {
      const start = at % (now.length + 1);
      return bytes(now.subarray(0, start), to, now.subarray(start + cut));
    }, file),
  );
}

const idxCode = fc.constantFrom(8, 9, 11, 12, 13, 14);
const goodIdx: Bytes = fc.tuple(fc.nat(3), fc.nat(3), rest).map(([a, b, data]) =>
  bytes(
    [0, 0, 8, 2],
    big(a, 4),
    big(b, 4),
    Uint8Array.from({ length: a * b }, (_, i) => data[i] ?? i),
  ),
);
const plausibleIdx: Bytes = fc
  .tuple(idxCode, fc.oneof(fc.nat(4), fc.nat(255)), fc.array(claim, { maxLength: 4 }), rest)
  .map(([code, rank, shape, data]) => bytes([0, 0, code, rank], ...shape.map((n) => big(n, 4)), data));

const numbers = fc.oneof(fc.float32Array({ maxLength: 8 }), fc.float64Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }));
const goodNpy: Bytes = numbers.map((data) => writeNpy([data.length, 1], data));
const npyToken = fc.oneof(
  fc.constantFrom(
    "{",
    "}",
    "(",
    ")",
    "[",
    ",",
    ":",
    " ",
    "True",
    "False",
    "'descr'",
    "'fortran_order'",
    "'shape'",
    "'<f4'",
    "'|u1'",
    "'<i8'",
    "'__proto__'",
  ),
  claim.map(String),
  fc.string({ maxLength: 3 }),
);
const npyHeader = fc.oneof(
  fc.array(npyToken, { maxLength: 16 }).map((tokens) => tokens.join("")),
  fc
    .tuple(fc.constantFrom("<f4", "<f8", "|u1", "|b1", "<u8", "<i8", ">f4", "|O"), fc.array(claim, { maxLength: 3 }))
    .map(([descr, shape]) => `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.map((n) => `${n},`).join("")})}`),
);
const plausibleNpy: Bytes = fc
  .tuple(fc.nat(4), npyHeader, fc.oneof(fc.constant(0), fc.integer({ min: -3, max: 70_000 })), rest)
  .map(([major, header, off, data]) =>
    bytes([0x93], "NUMPY", [major, 0], little(Math.max(0, header.length + off), major === 1 ? 2 : 4), header, data),
  );

const goodCsv: Bytes = fc
  .tuple(fc.float32Array({ minLength: 4, maxLength: 12, noNaN: true, noDefaultInfinity: true }), fc.boolean())
  .map(([values, names]) =>
    bytes(...csvText(values.subarray(0, 4 * Math.floor(values.length / 4)), 4, names ? { names: ["a", "b,", 'c"', "d"] } : {})),
  );
const csvToken = fc.oneof(
  fc.constantFrom(",", ";", "\t", "\n", "\r\n", "\r", '"', '""', " ", "0", "1", "-2.5", "1e9", "nan", "", "\ufeff", "\0"),
  fc.string({ maxLength: 3 }),
);
const plausibleCsv: Bytes = fc.array(csvToken, { maxLength: 40 }).map((tokens) => encoder.encode(tokens.join("")));

const goodSafetensors: Bytes = fc
  .dictionary(fc.string({ maxLength: 4 }), numbers, { maxKeys: 4 })
  .map((tensors) =>
    writeSafetensors(new Map(Object.entries(tensors).map(([name, data]) => [name, { shape: [data.length], data }])), new Map([["k", "v"]])),
  );
const info = fc.record(
  {
    dtype: fc.constantFrom("F32", "F64", "U8", "BF16", "constructor"),
    shape: fc.array(claim, { maxLength: 3 }),
    data_offsets: fc.oneof(fc.tuple(fc.nat(9), fc.nat(9)), fc.tuple(claim, claim)),
  },
  { requiredKeys: [] },
);
const safetensorsName = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom("__proto__", "__metadata__", "constructor"));
const safetensorsHeader = fc.oneof(
  fc.json(),
  fc
    .array(fc.tuple(safetensorsName, fc.oneof(info, fc.jsonValue())), { maxLength: 4 })
    .map((entries) => `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`),
);
const plausibleSafetensors: Bytes = fc
  .tuple(safetensorsHeader, fc.oneof(fc.constant(0), fc.integer({ min: -9, max: 9 })), rest)
  .map(([header, off, data]) => bytes(little(Math.max(0, encoder.encode(header).length + off), 8), header, data));

/** Bytes that the values hold which a parser returned. */
const sizeOf = (arrays: Iterable<ArrayBufferView>): number => [...arrays].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);

interface Parser {
  /** The ending of its files, if `readNumbers` reads them. */
  readonly ending?: string;
  readonly good: Bytes;
  readonly plausible: Bytes;
  /** Parses, and returns the bytes that the result holds. */
  readonly parse: (file: Uint8Array) => number;
}

const PARSERS: Record<string, Parser> = {
  idx: { ending: "idx", good: goodIdx, plausible: plausibleIdx, parse: (file) => sizeOf([parseIdx(file, "x").data]) },
  npy: { ending: "npy", good: goodNpy, plausible: plausibleNpy, parse: (file) => sizeOf([parseNpy(file, "x").data]) },
  csv: { ending: "csv", good: goodCsv, plausible: plausibleCsv, parse: (file) => sizeOf([parseCsv(file, "x").values]) },
  safetensors: {
    good: goodSafetensors,
    plausible: plausibleSafetensors,
    parse: (file) => sizeOf([...readSafetensors(file, "x").tensors.values()].map(({ data }) => data)),
  },
};

/** How the cases of a run ended. */
const seen = { accepted: 0, refused: 0 };

/** Lets nothing pass but a result of bounded size and a FormatError. */
function judge(parse: (file: Uint8Array) => number, file: Uint8Array): void {
  try {
    expect(parse(file)).toBeLessThanOrEqual(MEMORY * file.length + 16);
    seen.accepted++;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    expect(error.message.length).toBeLessThan(400);
    seen.refused++;
  }
}

const folder = mkdtempSync(join(tmpdir(), "elbograd-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(Object.entries(PARSERS))("the parser of %s", (_, { ending, good, plausible, parse }) => {
  it("reads every good file", () => {
    fc.assert(
      fc.property(good, (file) => {
        try {
          parse(file);
        } catch (error) {
          // A table without rows is well-formed and refused all the same.
          expect((error as Error).message).toMatch(/at least one row|no values/);
        }
      }),
    );
  });

  it(`throws nothing but FormatError and holds at most ${MEMORY} times the file, in ${CASES} cases`, async ({ annotate }) => {
    seen.accepted = seen.refused = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
          { weight: 4, arbitrary: plausible },
          { weight: 4, arbitrary: damaged(good) },
        ),
        (file) => judge(parse, file),
      ),
      { numRuns: CASES },
    );
    // A fuzz that reaches only one of the two outcomes tests little.
    expect(seen.accepted).toBeGreaterThan(CASES / 200);
    expect(seen.refused).toBeGreaterThan(CASES / 10);
    await annotate(`${CASES} cases: ${seen.accepted} read, ${seen.refused} refused`);
  });

  if (ending === undefined) return;
  it(`throws nothing but FormatError from a file, compressed or not, in ${CASES / 10} cases`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(plausible, damaged(good)), fc.constantFrom("plain", "gzip", "torn"), fc.nat(), async (file, kind, at) => {
        const whole = kind === "plain" ? file : gzipSync(file);
        const path = join(folder, `fuzz.${ending}${kind === "plain" ? "" : ".gz"}`);
        if (kind === "torn") whole[at % whole.length]! ^= 1 << (at % 8);
        writeFileSync(path, whole);
        const result = await readNumbers(path, { maxBytes: 1 << 16 }).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (result !== undefined) expect(result).toBeInstanceOf(FormatError);
      }),
      { numRuns: CASES / 10 },
    );
  });
});
