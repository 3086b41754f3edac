import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlainNumbers, readNumber, writeNumber } from "../../src/table/number_form.ts";

const encoder = new TextEncoder();

function plain(text: string, decimal: "." | "," = "."): number {
  const bytes = encoder.encode(text);
  return new PlainNumbers(decimal).read(bytes, 0, bytes.length);
}

describe("numbers as bytes", () => {
  it("are the doubles that JavaScript reads, to the last bit", () => {
    const digits = (most: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9]{0,${most}}$`));
    const property = fc.property(fc.constantFrom("", "-", "+"), digits(8), digits(7), (sign, whole, fraction) => {
      const text = `${sign}${whole}.${fraction}`;
      expect(plain(text)).toBe(whole + fraction === "" ? NaN : Number(text));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it("are left to a slower way where more than 15 digits, or anything else, stand in them", () => {
    expect([plain("1234567890123456"), plain("1e5"), plain("1,5"), plain(""), plain("-"), plain("."), plain("1.2.3"), plain("0x10")]).toEqual(
      Array.from({ length: 8 }, () => NaN),
    );
  });

  it("have a decimal comma where that is the sign", () => {
    expect([plain("1,5", ","), plain("-,25", ","), plain("1.5", ",")]).toEqual([1.5, -0.25, NaN]);
  });
});

describe("numbers with what people put around them", () => {
  it.each([
    ["1,234.50", { value: 1234.5, decimals: 2, group: "," }],
    ["$1,234", { value: 1234, decimals: 0, group: ",", prefix: "$" }],
    ["-$5.25", { value: -5.25, decimals: 2, prefix: "$" }],
    ["12.5 %", { value: 12.5, decimals: 1, suffix: " %" }],
    ["12 €", { value: 12, decimals: 0, suffix: " €" }],
    ["\u22123", { value: -3, decimals: 0 }],
    ["1e-5", { value: 1e-5, decimals: 0, exponent: true }],
    ["12 345 678", { value: 12345678, decimals: 0, group: " " }],
    ["12345678901234567", { value: Number("12345678901234567"), decimals: 0 }],
  ])("%s is read", (text, expected) => {
    expect(readNumber(text, ".")).toEqual(expected);
  });

  it.each(["1,23", "1,2345", "12-5", "--5", "5 apples", "", "$", "%", "1 2", "Infinity", "1e999"])("%j is none", (text) => {
    expect(readNumber(text, ".")).toBeUndefined();
  });

  it("may have a decimal comma and points between thousands", () => {
    expect(readNumber("1.234,5", ",")).toEqual({ value: 1234.5, decimals: 1, group: "." });
  });
});

describe("numbers in the form of their column", () => {
  it.each([
    [5, { decimals: 1 }, "5.0"],
    [0.25, { decimals: 0 }, "0.25"],
    [-1234.5, { decimals: 2, group: "," }, "-1,234.50"],
    [1234567.5, { decimals: 1, decimal: ",", group: "." }, "1.234.567,5"],
    [-5.25, { decimals: 2, prefix: "$" }, "-$5.25"],
    [12.5, { decimals: 1, suffix: "%" }, "12.5%"],
    [-0, { decimals: 0 }, "-0"],
    [1e-7, { decimals: 0 }, "0.0000001"],
    [1e300, { decimals: 2 }, "1e+300"],
    [5e-324, { decimals: 0 }, "5e-324"],
  ] as const)("%d is written", (value, form, text) => {
    expect(writeNumber(value, form)).toBe(text);
  });

  it("are read back as themselves", () => {
    const property = fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(4), (value, decimals) => {
      expect(readNumber(writeNumber(value, { decimals }), ".")?.value).toBe(value);
    });
    fc.assert(property, { numRuns: 2000 });
  });
});
