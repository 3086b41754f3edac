/** Archives of arrays, as numpy.savez and savez_compressed write them: a ZIP file of one NPY file for each. */
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import { FormatError } from "../formats/format_error.ts";
import { entryBytes, type Inflate, zipEntries } from "../formats/zip.ts";
import { quoted } from "../text.ts";
import { checkLength } from "./bytes.ts";

const ENDING = ".npy";
/** Names that a message lists. */
const SHOWN = 20;

/**
 * The NPY file of one array in the bytes of an archive: of the array that is named, or of the only one. RangeError with the names of all where there are
 * several and none is named, or none of that name.
 */
export async function npyOfArchive(bytes: Uint8Array, path: string, array: string | undefined, maxBytes: number): Promise<Uint8Array> {
  const entries = zipEntries(bytes, path).filter(({ name }) => name.endsWith(ENDING));
  const names = entries.map(({ name }) => name.slice(0, -ENDING.length));
  if (names.length === 0) throw new FormatError(`${path}: an .npz file holds arrays, got none`);
  if (array === undefined && names.length > 1)
    throw new RangeError(`${path}: one array of an .npz file is read, got ${listOf(names)} (name one: --array, or the option array)`);
  const place = array === undefined ? 0 : names.indexOf(array);
  if (place < 0) throw new RangeError(`${path}: array ${quoted(array!, 60)} is one of ${listOf(names)}, got none of that name`);
  const entry = entries[place]!;
  checkLength(entry.size, entry.data.length, path, maxBytes, "ZIP");
  return await entryBytes(entry, inflate, path);
}

const inflate: Inflate = (data, size) =>
  promisify(inflateRaw)(data, { maxOutputLength: Math.max(size, 1) }).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === "ERR_BUFFER_TOO_LARGE" ? "more" : error.message, { cause: error });
  });

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map((name) => quoted(name, 40));
  return shown.join(", ") + (names.length > SHOWN ? `, … (${names.length} in all)` : "");
}
