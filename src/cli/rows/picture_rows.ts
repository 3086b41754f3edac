/** Folders of pictures as a command's rows, and as a model's. */
import { readdirSync, statSync } from "node:fs";
import type { TypedArray } from "../../kernel.ts";
import type { NumbersFile } from "../../node/numbers.ts";
import { inColour, readPictures } from "../../node/pictures.ts";
import type { ModelAbout } from "../../vae/files/about.ts";
import { UsageError } from "../command.ts";
import { oneOf, type Option, optional, type TableOf } from "../options.ts";
import { withProgress } from "../progress.ts";

/** How pictures are read. */
export interface PictureArguments {
  readonly resize: string | undefined;
  readonly colour: "auto" | "yes" | "no";
}

const SIZE = /^([1-9]\d{0,4})(?:[x×]([1-9]\d{0,4}))?$/;

const resize: Option<string> = {
  placeholder: "N|WxH",
  help: "the size that the pictures of a folder are brought to, such as 28 or 32x24 (default: they have one)",
  rule: "a width and height in pixels, such as 28 or 32x24",
  parse: (text) => (SIZE.test(text) ? text : undefined),
};

export const PICTURE_OPTIONS: TableOf<PictureArguments> = {
  resize: optional(resize),
  colour: oneOf(
    ["auto", "yes", "no"],
    "whether pictures of a folder are rows of red, green and blue, or of grey; by auto unless all are grey",
    "auto",
  ),
};

/** Sets of images that have a name of their own, whatever folders there are. */
export const KNOWN_SETS: readonly string[] = ["mnist", "digits"];

/** Whether a path is a folder, but none of IDX files: those of it that are pictures are then its rows. */
export function isPictureFolder(path: string): boolean {
  if (KNOWN_SETS.includes(path)) return false;
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
  return !readdirSync(path).some((name) => /-ubyte(\.gz)?$/.test(name));
}

/** UsageError for options of pictures that something else is read by. */
export function refusePictureOptions(name: string, { resize, colour }: PictureArguments): void {
  if (resize !== undefined) throw new UsageError(`data: --resize is of a folder of pictures, got --resize ${resize} for ${name}`);
  if (colour !== "auto") throw new UsageError(`data: --colour is of a folder of pictures, got --colour ${colour} for ${name}`);
}

/** The pictures of a folder, one per row, their subfolders as labels. */
export async function readPictureRows(
  folder: string,
  { resize, colour, signal }: PictureArguments & { readonly signal: AbortSignal },
): Promise<NumbersFile> {
  const [, width, height = width] = SIZE.exec(resize ?? "") ?? [];
  const options = {
    ...(resize !== undefined && { resize: { width: Number(width), height: Number(height) } }),
    ...(colour !== "auto" && { colour: colour === "yes" }),
  };
  const pictures = await withProgress(`reading ${folder}`, signal, (work) => readPictures(folder, { ...options, ...work }));
  const { name, values, labels, channels } = pictures;
  const rows = pictures.names.length;
  return { name, rows, columns: values.length / rows, values, width: pictures.width, height: pictures.height, channels, ...(labels && { labels }) };
}

type PictureSize = Pick<ModelAbout, "width" | "height" | "channels">;

/** `8×8 in grey`. */
export function pictureText({ width, height, channels = 1 }: PictureSize): string {
  return `${width}×${height} in ${channels === 3 ? "colour" : "grey"}`;
}

/** The options by which other rows than `first` are read: a few grey pictures beside coloured ones have three channels too. */
export function likePictures({ channels }: PictureSize, path: string): Partial<PictureArguments> {
  if (!isPictureFolder(path)) return { resize: undefined, colour: "auto" };
  return channels === 3 ? { colour: "yes" } : {};
}

/** The pixels of a folder of pictures as a model of pictures has them; grey has as much of each colour. RangeError for pictures of another kind. */
export function modelPictures(command: string, file: string, about: ModelAbout, table: NumbersFile): TypedArray {
  const { values, channels } = table;
  const sameSize = table.width === about.width && table.height === about.height;
  if (sameSize && channels === (about.channels ?? 1)) return values;
  if (sameSize && channels === 1 && values instanceof Uint8Array) return inColour({ channels, data: values });
  const how = sameSize ? "--colour no" : `--resize ${about.width}x${about.height}`;
  throw new RangeError(`${command}: ${file} is a model of pictures of ${pictureText(about)}, got ${table.name} of ${pictureText(table)} (${how})`);
}
