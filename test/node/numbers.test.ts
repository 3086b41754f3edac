import { chmod, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitScaling, scaled, unscaled } from "../../src/data/scaling.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { writeNpy } from "../../src/formats/npy.ts";
import { readIdxFolder, readNumbers, writeTable } from "../../src/node/index.ts";
import { ONE_ARRAY, TWO_ARRAYS } from "../support/numpy_archives.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "elbograd-tables-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Writes a file and returns its path. */
async function file(name: string, contents: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, contents);
  return path;
}

/** An IDX file of bytes. */
const idx = (shape: number[], values: number[]): Uint8Array =>
  Uint8Array.of(0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, n >> 8, n & 255]), ...values);

describe("readNumbers", () => {
  it("reads every format by its ending, compressed as well", async () => {
    const images = idx([2, 1, 2], [1, 2, 3, 4]);
    const files: [name: string, contents: string | Uint8Array, table: object][] = [
      ["t.csv", "a,b\n1,2\n3,4\n", { values: Float64Array.of(1, 2, 3, 4), names: ["a", "b"] }],
      ["u.csv", Uint8Array.from(Buffer.from("\ufeffa,b\n1,2\n3,4\n", "utf16le")), { values: Float64Array.of(1, 2, 3, 4), names: ["a", "b"] }],
      ["t.tsv", "1\t2\n3\t4\n", { values: Float64Array.of(1, 2, 3, 4) }],
      ["t.npy", writeNpy([2, 2], Float32Array.of(1, 2, 3, 4)), { values: Float32Array.of(1, 2, 3, 4) }],
      ["t.idx", images, { values: Uint8Array.of(1, 2, 3, 4), width: 2, height: 1 }],
      ["t-images-idx3-ubyte", images, { values: Uint8Array.of(1, 2, 3, 4), width: 2, height: 1 }],
      ["t-images.idx3-ubyte", images, { values: Uint8Array.of(1, 2, 3, 4), width: 2, height: 1 }],
    ];
    for (const [name, contents, table] of files) {
      expect(await readNumbers(await file(name, contents))).toEqual({ name, rows: 2, columns: 2, ...table });
      const compressed = `${name}.gz`;
      expect(await readNumbers(await file(compressed, gzipSync(contents)))).toEqual({ name: compressed, rows: 2, columns: 2, ...table });
    }
  });

  it("reads an array of an archive that NumPy wrote: the only one, or the one that is named", async () => {
    const one = { name: "one.npz", rows: 2, columns: 3, values: Float32Array.of(0, 1, 2, 3, 4, 5) };
    expect(await readNumbers(await file("one.npz", ONE_ARRAY))).toEqual(one);
    expect(await readNumbers(await file("one.npz", ONE_ARRAY), { array: "x", drop: [1, 2] })).toMatchObject({
      columns: 1,
      values: Float32Array.of(2, 5),
    });
    const path = await file("two.npz", TWO_ARRAYS);
    expect(await readNumbers(path, { array: "x" })).toMatchObject({ rows: 2, columns: 3, values: Float32Array.of(0, 1, 2, 3, 4, 5) });
    expect(await readNumbers(path, { array: "the labels" })).toMatchObject({ rows: 2, columns: 1, values: Float32Array.of(0.5, 1.5) });
  });

  it("refuses an archive where nothing says which array is meant, with the names of all", async () => {
    const path = await file("two.npz", TWO_ARRAYS);
    const refused = async (name: string, options: object, rule: string): Promise<void> => {
      await expect(readNumbers(name, options)).rejects.toThrow(new RangeError(rule));
    };
    await refused(path, {}, `${path}: one array of an .npz file is read, got "x", "the labels" (name one: --array, or the option array)`);
    await refused(path, { array: "z" }, `${path}: array "z" is one of "x", "the labels", got none of that name`);
    const csv = await file("t.csv", "1,2\n");
    await refused(csv, { array: "x" }, `readNumbers: array is one of an .npz file, got ${csv}`);
    await expect(readNumbers(path, { array: "x", maxBytes: TWO_ARRAYS.length - 1 })).rejects.toThrow("bytes are read, got a file of");
    const none = await file("none.npz", Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(18)));
    await expect(readNumbers(none)).rejects.toThrow(new FormatError(`${none}: an .npz file holds arrays, got none`));
    await expect(writeTable(join(folder, "w.npz"), { values: [1], columns: 1 })).rejects.toThrow("a table is written as .csv, .tsv or .npy");
  });

  it("keeps bytes and f32, and widens other integers without rounding", async () => {
    const npy = (descr: string, data: ArrayBufferView): Uint8Array => {
      const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (2,)}`;
      const values = new Uint8Array(data.buffer);
      return Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0, ...new TextEncoder().encode(header), ...values);
    };
    const cases = [
      ["|u1", Uint8Array.of(1, 2), Uint8Array],
      ["|b1", Uint8Array.of(0, 1), Float32Array],
      ["|i1", Int8Array.of(-1, 2), Float32Array],
      ["<i2", Int16Array.of(-1, 2), Float32Array],
      ["<u2", Uint16Array.of(1, 65_535), Float32Array],
      ["<i4", Int32Array.of(-1, 2_147_483_647), Float64Array],
      ["<u4", Uint32Array.of(1, 4_294_967_295), Uint32Array],
      ["<f8", Float64Array.of(0.1, 2), Float64Array],
    ] as const;
    for (const [descr, data, array] of cases) {
      const { values, rows, columns } = await readNumbers(await file("kind.npy", npy(descr, data)));
      expect([rows, columns]).toEqual([2, 1]);
      expect(values).toEqual(array.from(data));
    }
  });

  it("knows images by their shape, and bytes in rows of a square number where neighbours are alike", async () => {
    const size = async (shape: number[], data: Uint8Array | Float32Array): Promise<unknown> => {
      const { columns, width, height } = await readNumbers(await file("size.npy", writeNpy(shape, data)));
      return [columns, width, height];
    };
    expect(await size([2, 3, 4], new Float32Array(24))).toEqual([12, 4, 3]);
    expect(await size([2, 1, 3, 4], new Float32Array(24))).toEqual([12, 4, 3]);
    expect(await size([2, 3, 4, 1], new Float32Array(24))).toEqual([12, 4, 3]);
    const smooth = Uint8Array.from({ length: 2 * 64 }, (_, i) => 8 * (i % 8) + 20 * (Math.floor(i / 8) % 8));
    expect(await size([2, 64], smooth)).toEqual([64, 8, 8]);
    expect(
      await size(
        [2, 64],
        smooth.map((_, i) => (i * 91 * (1 + (i % 7))) % 256),
      ),
    ).toEqual([64, undefined, undefined]);
    for (const side of [2, 3, 4, 7]) expect(await size([2, side ** 2], new Uint8Array(2 * side ** 2))).toEqual([side ** 2, undefined, undefined]);
    expect(await size([2, 9], new Float32Array(18))).toEqual([9, undefined, undefined]);
    expect(await size([2, 8], new Uint8Array(16))).toEqual([8, undefined, undefined]);
    expect(await size([2, 1], new Uint8Array(2))).toEqual([1, undefined, undefined]);
    expect(await size([2, 3, 2, 3], new Uint8Array(36))).toEqual([18, undefined, undefined]);
    expect(await size([5], new Float32Array(5))).toEqual([1, undefined, undefined]);
  });

  it("leaves out columns of arrays by number, and returns one as labels", async () => {
    const path = await file("drop.npy", writeNpy([2, 4], Uint8Array.of(1, 2, 3, 9, 4, 5, 6, 8)));
    expect(await readNumbers(path, { drop: [1], labels: 4 })).toEqual({
      name: "drop.npy",
      rows: 2,
      columns: 2,
      values: Uint8Array.of(2, 3, 5, 6),
      labels: ["9", "8"],
    });
    await expect(readNumbers(path, { drop: ["a"] })).rejects.toThrow(/column "a" is one of its 4 columns, which have no names/);
  });

  it("says in one line what is wrong with a file", async () => {
    const good = writeNpy([2, 2], Float32Array.of(1, 2, 3, 4));
    const wrong: [path: string, kind: new (message: string) => Error, message: string][] = [
      [join(folder, "missing.csv"), Error, "the file is missing"],
      [join(folder, "t.csv/inside.csv"), Error, "the file is missing"],
      [await file("empty.csv", ""), FormatError, "a file has contents, got 0 bytes (it is empty)"],
      [await file("empty.npy.gz", gzipSync("")), FormatError, 'an NPY file starts with 93 "NUMPY" and a version, got nothing'],
      [await file("data.txt", "1,2"), FormatError, "the name says the format by .csv, .tsv, .npy, .npz, .idx or -ubyte"],
      [await file("secretly.npy", "1,2\n3,4\n"), FormatError, 'an NPY file starts with 93 "NUMPY" and a version, got 31 2c 32 0a'],
      [await file("secretly.csv", good), FormatError, "the text is UTF-8, got other bytes"],
      [await file("secretly.idx", good), FormatError, "the magic number of an IDX file is"],
      [await file("zipped.csv", gzipSync("1,2")), FormatError, "the contents are what the name says, got gzip (add .gz to the name"],
      [await file("plain.csv.gz", "1,2"), FormatError, "a .gz file is gzip, got other contents (take .gz off the name)"],
      [await file("short.csv.gz", gzipSync("1,2\n3,4").subarray(0, 20)), FormatError, "damaged data: it is truncated"],
      [await file("short.npy", good.subarray(0, good.length - 1)), FormatError, "shape [2, 2] of <f4 takes 144 bytes, got 143 (it is truncated)"],
      [await file("none.npy", writeNpy([0, 3], new Float32Array(0))), FormatError, "a table has rows and columns, got shape [0, 3]"],
      [await file("none.idx", idx([2, 0], [])), FormatError, "a table has rows and columns, got shape [2, 0]"],
      [await file("nan.npy", writeNpy([2, 2], Float32Array.of(1, 2, 3, NaN))), FormatError, "values are finite, got NaN at [1, 1]"],
      [await file("inf.npy", writeNpy([2], Float64Array.of(1, -Infinity))), FormatError, "values are finite, got -Infinity at [1, 0]"],
    ];
    const damaged = gzipSync("1,2\n".repeat(100));
    damaged[12]! ^= 0xff;
    wrong.push([await file("damaged.csv.gz", damaged), FormatError, "the file is gzip, got damaged data"]);
    await mkdir(join(folder, "folder.csv"));
    wrong.push([join(folder, "folder.csv"), Error, "a file is read, got a folder"]);
    for (const [path, kind, message] of wrong) {
      const error = await readNumbers(path).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error).toBeInstanceOf(kind);
      expect(error!.message).toContain(`${path}: ${kind === FormatError ? "" : message}`);
      expect(error!.message).toContain(message);
      expect(error!.message).not.toContain("\n");
    }
  });

  it.skipIf(process.getuid?.() === 0)("names a file that may not be read", async () => {
    const path = await file("locked.csv", "1,2");
    await chmod(path, 0);
    await expect(readNumbers(path)).rejects.toThrow(`${path}: the file may not be read, permission is denied`);
  });

  it("reads no more bytes than it may, before and after decompression", async () => {
    const text = "1,2\n".repeat(1000);
    const plain = await file("cap.csv", text);
    const compressed = await file("cap.csv.gz", gzipSync(text));
    for (const path of [plain, compressed]) {
      expect((await readNumbers(path, { maxBytes: 4000 })).rows).toBe(1000);
      await expect(readNumbers(path, { maxBytes: 3999 })).rejects.toThrow(/at most 3999 bytes are read, got .* \(raise maxBytes\)/);
      await expect(readNumbers(path, { maxBytes: 3999 })).rejects.toThrow(FormatError);
    }
    await expect(readNumbers(plain, { maxBytes: 0 })).rejects.toThrow(RangeError);
  });
});

describe("writeTable", () => {
  it("writes what readNumbers reads, in every format", async () => {
    for (const ending of ["csv", "tsv", "csv.gz", "tsv.gz"]) {
      const path = join(folder, `out.${ending}`);
      await writeTable(path, { values: Float64Array.of(0.1, 2, 3, 1e-20), columns: 2, names: ["a", 'b "c", d'] });
      expect(await readNumbers(path)).toMatchObject({ rows: 2, columns: 2, values: Float64Array.of(0.1, 2, 3, 1e-20), names: ["a", 'b "c", d'] });
    }
    for (const ending of ["npy", "npy.gz"]) {
      for (const values of [Float32Array.of(0.1, 2), Float64Array.of(0.1, 2), Uint8Array.of(1, 2), Uint32Array.of(1, 2)]) {
        const path = join(folder, `out.${ending}`);
        await writeTable(path, { values, columns: 1 });
        expect(await readNumbers(path)).toEqual({ name: `out.${ending}`, rows: 2, columns: 1, values });
      }
    }
  });

  it("compresses a long table in parts that any gzip reads as one file", async () => {
    const values = Float64Array.from({ length: 60_000 }, (_, i) => i / 7);
    const path = join(folder, "long.csv.gz");
    await writeTable(path, { values, columns: 3 });
    expect(
      gunzipSync(await readFile(path))
        .toString()
        .split("\n"),
    ).toHaveLength(20_001);
    expect((await readNumbers(path)).values).toEqual(values);
  });

  it("keeps the old file and leaves nothing else where it refuses or fails", async () => {
    const place = join(folder, "atomic");
    const path = join(place, "t.csv");
    await writeTable(path, { values: Uint8Array.of(1), columns: 1 });
    await expect(writeTable(path, { values: Uint8Array.of(1, 2, 3), columns: 2 })).rejects.toThrow(/got 3 values for 2 columns/);
    await expect(writeTable(path, { values: new Uint8Array(0), columns: 2 })).rejects.toThrow(/got 0 values/);
    await expect(writeTable(path, { values: Uint8Array.of(1), columns: 0 })).rejects.toThrow(/columns is a whole number/);
    await expect(writeTable(path, { values: Uint8Array.of(1), columns: 1, names: [] })).rejects.toThrow(/one name per column, got 0/);
    await expect(writeTable(path, { values: 7 as unknown as Uint8Array, columns: 1 })).rejects.toThrow();
    await expect(writeTable(join(place, "t.idx"), { values: Uint8Array.of(1), columns: 1 })).rejects.toThrow(RangeError);
    await expect(writeTable(join(place, "t.png"), { values: Uint8Array.of(1), columns: 1 })).rejects.toThrow(FormatError);
    expect(await readdir(place)).toEqual(["t.csv"]);
    expect(await readFile(path, "utf8")).toBe("1\n");
  });
});

describe("a user's table", () => {
  it("comes back in the units that went in: CSV, scaled, unscaled, CSV", async () => {
    const cell = fc.integer({ min: -9999, max: 9999 }).map((n) => n / 100);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 10 }),
        fc.constantFrom("none" as const, "minmax" as const, "standard" as const),
        async (rows, kind) => {
          const path = await file("units.csv", `a,b\n${rows.map((row) => row.join(";").replace(";", ",")).join("\n")}\n`);
          const { values, columns, names } = await readNumbers(path);
          const scaling = fitScaling(kind, values, columns);
          const back = unscaled(scaled(values, columns, scaling), columns, scaling);
          await writeTable(path, { values: Float64Array.from(back, (x) => Math.round(x * 100) / 100 + 0), columns, names: names! });
          const again = await readNumbers(path);
          expect([...again.values]).toEqual(rows.flat().map((x) => x + 0));
          expect(again.names).toEqual(["a", "b"]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("readIdxFolder", () => {
  it("reads a folder with MNIST's names, compressed files and labels as they are there", async () => {
    const place = join(folder, "fashion");
    await mkdir(place);
    await writeFile(join(place, "train-images-idx3-ubyte.gz"), gzipSync(idx([2, 1, 2], [1, 2, 3, 4])));
    await writeFile(join(place, "train-labels-idx1-ubyte.gz"), gzipSync(idx([2], [7, 8])));
    const test = join(place, "t10k-images-idx3-ubyte");
    await writeFile(test, idx([1, 1, 2], [5, 6]));
    const rows = { columns: 2, scale: 1 / 255 };
    expect(await readIdxFolder(place)).toEqual({
      name: "fashion",
      width: 2,
      height: 1,
      train: { ...rows, data: Uint8Array.of(1, 2, 3, 4), labels: Uint8Array.of(7, 8) },
      validation: { ...rows, data: Uint8Array.of(5, 6) },
    });
    const labels = join(place, "t10k-labels-idx1-ubyte");
    await writeFile(labels, idx([2], [1, 2]));
    await expect(readIdxFolder(place)).rejects.toThrow(new FormatError(`${labels}: labels are bytes of shape [1], got Uint8Array of shape [2]`));
    await truncate(test, 3);
    await expect(readIdxFolder(place)).rejects.toThrow(`${test}: an IDX file starts with 4 bytes`);
    await rm(test);
    await expect(readIdxFolder(place)).rejects.toThrow(new Error(`${test}: the file is missing`));
  });
});
