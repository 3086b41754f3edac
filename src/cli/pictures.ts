/** What a trained model has learnt, as PNG files. */
import { dataset } from "../data/dataset.ts";
import type { Device } from "../device/device.ts";
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

/** The first 50 validation images in rows of 10, each above the row of its reconstructions. */
export async function reconstructionPicture(vae: Vae, { validation, width, height }: ImageSet, device: Device): Promise<Uint8Array> {
  const { columns, scale } = validation;
  const raw = validation.data.subarray(0, ((SIDE * SIDE) / 2) * columns);
  const pixels = await vae.reconstruct(dataset(device, raw, { columns, scale }));
  const originals = greyBytes(Float32Array.from(raw, (value) => value * scale));
  return encodePng(pairGrid(originals, greyBytes(pixels), width, height, SIDE));
}
