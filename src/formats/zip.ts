/** ZIP archives (PKWARE, APPNOTE.TXT): the entries that the central directory lists, and their bytes, stored or deflated. */
import { quoted } from "../text.ts";
import { FormatError } from "./format_error.ts";

/** One file of an archive, as its directory describes it. */
export interface ZipEntry {
  readonly name: string;
  /** 0 where the bytes are stored, 8 where they are deflated. */
  readonly method: number;
  /** Of the bytes once they are inflated. */
  readonly size: number;
  readonly crc: number;
  /** As they stand in the archive. */
  readonly data: Uint8Array;
}

/** Inflates raw deflate data to at most `size` bytes; throws where it is damaged or longer. */
export type Inflate = (data: Uint8Array, size: number) => Promise<Uint8Array>;

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const [LOCAL_BYTES, CENTRAL_BYTES, END_BYTES] = [30, 46, 22];
/** The longest comment that may follow the end of the directory. */
const COMMENT = 0xffff;
const [STORED, DEFLATED] = [0, 8];
const ENCRYPTED = 1;
/** What stands in the place of a number that takes more than 32 bits. */
const LARGE = 0xffffffff;

/** The entries of an archive, nothing inflated. `name` is said in errors: FormatError for what is no archive, or is damaged. */
export function zipEntries(bytes: Uint8Array, name: string): ZipEntry[] {
  const fail = (got: string): never => {
    throw new FormatError(`${name}: a ZIP archive lists its files at its end, got ${got}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(view);
  if (end < 0) return fail(`${bytes.length} bytes without (it is truncated, or another kind of file)`);
  const [count, length, start] = [view.getUint16(end + 10, true), view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if (start === LARGE || count === 0xffff) fail("one of more than 4 GB or 65,534 files, which is not read (save fewer arrays)");
  if (start + length > end) fail(`a list of ${length} bytes at ${start} where it ends at ${end} (it is damaged)`);
  const entries: ZipEntry[] = [];
  for (let at = start; entries.length < count;) {
    const isWhole = at + CENTRAL_BYTES <= start + length && view.getUint32(at, true) === CENTRAL;
    const next = isWhole
      ? at + CENTRAL_BYTES + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
      : Infinity;
    if (next > start + length) fail(`${entries.length} of ${count} files (it is damaged)`);
    entries.push(entryAt(view, at, start, name));
    at = next;
  }
  return entries;
}

/** Where the last record begins, or −1. */
function endOf(view: DataView): number {
  const { byteLength } = view;
  for (let at = byteLength - END_BYTES; at >= Math.max(0, byteLength - END_BYTES - COMMENT); at--) {
    if (view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === byteLength) return at;
  }
  return -1;
}

/** The entry that stands at `at` in the directory, which begins at `directory`; its data stands before that. */
function entryAt(view: DataView, at: number, directory: number, name: string): ZipEntry {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const own = new TextDecoder().decode(bytes.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + view.getUint16(at + 28, true)));
  const fail = (rule: string): never => {
    throw new FormatError(`${name}: file ${quoted(own, 60)} of a ZIP archive ${rule}`);
  };
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const [crc, packed, size, local] = [16, 20, 24, 42].map((field) => view.getUint32(at + field, true)) as [number, number, number, number];
  if ((flags & ENCRYPTED) !== 0) fail("is plain, got an encrypted one");
  if (method !== STORED && method !== DEFLATED) fail(`is stored or deflated, got method ${method} (save it with numpy.savez)`);
  if (packed === LARGE || size === LARGE || local === LARGE) fail("has less than 4 GB, got more (save it as .npy)");
  if (local + LOCAL_BYTES > directory || view.getUint32(local, true) !== LOCAL) fail(`has a header, got none at ${local} (it is damaged)`);
  const start = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + packed > directory)
    fail(`stands before the list of files, got ${packed} bytes from ${start} where that begins at ${directory} (it is damaged)`);
  if (method === STORED && packed !== size) fail(`is as long stored as it is, got ${packed} bytes of ${size} (it is damaged)`);
  return { name: own, method, size, crc, data: bytes.subarray(start, start + packed) };
}

/** The bytes of an entry, inflated where they are deflated; FormatError where they are not as long as it says, or not those whose checksum it has. */
export async function entryBytes({ name: own, method, size, crc, data }: ZipEntry, inflate: Inflate, name: string): Promise<Uint8Array> {
  const fail = (got: string, cause?: unknown): never => {
    throw new FormatError(`${name}: file ${quoted(own, 60)} of a ZIP archive holds ${size} bytes, got ${got} (it is damaged)`, { cause });
  };
  const bytes = method === STORED ? data : await inflate(data, size).catch((error: unknown) => fail((error as Error).message, error));
  if (bytes.length !== size) fail(String(bytes.length));
  if (crc32(bytes) !== crc) fail("others than those of its checksum");
  return bytes;
}

/** The cyclic redundancy check of ISO 3309 with polynomial edb88320, bits reversed. */
function crc32(bytes: Uint8Array): number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}
