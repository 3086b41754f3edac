import { inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/formats/format_error.ts";
import { parseNpy } from "../../src/formats/npy.ts";
import { entryBytes, type Inflate, zipEntries } from "../../src/formats/zip.ts";
import { ONE_ARRAY, TWO_ARRAYS } from "../support/numpy_archives.ts";

const inflate: Inflate = (data, size) => Promise.resolve().then(() => inflateRawSync(data, { maxOutputLength: Math.max(size, 1) }));

/** The archive with numbers of 16 or 32 bits changed in it: at a place of the directory's first entry, or of the record at the end. */
function changed(good: Uint8Array, where: "first" | "end", at: number, value: number, bits: 16 | 32 = 32): Uint8Array {
  const bytes = good.slice();
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  const place = (where === "end" ? end : view.getUint32(end + 16, true)) + at;
  if (bits === 16) view.setUint16(place, value, true);
  else view.setUint32(place, value, true);
  return bytes;
}

describe("an archive", () => {
  it("lists its files, stored and deflated, and gives their bytes", async () => {
    const [stored] = zipEntries(ONE_ARRAY, "a.npz");
    expect(stored).toMatchObject({ name: "x.npy", method: 0, size: 128 + 24 });
    expect(parseNpy(await entryBytes(stored!, inflate, "a.npz"), "x")).toMatchObject({ shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) });
    const entries = zipEntries(TWO_ARRAYS, "a.npz");
    expect(entries.map(({ name, method }) => [name, method])).toEqual([
      ["x.npy", 8],
      ["the labels.npy", 8],
    ]);
    expect(parseNpy(await entryBytes(entries[0]!, inflate, "a.npz"), "x").data).toEqual(Int16Array.of(0, 1, 2, 3, 4, 5));
    expect(parseNpy(await entryBytes(entries[1]!, inflate, "a.npz"), "y").data).toEqual(Float32Array.of(0.5, 1.5));
  });

  it("may hold nothing, and end with a comment", () => {
    const empty = Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(18));
    expect(zipEntries(empty, "a")).toEqual([]);
    const commented = changed(ONE_ARRAY, "end", 20, 4, 16);
    expect(zipEntries(Uint8Array.of(...commented, 1, 2, 3, 4), "a")).toHaveLength(1);
  });

  it.each([
    ["nothing", new Uint8Array(0), "a: a ZIP archive lists its files at its end, got 0 bytes without"],
    ["half of one", ONE_ARRAY.subarray(0, 200), "lists its files at its end, got 200 bytes without"],
    ["another file", new TextEncoder().encode("a,b\n1,2\n".repeat(9)), "lists its files at its end"],
    ["a list beyond its end", changed(ONE_ARRAY, "end", 16, 5000), "got a list of 51 bytes at 5000 where it ends at"],
    ["a list with too few files", changed(ONE_ARRAY, "end", 10, 2, 16), "got 1 of 2 files (it is damaged)"],
    ["more than 32 bits count", changed(ONE_ARRAY, "end", 16, 0xffffffff), "got one of more than 4 GB or 65,534 files"],
    ["an encrypted file", changed(ONE_ARRAY, "first", 8, 1, 16), 'file "x.npy" of a ZIP archive is plain, got an encrypted one'],
    ["another compression", changed(ONE_ARRAY, "first", 10, 14, 16), "is stored or deflated, got method 14"],
    ["a file of more than 4 GB", changed(ONE_ARRAY, "first", 24, 0xffffffff), "has less than 4 GB, got more"],
    ["a file beyond the list", changed(ONE_ARRAY, "first", 20, 5000), "stands before the list of files, got 5000 bytes"],
    ["a file without a header", changed(ONE_ARRAY, "first", 42, 7), "has a header, got none at 7"],
    ["a header beyond the end", changed(ONE_ARRAY, "first", 42, 0x7fffffff), "has a header, got none at 2147483647"],
    ["stored bytes of another length", changed(ONE_ARRAY, "first", 24, 7), "is as long stored as it is, got 152 bytes of 7"],
  ])("is refused with %s", (_, bytes, rule) => {
    expect(() => zipEntries(bytes, "a")).toThrow(FormatError);
    expect(() => zipEntries(bytes, "a")).toThrow(rule);
  });

  it.each([
    ["of another length", changed(TWO_ARRAYS, "first", 24, 200), 'a: file "x.npy" of a ZIP archive holds 200 bytes, got 140'],
    ["of more bytes than it says", changed(TWO_ARRAYS, "first", 24, 20), "holds 20 bytes, got Cannot create a Buffer larger than 20 bytes"],
    ["of another checksum", changed(TWO_ARRAYS, "first", 16, 1), "holds 140 bytes, got others than those of its checksum"],
    ["that is cut off", changed(TWO_ARRAYS, "first", 20, 30), "holds 140 bytes, got unexpected end of file"],
  ])("is refused with a file %s", async (_, bytes, rule) => {
    const read = entryBytes(zipEntries(bytes, "a")[0]!, inflate, "a");
    await expect(read).rejects.toThrow(FormatError);
    await expect(read).rejects.toThrow(rule);
  });
});
