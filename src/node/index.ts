/** The `./node` entry: files, folders and data sets on disk. */
export { CHECKPOINT_FILE, readCheckpoint, removeStrayFiles, writeCheckpoint } from "./checkpoints.ts";
export { AtomicFiles, writeFileAtomic } from "./atomic.ts";
export { type ImageRows, type ImageSet, readDigits, readIdxFolder, readMnist } from "./images.ts";
export { encodePng } from "./png.ts";
export { readTable, type ReadTableOptions, type TableFile, writeTable, type WrittenTable } from "./tables.ts";
