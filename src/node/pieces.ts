/** A file, or standard input, in pieces: as large as it may be, no more of it is in memory at once. */
import { open, stat } from "node:fs/promises";
import { createGunzip, type Gunzip } from "node:zlib";
import { FormatError } from "../formats/format_error.ts";
import { turns, type WorkOptions } from "../turns.ts";
import { checkLength, deviceError, whyNot } from "./bytes.ts";

/** How far a file is read, and how much of it. */
export interface PieceOptions extends WorkOptions {
  /** The most bytes that are read, after decompression; no limit by default, as nothing is kept. */
  readonly maxBytes?: number;
}

/** What the path of standard input is. */
export const STANDARD_INPUT = "-";

const PIECE = 1 << 18;
/** The first bytes of gzip (RFC 1952). */
const MAGIC = [0x1f, 0x8b];

/** The bytes of a file, decompressed if they are gzip. Progress is in bytes of the file; of a pipe nobody knows how many there are. Errors name the file. */
export async function* piecesOf(path: string, options: PieceOptions = {}): AsyncGenerator<Uint8Array> {
  const { maxBytes = Infinity, signal } = options;
  const total = await sizeOf(path);
  const turn = turns(total === undefined ? { signal } : options, total);
  let [read, told, length] = [0, 0, 0];
  const counted = countBytes(path === STANDARD_INPUT ? process.stdin : fileBytes(path), (bytes) => (read += bytes));
  try {
    for await (const piece of decompressed(counted, path)) {
      length += piece.length;
      checkLength(length, read, path, maxBytes);
      yield piece;
      await turn(read - told);
      told = read;
    }
  } catch (error) {
    if (error instanceof FormatError || signal?.aborted) throw error;
    throw new Error(`${path}: ${whyNot(error as NodeJS.ErrnoException)}`, { cause: error });
  } finally {
    // where it ends before the file does, which may be a pipe from which nothing comes
    if (path === STANDARD_INPUT) process.stdin.destroy();
    void counted.return(undefined).catch(() => undefined);
  }
}

/** A file, or a pipe by its name, piece by piece in the same memory. */
async function* fileBytes(path: string): AsyncGenerator<Buffer> {
  const handle = await open(path, "r");
  try {
    const buffer = Buffer.allocUnsafeSlow(PIECE);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, PIECE, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** How long a file is; undefined for what has no size, such as a pipe. */
export async function sizeOf(path: string): Promise<number | undefined> {
  if (path === STANDARD_INPUT) return undefined;
  const found = await stat(path).catch(() => undefined);
  if (found?.isCharacterDevice() || found?.isBlockDevice()) throw deviceError(path);
  return found?.isFile() ? found.size : undefined;
}

async function* countBytes(source: AsyncIterable<Buffer>, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const piece of source) {
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
  // a copy: what is written is read later
  const write = async (piece: Buffer): Promise<void> => {
    if (!gunzip.write(Buffer.from(piece))) await new Promise((resolve) => gunzip.once("drain", resolve).once("close", resolve));
  };
  await write(first);
  for await (const piece of rest) {
    if (gunzip.destroyed) return;
    await write(piece);
  }
  gunzip.end();
}
