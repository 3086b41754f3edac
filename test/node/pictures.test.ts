import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { encode } from "fast-png";
import jpeg from "jpeg-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FormatError } from "../../src/formats/format_error.ts";
import { encodePng, readPictures } from "../../src/node/index.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "pictures-"))));
afterEach(() => rm(folder, { recursive: true }));

const put = async (name: string, bytes: Uint8Array | string): Promise<string> => {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, bytes);
  return path;
};
const png = (width: number, height: number, ...data: number[]): Uint8Array => encodePng({ width, height, data: Uint8Array.from(data) });
const flat = (width: number, height: number, value = 7): Uint8Array => png(width, height, ...new Array<number>(width * height).fill(value));

/** A PNG file of chunks as they are given. */
function chunks(...parts: (readonly [type: string, data: Uint8Array])[]): Uint8Array {
  const made = parts.map(([type, data]) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  });
  return Buffer.concat([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), ...made]);
}
const header = (width: number, height: number, depth: number, kind: number, interlaced = 0): readonly [string, Uint8Array] => {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  data.set([depth, kind, 0, 0, interlaced], 8);
  return ["IHDR", data];
};
const pixels = (...lines: number[]): readonly [string, Uint8Array] => ["IDAT", deflateSync(Uint8Array.from(lines))];
const END = ["IEND", new Uint8Array()] as const;

/** What the reader makes of a single file. */
async function read(bytes: Uint8Array, name = "a.png"): Promise<unknown> {
  await put(name, bytes);
  const { width, height, channels, values } = await readPictures(folder);
  return { width, height, channels, values: [...values] };
}

describe("readPictures", () => {
  it("reads the pictures of a folder in the order of their names, channels side by side", async () => {
    await put("b.PNG", png(2, 1, 1, 2, 3, 4, 5, 6));
    await put("a.png", png(2, 1, 9, 8));
    await put(".hidden", "nothing to see");
    const said: number[] = [];
    const rows = await readPictures(folder, { onProgress: ({ done, total }) => said.push(done / total) });
    const values = Uint8Array.of(9, 9, 9, 8, 8, 8, 1, 2, 3, 4, 5, 6);
    expect(rows).toEqual({ name: folder.split("/").at(-1), width: 2, height: 1, channels: 3, values, names: ["a.png", "b.PNG"] });
    expect(said.at(-1)).toBe(1);
  });

  it("takes subfolders as labels, where all pictures are in one", async () => {
    for (const name of ["dog/1.png", "cat/2.png", "cat/more/1.png"]) await put(name, flat(1, 1));
    expect(await readPictures(folder)).toMatchObject({
      names: ["cat/2.png", "cat/more/1.png", "dog/1.png"],
      labels: ["cat", "cat", "dog"],
    });
    await put("stray.png", flat(1, 1));
    expect(await readPictures(folder)).not.toHaveProperty("labels");
  });

  it("has one channel where all pictures are grey, in whichever way they are stored", async () => {
    expect(await read(png(1, 2, 5, 5, 5, 6, 6, 6))).toEqual({ width: 1, height: 2, channels: 1, values: [5, 6] });
  });

  it("makes all pictures grey or all coloured where it is asked to", async () => {
    await put("a.png", png(1, 1, 255, 0, 0));
    expect((await readPictures(folder, { colour: false })).values).toEqual(Uint8Array.of(76));
    await put("a.png", png(1, 1, 4));
    expect(await readPictures(folder, { colour: true })).toMatchObject({ channels: 3, values: Uint8Array.of(4, 4, 4) });
  });

  it("reads 16 bits as the nearest byte", async () => {
    const data = Uint16Array.of(0, 65535, 257 * 7 + 100);
    expect(await read(encode({ width: 3, height: 1, data, depth: 16, channels: 1 }))).toMatchObject({ values: [0, 255, 7] });
  });

  it("lays what is transparent over white", async () => {
    const data = Uint8Array.of(0, 255, 0, 0, 100, 51);
    expect(await read(encode({ width: 3, height: 1, data, channels: 2 }))).toMatchObject({ channels: 1, values: [0, 255, 224] });
    const colours = encode({ width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 255, 0, 255, 0, 51), channels: 4 });
    expect(await read(colours)).toMatchObject({ values: [10, 20, 30, 204, 255, 204] });
  });

  it("reads grey of 1, 2 and 4 bits, lines beginning with a byte, and a grey that is transparent", async () => {
    expect(await read(chunks(header(3, 2, 1, 0), pixels(0, 0b10100000, 0, 0b01000000), END))).toMatchObject({ values: [255, 0, 255, 0, 255, 0] });
    expect(await read(chunks(header(3, 1, 2, 0), pixels(0, 0b00011000), END))).toMatchObject({ values: [0, 85, 170] });
    const clear = ["tRNS", Uint8Array.of(0, 3)] as const;
    expect(await read(chunks(header(3, 1, 4, 0), clear, pixels(0, 0x12, 0x30), END))).toMatchObject({ values: [17, 34, 255] });
  });

  it("reads palettes, with transparent colours", async () => {
    const palette = ["PLTE", Uint8Array.of(255, 0, 0, 0, 0, 255)] as const;
    const file = chunks(header(2, 1, 1, 3), palette, ["tRNS", Uint8Array.of(255, 0)], pixels(0, 0b01000000), END);
    expect(await read(file)).toEqual({ width: 2, height: 1, channels: 3, values: [255, 0, 0, 255, 255, 255] });
    const outside = chunks(header(1, 1, 8, 3), palette, pixels(0, 2), END);
    await expect(read(outside)).rejects.toThrow("colour 2 of a palette of 2");
  });

  it("reads interlaced pictures", async () => {
    const data = Uint8Array.from({ length: 9 }, (_, i) => i);
    expect(await read(encode({ width: 3, height: 3, data, channels: 1 }, { interlace: "Adam7" }))).toMatchObject({ values: [...data] });
  });

  it("reads JPEG, in colour and grey, by the contents whatever the name says", async () => {
    const data = new Uint8Array(4 * 64).map((_, i) => [200, 30, 40, 255][i % 4]!);
    await put("a.jpg", jpeg.encode({ width: 8, height: 8, data }, 95).data);
    const { channels, values } = await readPictures(folder);
    expect(channels).toBe(3);
    values.forEach((value, i) => expect(Math.abs(value - [200, 30, 40][i % 3]!)).toBeLessThan(4));
    await put("a.jpg", flat(2, 2));
    expect((await readPictures(folder)).values).toEqual(Uint8Array.of(7, 7, 7, 7));
  });

  it("brings all to one size where it is asked to", async () => {
    await put("a.png", png(4, 1, 0, 10, 20, 40));
    await put("b.png", png(1, 1, 9));
    expect(await readPictures(folder, { resize: { width: 2, height: 1 } })).toMatchObject({
      width: 2,
      height: 1,
      values: Uint8Array.of(5, 30, 9, 9),
    });
  });

  it("names all faulty files at once, each in a line", async () => {
    const first = await put("a.png", flat(8, 8));
    const other = await put("b.png", flat(9, 8));
    const text = await put("c.png", "not a picture");
    const empty = await put("d.jpg", "");
    const cut = await put("e.png", flat(8, 8).subarray(0, 40));
    const jpg = jpeg.encode({ width: 8, height: 8, data: new Uint8Array(256) }, 90).data;
    const cutJpeg = await put("f.jpg", jpg.subarray(0, jpg.length - 8));
    const damaged = await put("g.png", flat(8, 8).with(45, 1));
    const notes = await put("notes.txt", "mine");
    const link = join(folder, "gone.png");
    await symlink("nowhere", link);
    const error = await readPictures(folder).catch((e: unknown) => e as Error);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message.split("\n")).toEqual([
      `${link}: a folder of pictures holds .png, .jpg and .jpeg files alone, got another file (move it, or let its name begin with .)`,
      `${notes}: a folder of pictures holds .png, .jpg and .jpeg files alone, got another file (move it, or let its name begin with .)`,
      `${other}: pictures have one size, got 9×8 after 8×8 of ${first} (--resize 8x8 makes them equal)`,
      `${text}: a picture is a PNG or a JPEG file, got other contents`,
      `${empty}: a picture is a PNG or a JPEG file, got 0 bytes (it is empty)`,
      `${cut}: a PNG file ends with its chunk IEND, got 40 bytes without (it is truncated)`,
      `${cutJpeg}: a JPEG file ends with the marker ff d9, got ${jpg.length - 8} bytes without (it is truncated)`,
      expect.stringMatching(new RegExp(`^${damaged}: the picture can be decoded, got .* \\(it is damaged\\)$`)),
    ]);
  });

  it("says ten lines at most", async () => {
    for (let i = 10; i < 30; i++) await put(`${i}.png`, "");
    const { message } = (await readPictures(folder).catch((e: unknown) => e as Error)) as Error;
    expect(message.split("\n")).toHaveLength(10);
    expect(message).toMatch(/\n\(and 11 more\)$/);
  });

  it("refuses a folder without pictures, and one that is not there", async () => {
    await expect(readPictures(folder)).rejects.toThrow(new FormatError(`${folder}: a folder of pictures holds .png, .jpg or .jpeg files, got none`));
    await expect(readPictures(join(folder, "none"))).rejects.toThrow("none: a folder can be read, got ENOENT");
  });

  it("believes no size before it is proved: neither more pixels than fit, nor data that goes on and on", async () => {
    await expect(read(chunks(header(60_000, 60_000, 8, 2), pixels(0), END))).rejects.toThrow("at most 33554432 pixels, got 60000×60000");
    const zeros = ["IDAT", deflateSync(new Uint8Array(1 << 24))] as const;
    await expect(read(chunks(header(1, 1, 8, 0), zeros, END))).rejects.toThrow("a.png: the picture can be decoded, got");
    await expect(read(chunks(header(2, 2, 8, 0), pixels(0, 1, 2), END))).rejects.toThrow("3 bytes of pixels where its size takes 6");
    const jpg = jpeg.encode({ width: 8, height: 8, data: new Uint8Array(256) }, 90).data;
    const frame = jpg.findIndex((byte, i) => byte === 0xff && jpg[i + 1] === 0xc0);
    jpg.set([0xff, 0xff, 0xff, 0xff], frame + 5);
    await expect(read(jpg)).rejects.toThrow("at most 33554432 pixels, got 65535×65535");
  });

  it("does not unpack what is beside the picture", async () => {
    const profile = ["iCCP", Buffer.concat([Buffer.from("x\0\0"), Buffer.from("no zlib stream")])] as const;
    expect(await read(chunks(header(1, 1, 8, 0), profile, pixels(0, 3), END))).toMatchObject({ values: [3] });
  });

  it("ends at a signal", async () => {
    await put("a.png", flat(1, 1));
    await expect(readPictures(folder, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});
