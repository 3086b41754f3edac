import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellsOf } from "../../src/formats/cells.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { inUtf8, Utf8Pieces } from "../../src/formats/utf16.ts";
import { parseTable } from "../../src/table/parse_table.ts";

/** A text in UTF-16 after its mark, in either order of bytes. */
function utf16(text: string, little: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 + 2 * text.length));
  [0xfeff, ...Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))].forEach((unit, i) => view.setUint16(2 * i, unit, little));
  return new Uint8Array(view.buffer);
}

describe("text in UTF-16", () => {
  it("is read as that in UTF-8, in pieces of any length", () => {
    const property = fc.property(
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      (text, little, piece) => {
        const expected = new TextEncoder().encode(text);
        const bytes = utf16(text, little);
        expect(inUtf8(bytes, "t")).toEqual(expected);
        const pieces = new Utf8Pieces("t");
        const made: number[] = [];
        for (let at = 0; at < bytes.length; at += piece) made.push(...pieces.push(bytes.subarray(at, at + piece)));
        expect([...made, ...pieces.finish()]).toEqual([...expected]);
      },
    );
    fc.assert(property, {
      examples: [
        ["", true, 1],
        ["é漢😀", false, 3],
      ],
    });
  });

  it.each([[[]], [[0x61]], [[0xff]], [[0xff, 0xff, 0xfe]], [[0xef, 0xbb, 0xbf, 0x61]]])(
    "is not what begins otherwise: %j stays as it is",
    (bytes) => {
      expect([...inUtf8(Uint8Array.from(bytes), "t")]).toEqual(bytes);
      const pieces = new Utf8Pieces("t");
      expect([...bytes.flatMap((byte) => [...pieces.push(Uint8Array.of(byte))]), ...pieces.finish()]).toEqual(bytes);
    },
  );

  it("is a table to every reader", () => {
    const text = "naïve,wörd\n1.5,漢\n2.5,é\n3.5,漢\n";
    for (const little of [true, false]) {
      expect(cellsOf(utf16(text, little))).toEqual(cellsOf(text));
      expect(parseTable(utf16(text, little)).schema).toEqual(parseTable(text).schema);
    }
  });

  it("is refused where a character is cut", () => {
    const bytes = utf16("a,b\n1,😀", true);
    for (const cut of [1, 2, 3]) {
      const read = (): unknown => parseTable(bytes.subarray(0, bytes.length - cut), { name: "t.csv" });
      expect(read).toThrow(FormatError);
      expect(read).toThrow("t.csv: the text begins as UTF-16, got a character that is damaged (save it as UTF-8)");
    }
  });
});
