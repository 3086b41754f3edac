/** Texts of users and files in messages: harmless, cut, and what was probably meant. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut, harmless, nearest, quoted, suggestion } from "../src/text.ts";

describe("a text from a file", () => {
  it("is quoted, cut after 100 characters, and has nothing in it that a terminal acts on", () => {
    expect(quoted("zip")).toBe('"zip"');
    expect(quoted("x".repeat(101))).toBe(`"${"x".repeat(100)}…"`);
    expect(quoted("a\u001b[2J\u0007\r\nb")).toBe(String.raw`"a\u001b[2J\u0007\r\nb"`);
    expect(quoted("\u009b31m\u202e")).toBe(String.raw`"\u009b31m\u202e"`);
    expect(cut("long", 2)).toBe("lo…");
  });

  it("never reaches a terminal with a control character but tab and line feed, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        // eslint-disable-next-line no-control-regex -- these are what must not be left
        expect(harmless(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });

  it("stays the same string in JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(JSON.parse(harmless(JSON.stringify({ text })))).toEqual({ text });
      }),
    );
  });
});

describe("the known word that was probably meant", () => {
  const known = ["epochs", "learningRate", "batchSize", "beta", "clip"];

  it.each([
    ["epoch", "epochs"],
    ["epcohs", "epochs"],
    ["learningrate", "learningRate"],
    ["bta", "beta"],
    ["BATCHSIZE", "batchSize"],
  ])("of %s is %s", (word, meant) => {
    expect(nearest(word, known)).toBe(meant);
    expect(suggestion(word, known, "--")).toBe(` (did you mean --${meant}?)`);
  });

  it.each(["x", "", "lr", "constructor", "dropout"])("of %j is none", (word) => {
    expect(nearest(word, known)).toBeUndefined();
    expect(suggestion(word, known)).toBe("");
  });
});
