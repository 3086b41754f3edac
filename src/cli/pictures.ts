/** What a trained model has learnt, as PNG files. */
import type { Dataset } from "../data/dataset.ts";
import type { ImageSet } from "../node/images.ts";
import { encodePng } from "../node/png.ts";
import type { Key } from "../random.ts";
import { greyBytes, pairGrid, tileGrid } from "../report/grid.ts";
import type { Vae } from "../vae/vae.ts";

/** Tiles across and down. */
const SIDE = 10;

/** 10×10 images that the model makes up. */
export async function samplePicture(vae: Vae, { width, height }: ImageSet, key: Key): Promise<Uint8Array> {
  const pixels = await vae.sample(SIDE * SIDE, key);
  return encodePng(tileGrid(greyBytes(pixels), width, height, SIDE));
}

/** The first validation images, 50 if there are so many, in rows of 10, each above the row of its reconstructions. */
export async function reconstructionPicture(vae: Vae, { width, height, validation }: ImageSet, data: Dataset): Promise<Uint8Array> {
  const across = Math.min(SIDE, data.rows);
  const count = Math.min((SIDE * SIDE) / 2, data.rows - (data.rows % across));
  const originals = Float32Array.from(validation.data.subarray(0, count * data.columns), (raw) => raw * validation.scale);
  const pixels = await vae.reconstruct(data, count);
  return encodePng(pairGrid(greyBytes(originals), greyBytes(pixels), width, height, across));
}
