/** Bytes of a file, decompressed where its name ends in .gz. */
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { FormatError } from "../formats/format_error.ts";

/** 2 GiB less one byte. */
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

/**
 * The contents of a file as they are, of at most `maxBytes`: counted as they are read, because what a pipe, a file of the system or one that grows says of
 * its size is not what it holds. Throws what the system throws, and FormatError.
 */
export async function readWhole(path: string, maxBytes: number = DEFAULT_MAX_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await open(path);
  try {
    const status = await handle.stat();
    if (status.isCharacterDevice() || status.isBlockDevice()) throw deviceError(path);
    if (status.size > maxBytes) throw new FormatError(`${path}: at most ${maxBytes} bytes are read, got a file of ${status.size} (raise maxBytes)`);
    let bytes = new Uint8Array(status.size + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, length, Math.min(bytes.length - length, MOST_AT_ONCE), null);
      if (bytesRead === 0) return bytes.subarray(0, length);
      length += bytesRead;
      if (length > maxBytes) throw new FormatError(`${path}: at most ${maxBytes} bytes are read, got more (raise maxBytes)`);
      if (length === bytes.length) bytes = grown(bytes, maxBytes);
    }
  } finally {
    await handle.close();
  }
}

/** What is said of a device, of which nobody knows where it ends. */
export function deviceError(path: string): FormatError {
  return new FormatError(`${path}: a file or a pipe is read, got a device, which has no end (copy what is wanted of it into a file)`);
}

/** The system takes 31 bits of length. */
const MOST_AT_ONCE = 2 ** 30;

/** Twice the room, and a little at least: it doubles so that each byte is copied about once. */
function grown(bytes: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.min(Math.max(2 * bytes.length, 1 << 16), maxBytes + 1));
  larger.set(bytes);
  return larger;
}

async function readRaw(path: string, maxBytes: number, advice: string | undefined): Promise<Uint8Array> {
  try {
    return await readWhole(path, maxBytes);
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

/**
 * Beyond FREE bytes a file may not become more than RATIO times as long. Measured with zlib: bytes of sparse images reach 380:1 (a square in 64×64 pixels;
 * MNIST 5:1, binarised 22:1), one-hot tables 430:1, nothing but repetition 1030:1; below FREE, where sparse f32 images reach 870:1, anything is soon read.
 */
const FREE = 2 ** 27;
const RATIO = 500;

async function decompress(bytes: Uint8Array, path: string, maxBytes: number, advice: string | undefined): Promise<Uint8Array> {
  const stream = createGunzip({ chunkSize: CHUNK });
  const chunks: Uint8Array[] = [];
  let length = 0;
  stream.end(bytes);
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      checkLength(length, bytes.length, path, maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "Z_BUF_ERROR" ? "it is truncated" : message;
    throw new FormatError(`${path}: the file is gzip, got damaged data: ${why}${advice ? ` (${advice})` : ""}`, { cause: error });
  }
  return Buffer.concat(chunks, length);
}

const CHUNK = 1 << 20;

/** Throws where data becomes longer than is wanted, or than any data would. */
export function checkLength(length: number, compressed: number, path: string, maxBytes: number, how: "gzip" | "ZIP" = "gzip"): void {
  if (length > maxBytes) throw new FormatError(`${path}: at most ${maxBytes} bytes are read, got more after decompression (raise maxBytes)`);
  if (length <= Math.max(FREE, RATIO * compressed)) return;
  const tool = how === "gzip" ? "gunzip" : "unzip";
  throw new FormatError(
    `${path}: ${how} makes data at most ${RATIO} times shorter, beyond ${FREE} bytes, got more from ${compressed} bytes ` +
      `(sparse images reach 380, only repetition 1000; if the file is to be trusted, decompress it with ${tool} and read that)`,
  );
}
