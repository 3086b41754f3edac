/** Bytes of a file, decompressed where its name ends in .gz. */
import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { FormatError } from "../formats/format_error.ts";

/** The most that Node reads at once: 2 GiB less one byte. */
export const DEFAULT_MAX_BYTES: number = 2 ** 31 - 1;

export interface ReadOptions {
  /** The most bytes that are read, after decompression; default 2 GiB less one byte. */
  readonly maxBytes?: number;
  /** What to do where the file is missing or damaged, said in the error. */
  readonly advice?: string;
}

/** The contents of a file, decompressed. An error names the file: FormatError for what is in it, Error where it cannot be read. */
export async function readBytes(path: string, { maxBytes = DEFAULT_MAX_BYTES, advice }: ReadOptions = {}): Promise<Uint8Array> {
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) throw new RangeError(`read: maxBytes is a whole number of at least 1, got ${maxBytes}`);
  const bytes = await readRaw(path, maxBytes, advice);
  if (bytes.length === 0) throw new FormatError(`${path}: a file has contents, got 0 bytes (it is empty)`);
  const compressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!path.endsWith(".gz")) {
    if (compressed) throw new FormatError(`${path}: the contents are what the name says, got gzip (add .gz to the name, or decompress it)`);
    return bytes;
  }
  if (!compressed) throw new FormatError(`${path}: a .gz file is gzip, got other contents (take .gz off the name)`);
  return await decompress(bytes, path, maxBytes, advice);
}

async function readRaw(path: string, maxBytes: number, advice: string | undefined): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw new FormatError(`${path}: at most ${maxBytes} bytes are read, got a file of ${size} (raise maxBytes)`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new Error(`${path}: ${whyNot(error as NodeJS.ErrnoException)}${advice ? ` (${advice})` : ""}`, { cause: error });
  }
}

/** What an error of the file system says to people. */
export function whyNot({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT" || code === "ENOTDIR") return "the file is missing";
  if (code === "EISDIR") return "a file is read, got a folder";
  if (code === "EACCES" || code === "EPERM") return "the file may not be read, permission is denied";
  return `the file cannot be read: ${message}`;
}

async function decompress(bytes: Uint8Array, path: string, maxBytes: number, advice: string | undefined): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") {
      throw new FormatError(`${path}: at most ${maxBytes} bytes are read, got more after decompression (raise maxBytes)`, { cause: error });
    }
    const why = code === "Z_BUF_ERROR" ? "it is truncated" : message;
    throw new FormatError(`${path}: the file is gzip, got damaged data: ${why}${advice ? ` (${advice})` : ""}`, { cause: error });
  }
}
