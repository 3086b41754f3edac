/**
 * The `./node` entry: files, folders and data sets on disk.
 * @module elbograd/node
 */
export { CHECKPOINT_FILE, readCheckpoint, writeCheckpoint } from "./checkpoints.ts";
export type { ColumnChoice } from "../formats/csv.ts";
export { AtomicFiles, type FileLook, writeFileAtomic } from "./atomic.ts";
export { type ImageRows, type ImageSet, readDigits, readIdxFolder, readMnist } from "./images.ts";
export { type PictureRows, readPictures, type ReadPicturesOptions } from "./pictures.ts";
export { encodePng, type Image } from "./png.ts";
export { readNumbers, type ReadNumbersOptions, type NumbersFile } from "./numbers.ts";
export { readTable, type ReadTableOptions } from "./tables.ts";
export { removeStrayFiles } from "./temporary.ts";
export { writeTable, type WrittenRows, type WrittenTable } from "./write_table.ts";
