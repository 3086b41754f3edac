/** A folder of PNG and JPEG files as rows of pixels. */
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { checkOptions, type Checks, checkValue, COUNT, FLAG, OBJECT, TEXT } from "../check.ts";
import { type Pixels, resized } from "../data/resize.ts";
import { FormatError } from "../formats/format_error.ts";
import { turns, WORK, type WorkOptions } from "../turns.ts";
import { DEFAULT_MAX_BYTES, readWhole, whyNot } from "./bytes.ts";
import { openPicture } from "./decode_picture.ts";

/** The pictures of a folder, one per row. */
export interface PictureRows {
  /** The folder's name. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** 1 where all pictures are grey, else 3: red, green and blue. */
  readonly channels: 1 | 3;
  /** [rows, height, width, channels], bytes from 0 to 255: the channels of a pixel side by side, as a canvas has them. */
  readonly values: Uint8Array;
  /** The files, by their paths in the folder; in order. */
  readonly names: readonly string[];
  /** The subfolder of each picture, where all are in one. */
  readonly labels?: readonly string[];
}

/** How pictures are read. Progress is in pictures. */
export interface ReadPicturesOptions extends WorkOptions {
  /** The size that all are brought to, whatever shape they have (default: all are of one size). */
  readonly resize?: { readonly width: number; readonly height: number };
  /** Whether rows have three channels, or one, 0.299·red + 0.587·green + 0.114·blue (default: three unless all pictures are grey). */
  readonly colour?: boolean;
}

const OPTIONS: Checks<keyof ReadPicturesOptions> = { ...WORK, resize: OBJECT, colour: FLAG };
const SIZE: Checks<"width" | "height"> = { width: COUNT, height: COUNT };

const ENDINGS: ReadonlySet<string> = new Set([".png", ".jpg", ".jpeg"]);
/** The most bytes of a file: more than the most pixels of a picture have. */
const MOST_FILE_BYTES = 2 ** 29;
/** Faulty files that an error names. */
const MOST_FAULTS = 10;

/**
 * The pictures of a folder and of its subfolders, whose names are their labels; in the order of their paths. PNG of 1 to 16 bits, grey, in colour or by a
 * palette, what is transparent laid over white; JPEG as it is stored, whatever way up Exif says that it was. A picture counts as grey where each pixel has
 * as much red as green and blue. Files that begin with a dot are ignored. FormatError names all files that are no pictures, damaged or of another size,
 * ten lines at most; Error where the folder cannot be read.
 */
export async function readPictures(folder: string, options: ReadPicturesOptions = {}): Promise<PictureRows> {
  checkValue("readPictures", "folder", folder, TEXT);
  checkOptions("readPictures", options, OPTIONS);
  const { resize, colour, signal, onProgress } = options;
  if (resize) checkOptions("readPictures", resize, SIZE, ["width", "height"], "resize is");
  signal?.throwIfAborted();
  const faults = new Faults();
  const files = await picturesIn(folder, faults);
  const turn = turns({ signal, onProgress }, files.length);
  const pictures: Pixels[] = [];
  let [bytes, first]: [number, (Pixels & { path: string }) | undefined] = [0, undefined];
  for (const { path } of files) {
    const picture = await faults.catch(path, async () => {
      const file = openPicture(await readWhole(path, MOST_FILE_BYTES), path);
      if (!resize && first) checkSame(file, path, first);
      return resize ? resized(file.decode(), resize) : file.decode();
    });
    if (picture) {
      first ??= { ...picture, path };
      bytes += picture.data.length;
      checkTotal(bytes, folder);
      // once one is faulty the others are only looked at
      if (faults.count === 0) pictures.push(picture);
    }
    await turn(1);
  }
  faults.throw();
  const rows = joined(pictures, folder, colour);
  const labels = files.map(({ label }) => label);
  return { name: basename(folder), ...rows, names: files.map(({ name }) => name), ...(labels.every((label) => label !== undefined) && { labels }) };
}

interface Found {
  readonly path: string;
  /** In the folder. */
  readonly name: string;
  readonly label: string | undefined;
}

/** The pictures in a folder and below it, in order. Error where it cannot be read, FormatError where there are none. */
async function picturesIn(folder: string, faults: Faults): Promise<Found[]> {
  const found: Found[] = [];
  const look = async (inner: readonly string[]): Promise<void> => {
    const entries = (await readdir(join(folder, ...inner), { withFileTypes: true })).filter(({ name }) => !name.startsWith("."));
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, ...inner, entry.name);
      if (entry.isDirectory()) await look([...inner, entry.name]);
      else if (ENDINGS.has(extname(entry.name).toLowerCase()) && (await isFile(path))) {
        found.push({ path, name: [...inner, entry.name].join("/"), label: inner[0] });
      } else
        faults.say(`${path}: a folder of pictures holds .png, .jpg and .jpeg files alone, got another file (move it, or let its name begin with .)`);
    }
  };
  await look([]).catch((error: unknown) => {
    throw new Error(`${folder}: a folder can be read, got ${(error as Error).message}`, { cause: error });
  });
  if (found.length === 0 && faults.count === 0) throw new FormatError(`${folder}: a folder of pictures holds .png, .jpg or .jpeg files, got none`);
  return found;
}

/** Whether it is a file, or a link to one. */
async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}

type Size = Pick<Pixels, "width" | "height">;

function checkSame({ width, height }: Size, path: string, first: Size & { readonly path: string }): void {
  if (width === first.width && height === first.height) return;
  throw new FormatError(
    `${path}: pictures have one size, got ${width}×${height} after ${first.width}×${first.height} of ${first.path} (--resize ${first.width}x${first.height} makes them equal)`,
  );
}

function checkTotal(bytes: number, folder: string): void {
  if (bytes > DEFAULT_MAX_BYTES)
    throw new FormatError(`${folder}: pictures have at most ${DEFAULT_MAX_BYTES} bytes in all, got more (--resize makes them smaller)`);
}

/** All pictures as rows of equally many channels. */
function joined(pictures: readonly Pixels[], folder: string, colour: boolean | undefined): Omit<PictureRows, "name" | "names" | "labels"> {
  const { width, height } = pictures[0]!;
  const coloured = colour ?? pictures.some(({ channels }) => channels === 3);
  const channels = coloured ? 3 : 1;
  const D = width * height * channels;
  checkTotal(D * pictures.length, folder);
  const values = new Uint8Array(D * pictures.length);
  pictures.forEach((picture, row) => values.set(coloured ? inColour(picture) : inGrey(picture), row * D));
  return { width, height, channels, values };
}

/** Bytes of red, green and blue: grey is as much of each. */
export function inColour({ channels, data }: Pick<Pixels, "channels" | "data">): Uint8Array {
  return channels === 3 ? data : Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)]!);
}

/** Bytes of grey: luma as JPEG has it (ITU-R BT.601). */
function inGrey({ channels, data }: Pixels): Uint8Array {
  if (channels === 1) return data;
  const luma = (at: number): number => Math.round(0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!);
  return Uint8Array.from({ length: data.length / 3 }, (_, pixel) => luma(3 * pixel));
}

/** What is wrong with the files of a folder, said at once. */
class Faults {
  count = 0;
  readonly #lines: string[] = [];

  say(line: string): void {
    if (this.count++ < MOST_FAULTS) this.#lines.push(line);
  }

  /** Reads a file; what is wrong with it is kept. */
  async catch<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.say(error instanceof FormatError ? error.message : `${path}: ${whyNot(error as NodeJS.ErrnoException)}`);
      return undefined;
    }
  }

  throw(): void {
    if (this.count === 0) return;
    const more = this.count - this.#lines.length;
    throw new FormatError(
      [...this.#lines.slice(0, more > 0 ? MOST_FAULTS - 1 : undefined), ...(more > 0 ? [`(and ${more + 1} more)`] : [])].join("\n"),
    );
  }
}
