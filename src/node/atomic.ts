/** Files that are either wholly there or not at all: written beside their place, flushed to the disk, then renamed. */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

type Data = string | Uint8Array;

interface Pending {
  readonly path: string;
  readonly temporary: string;
  readonly handle: FileHandle;
}

/** Several files of one folder that appear together at `commit`; until then, and after `discard`, the folder holds what it held before. */
export class AtomicFiles {
  readonly folder: string;
  readonly #pending = new Map<string, Pending>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder if it is not there. */
  static async open(folder: string): Promise<AtomicFiles> {
    await makeFolder(folder);
    return new AtomicFiles(folder);
  }

  /** Adds to the end of a new file. */
  async append(name: string, data: Data): Promise<void> {
    const { handle } = this.#pending.get(name) ?? (await this.#create(name));
    await handle.appendFile(data);
  }

  async #create(name: string): Promise<Pending> {
    const path = join(this.folder, name);
    // Found here, because at `commit` other files would already have been replaced.
    if (await isFolder(path)) throw new Error(`${path}: a file is to be written, got a folder of that name (remove it)`);
    const temporary = join(this.folder, `.${name}.${randomBytes(6).toString("hex")}.tmp`);
    const pending = { path, temporary, handle: await open(temporary, "wx") };
    this.#pending.set(name, pending);
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
      await syncFolder(this.folder);
    } catch (error) {
      await this.discard();
      throw error;
    }
    this.#pending.clear();
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    for (const { handle, temporary } of this.#pending.values()) {
      await handle.close().catch(() => undefined);
      await rm(temporary, { force: true });
    }
    this.#pending.clear();
  }
}

/** Writes one file so that its old contents stay until the new ones are safe on the disk; a failure leaves the old ones. */
export async function writeFileAtomic(path: string, data: Data): Promise<void> {
  const files = await AtomicFiles.open(dirname(path));
  try {
    await files.append(basename(path), data);
    await files.commit();
  } catch (error) {
    await files.discard();
    throw error;
  }
}

/** Makes a folder and its parents. Node's own recursive `mkdir` tries for ever where a parent takes no children, as /proc does. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await isFolder(path))) return;
    if (code !== "ENOENT") throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
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
