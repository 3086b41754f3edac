/**
 * The `./formats` entry: bytes of files to values and back, with no device and no file system.
 * @module elbograd/formats
 */
export { cellsOf, type CellsOptions, type TextTable, textOf, type TextOptions } from "./cells.ts";
export type { DialectOptions } from "./dialect.ts";
export { FormatError } from "./format_error.ts";
export { type IdxArray, type IdxData, parseIdx } from "./idx.ts";
export { type NpyArray, type NpyData, parseNpy, writeNpy } from "./npy.ts";
export { readSafetensors, type StoredTensor, type TensorFile, writeSafetensors } from "./safetensors.ts";
export type { TensorData } from "./safetensors_types.ts";
