/** Files that are either wholly there or not at all: written beside their place, flushed to the disk, then renamed. */
import { type Check, checkOptions, type Checks, checkValue, TEXT, WHOLE } from "../check.ts";
import { rmSync } from "node:fs";
import { type FileHandle, mkdir, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { atExit } from "./at_exit.ts";
import { temporaryName } from "./temporary.ts";

type Data = string | Uint8Array;

/** What a new file takes over from the one that it replaces. */
export interface FileLook {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const DATA: Check = ["is a text or a Uint8Array", (value) => typeof value === "string" || value instanceof Uint8Array];
const LOOK: Checks<keyof FileLook> = { mode: WHOLE, uid: WHOLE, gid: WHOLE };

interface Pending {
  readonly path: string;
  readonly temporary: string;
  readonly handle: FileHandle;
  /** Forgets that the temporary file is to be removed at exit. */
  forget(): void;
}

/**
 * Several files of one folder that appear together at `commit`; until then, and after `discard`, the folder holds what it held before. A file that is
 * replaced leaves its mode and its owner to the new one; where it is a symbolic link, the file that it names is replaced, and the link stays.
 */
export class AtomicFiles {
  readonly folder: string;
  readonly #pending = new Map<string, Pending>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder if it is not there. */
  static async open(folder: string): Promise<AtomicFiles> {
    checkValue("AtomicFiles.open", "folder", folder, TEXT);
    await makeFolder(folder);
    return new AtomicFiles(folder);
  }

  /** Adds to the end of a new file. `look`: what it takes over where the old file is gone already. */
  async append(name: string, data: Data, look?: FileLook): Promise<void> {
    checkValue("append", "name", name, TEXT);
    checkValue("append", "data", data, DATA);
    if (look !== undefined) checkOptions("append", look, LOOK, ["mode", "uid", "gid"], "a file's look is");
    const { handle } = this.#pending.get(name) ?? (await this.#create(name, look));
    await handle.appendFile(data);
  }

  async #create(name: string, look: FileLook | undefined): Promise<Pending> {
    // Found here, because at `commit` other files would already have been replaced.
    const { path, old = look } = await targetOf(join(this.folder, name));
    const temporary = join(dirname(path), temporaryName(basename(path)));
    const forget = atExit(() => rmSync(temporary, { force: true }));
    const handle = await open(temporary, "wx").catch((error: unknown) => {
      forget();
      throw error;
    });
    const pending = { path, temporary, handle, forget };
    this.#pending.set(name, pending);
    if (old) await giveLook(handle, old);
    return pending;
  }

  /** Flushes every file to the disk, and only when all are safe puts them in their places. Discards all if that fails. */
  async commit(): Promise<void> {
    try {
      for (const { handle } of this.#pending.values()) {
        await handle.sync();
        await handle.close();
      }
      for (const { temporary, path } of this.#pending.values()) await rename(temporary, path);
      for (const folder of new Set([...this.#pending.values()].map(({ path }) => dirname(path)))) await syncFolder(folder);
    } catch (error) {
      await this.discard();
      throw error;
    }
    for (const { forget } of this.#pending.values()) forget();
    this.#pending.clear();
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    for (const { handle, temporary, forget } of this.#pending.values()) {
      await handle.close().catch(() => undefined);
      await rm(temporary, { force: true });
      forget();
    }
    this.#pending.clear();
  }
}

/** Writes one file so that its old contents stay until the new ones are safe on the disk; a failure leaves the old ones. `look` as `append` takes it. */
export async function writeFileAtomic(path: string, data: Data, look?: FileLook): Promise<void> {
  checkValue("writeFileAtomic", "path", path, TEXT);
  const files = await AtomicFiles.open(dirname(path));
  try {
    await files.append(basename(path), data, look);
    await files.commit();
  } catch (error) {
    await files.discard();
    throw error;
  }
}

/** Removes a file, where it is a link the one that it names; returns what a file that is later written there takes over. */
export async function removeTarget(file: string): Promise<FileLook | undefined> {
  const { path, old } = await targetOf(file);
  if (old) await rm(path, { force: true });
  return old;
}

/** Throws unless the file could be written: makes it beside its place, and removes it. */
export async function checkWritable(path: string): Promise<void> {
  const files = await AtomicFiles.open(dirname(path));
  try {
    await files.append(basename(path), "");
  } finally {
    await files.discard();
  }
}

/** Makes a folder and its parents. Node's own recursive `mkdir` tries for ever where a parent takes no children, as /proc does. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT") throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

/** Where a file is really written, at the end of links, whether it is there or not, and how it looks. */
async function targetOf(file: string): Promise<{ path: string; old?: FileLook }> {
  const path = await throughLinks(file);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!found) return { path };
  if (found.isDirectory()) throw new Error(`${file}: a file is to be written, got a folder of that name (remove it)`);
  if (!found.isFile()) throw new Error(`${file}: a file is to be written, got a device, a pipe or a socket of that name (choose another name)`);
  return { path, old: { mode: found.mode & 0o7777, uid: found.uid, gid: found.gid } };
}

/** As many as Linux follows. */
const MAX_LINKS = 40;

async function throughLinks(file: string): Promise<string> {
  let path = file;
  for (let links = 0; links < MAX_LINKS; links++) {
    const named = await readlink(path).catch(() => undefined);
    if (named === undefined) return links === 0 ? file : join(await realpath(dirname(path)), basename(path));
    // as the system reads it: a ".." behind a link to a folder is that folder's parent
    path = isAbsolute(named) ? named : `${dirname(path)}/${named}`;
  }
  throw new Error(`${file}: a link leads to a file, got a circle of links (remove it)`);
}

async function giveLook(handle: FileHandle, { mode, uid, gid }: FileLook): Promise<void> {
  const own = await handle.stat();
  // only the superuser may give files away: for others the file becomes their own
  if (uid !== own.uid || gid !== own.gid) await handle.chown(uid, gid).catch(() => undefined);
  if (mode !== (own.mode & 0o7777)) await handle.chmod(mode);
}

/** Makes the renames themselves survive a power cut. Windows cannot open a folder and needs no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
