/** A file, or standard input, in pieces: as large as it may be, no more of it is in memory at once. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip, type Gunzip } from "node:zlib";
import { FormatError } from "../formats/format_error.ts";
import { whyNot } from "./bytes.ts";

export interface PieceOptions {
  /** The most bytes that are read, after decompression; no limit by default, as nothing is kept. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** Is told after each piece how many bytes of the file have been read, of how many; of a pipe nobody knows. */
  onProgress?(progress: { readonly done: number; readonly total: number | undefined }): void;
}

/** What the path of standard input is. */
export const STANDARD_INPUT = "-";

const PIECE = 1 << 18;
/** A file of this many bytes for each of its own is no table: 1032 is the most that deflate can do (RFC 1951). */
const MAGIC = [0x1f, 0x8b];

/** The bytes of a file, decompressed if they are gzip. Errors name the file. */
export async function* piecesOf(path: string, options: PieceOptions = {}): AsyncGenerator<Uint8Array> {
  const { maxBytes = Infinity, signal, onProgress } = options;
  const source: Readable = path === STANDARD_INPUT ? process.stdin : createReadStream(path, { highWaterMark: PIECE });
  const total = path === STANDARD_INPUT ? undefined : await sizeOf(path);
  let done = 0;
  let length = 0;
  const counted = countBytes(source, (bytes) => {
    done += bytes;
    onProgress?.({ done, total });
  });
  try {
    for await (const piece of decompressed(counted, path)) {
      signal?.throwIfAborted();
      length += piece.length;
      if (length > maxBytes) throw new FormatError(`${path}: at most ${maxBytes} bytes are read, got more (raise maxBytes)`);
      yield piece;
    }
  } catch (error) {
    if (error instanceof FormatError || signal?.aborted) throw error;
    throw new Error(`${path}: ${whyNot(error as NodeJS.ErrnoException)}`, { cause: error });
  } finally {
    source.destroy();
  }
}

/** Undefined for what has no size: pipes, devices. */
async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

async function* countBytes(source: Readable, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const piece of source as AsyncIterable<Buffer>) {
    count(piece.length);
    yield piece;
  }
}

/** The pieces as they are, or what they decompress to where the first begins as gzip does. */
async function* decompressed(pieces: AsyncGenerator<Buffer>, path: string): AsyncGenerator<Uint8Array> {
  const first = await pieces.next();
  if (first.done) return;
  if (!MAGIC.every((byte, i) => first.value[i] === byte)) {
    yield first.value;
    yield* pieces;
    return;
  }
  const gunzip = createGunzip({ chunkSize: PIECE });
  const feeding = feed(gunzip, first.value, pieces).catch((error: unknown) => gunzip.destroy(error as Error));
  try {
    yield* gunzip as AsyncIterable<Buffer>;
    await feeding;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith("Z_")) throw error;
    const why = code === "Z_BUF_ERROR" ? "it is truncated" : message;
    throw new FormatError(`${path}: the file is gzip, got damaged data: ${why}`, { cause: error });
  } finally {
    gunzip.destroy();
  }
}

/** Writes all pieces, no faster than they are read. */
async function feed(gunzip: Gunzip, first: Buffer, rest: AsyncGenerator<Buffer>): Promise<void> {
  const write = async (piece: Buffer): Promise<void> => {
    if (!gunzip.write(piece)) await new Promise((resolve) => gunzip.once("drain", resolve).once("close", resolve));
  };
  await write(first);
  for await (const piece of rest) {
    if (gunzip.destroyed) return;
    await write(piece);
  }
  gunzip.end();
}
