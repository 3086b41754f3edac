/** The `./node` entry: files, folders and data sets on disk. */
export { AtomicFiles, writeFileAtomic } from "./atomic.ts";
export { type ImageRows, type ImageSet, readDigits, readMnist } from "./images.ts";
export { encodePng } from "./png.ts";
