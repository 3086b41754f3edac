/** What a model makes, as PNG files. Values are in the model's units. */
import { scaled } from "../../data/scaling.ts";
import type { TypedArray } from "../../kernel.ts";
import { encodePng } from "../../node/png.ts";
import type { NumbersFile } from "../../node/numbers.ts";
import { enlarged, greyBytes, pairGrid, tileGrid } from "../../report/grid.ts";
import { manifoldLatents } from "../../report/latents.ts";
import { streams } from "../../streams.ts";
import type { Model } from "../rows/model.ts";
import { scaledDataset } from "../rows/model_data.ts";
import { labelsIn } from "../rows/table_labels.ts";

export interface ImageSize {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Tiles across and down a picture of samples. */
const SIDE = 10;
/** Across and down the manifold. */
const MANIFOLD_SIDE = 20;

/** The size of the images that a model makes: what its data said, or that of a square; undefined for a model of tables. */
export function imageSize({ vae, about: { width, height, channels = 1, names } }: Model): ImageSize | undefined {
  if (width !== undefined && height !== undefined) return { width, height, channels };
  const side = Math.sqrt(vae.config.input);
  return names === undefined && Number.isInteger(side) && side > 1 ? { width: side, height: side, channels } : undefined;
}

/** Images [count, D] in rows of `across`. */
export function tilePicture(model: Model, { width, height, channels }: ImageSize, images: TypedArray, across: number): Uint8Array {
  return encodePng(enlarged(tileGrid(bytesOf(model, images), width, height, across, channels)));
}

/** Rows of `across` originals, each above the row of its reconstructions; a last row that is not full is left out unless it is the only one. */
export function pairPicture(
  model: Model,
  { width, height, channels }: ImageSize,
  originals: TypedArray,
  made: TypedArray,
  across: number,
): Uint8Array {
  const D = width * height * channels;
  const columns = Math.min(across, originals.length / D);
  const shown = originals.length - (originals.length % (columns * D));
  const both = new Float64Array(2 * shown);
  both.set(originals.subarray(0, shown));
  both.set(made.subarray(0, shown), shown);
  const bytes = bytesOf(model, both);
  return encodePng(enlarged(pairGrid(bytes.subarray(0, shown), bytes.subarray(shown), width, height, columns, channels)));
}

export interface RunPicture {
  /** Of the file. */
  readonly name: string;
  readonly caption: string;
  readonly png: Uint8Array;
}

/** The pictures of a run on images: samples, reconstructions of `table`'s first rows, and with two latents the manifold. */
export async function drawRun(model: Model, table: NumbersFile, seed: number): Promise<RunPicture[]> {
  const { vae, about } = model;
  const { width, height, channels = 1, scaling } = about;
  if (width === undefined || height === undefined) return [];
  const size = { width, height, channels };
  const values = table.values.subarray(0, (SIDE * SIDE * table.columns) / 2);
  const originals = scaling ? scaled(values, table.columns, scaling) : values;
  const { classes } = about;
  const shown = { name: table.name, labels: table.labels?.slice(0, values.length / table.columns) };
  const labels = classes && labelsIn("train", classes, shown);
  const made = await vae.reconstruct(scaledDataset(vae.device, values, table.columns, scaling, labels));
  // a column of the picture for each label
  const wanted = classes && { label: Array.from({ length: SIDE * SIDE }, (_, i) => (i % SIDE) % classes.length) };
  const samples = await vae.sample(SIDE * SIDE, streams.picture(seed), wanted);
  const pictures = [
    { name: "samples.png", caption: "samples from the prior", png: tilePicture(model, size, samples, SIDE) },
    { name: "reconstructions.png", caption: "rows, each above its reconstruction", png: pairPicture(model, size, originals, made, SIDE) },
  ];
  if (vae.config.latent !== 2) return pictures;
  const manifold = await vae.decodeLatents(manifoldLatents(MANIFOLD_SIDE), classes && { label: 0 });
  const caption = `manifold: decoded quantiles of the two latents${classes ? `, label ${classes[0]}` : ""}`;
  return [...pictures, { name: "manifold.png", caption, png: tilePicture(model, size, manifold, MANIFOLD_SIDE) }];
}

/**
 * Black to white, or none to all of a colour: 0 to 1 where the model's units are that by scaling or by likelihood; else from the least to the greatest value shown,
 * because nobody has said what white is.
 */
function bytesOf({ vae, about }: Model, values: TypedArray): Uint8Array {
  const kind = about.scaling?.kind;
  if (kind === "unit" || kind === "minmax" || !vae.config.likelihood.name.startsWith("gaussian")) return greyBytes(values);
  let least = Infinity;
  let greatest = -Infinity;
  for (const value of values) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return greyBytes(Float64Array.from(values, (value) => (value - least) / (greatest - least || 1)));
}
