/**
 * The lock of a folder: one process at a time, as a file that says which. A lock whose owner is dead is taken over by exactly one of those who find it:
 * by whoever makes, exclusively, the file that claims its place, and only then replaces it. A claim is itself a lock, so that a claimant may die as well.
 */
import { randomBytes } from "node:crypto";
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { atExit } from "./at_exit.ts";
import { isAtWork, type ProcessIdentity, thisProcess } from "./processes.ts";
import { SILENCE_MS, temporaryName } from "./temporary.ts";

/** What the lock is called in its folder. */
export const LOCK_FILE = "run.lock";

/** Between two signs of life. */
const BEAT_MS = 10_000;

/** What a lock says of its owner. */
export interface LockOwner extends ProcessIdentity {
  /** When the lock was taken, and the last sign of life: of one length, so that the file is overwritten in place. */
  readonly since: string;
  readonly heartbeat: string;
  /** No other lock has the same. */
  readonly token: string;
}

/** A lock as it was found. */
interface Found {
  readonly path: string;
  /** The token; of a file that cannot be read something as particular. */
  readonly id: string;
  readonly owner: LockOwner | undefined;
  readonly text: string;
  /** By the clock of the file system. */
  readonly changed: number;
}

/** Another process is at work in the folder. */
export class FolderInUseError extends Error {
  override readonly name = "FolderInUseError";
  readonly folder: string;
  /** Undefined where its lock cannot be read. */
  readonly owner: LockOwner | undefined;

  constructor(folder: string, owner: LockOwner | undefined) {
    super(`one run at a time is at work in a folder, got ${folder}, ${owner ? whoIs(owner) : `which has a ${LOCK_FILE} that cannot be read`}`);
    this.folder = folder;
    this.owner = owner;
  }
}

function whoIs({ pid, host, since, place }: LockOwner): string {
  const when = `${since.slice(0, 19).replace("T", " ")} UTC`;
  const here = place === thisProcess().place;
  const advice = here
    ? `wait for it, or stop it: kill ${pid}`
    : `wait for it, or stop it there: a minute after its last sign of life it is taken for dead`;
  return `where process ${pid} on ${host} has been at work since ${when} (${advice}; or choose another folder)`;
}

/** A folder that this process has for itself. */
export class FolderLock {
  readonly #folder: string;
  readonly #owner: LockOwner;
  readonly #handle: FileHandle;
  readonly #beat: ReturnType<typeof setInterval>;
  readonly #forget: () => void;

  private constructor(folder: string, owner: LockOwner, handle: FileHandle, forget: () => void) {
    this.#folder = folder;
    this.#owner = owner;
    this.#handle = handle;
    this.#beat = setInterval(() => void this.#sayAlive(), BEAT_MS).unref();
    this.#forget = forget;
  }

  /** Takes the lock of a folder that is there; FolderInUseError while another process, or this one, has it. */
  static async take(folder: string): Promise<FolderLock> {
    const now = new Date().toISOString();
    const owner: LockOwner = { ...thisProcess(), since: now, heartbeat: now, token: randomBytes(8).toString("hex") };
    const temporary = join(folder, temporaryName(LOCK_FILE));
    const clean = (): void => removeOwn(folder, owner, temporary);
    const forget = atExit(clean);
    try {
      writeFileSync(temporary, textOf(owner), { flag: "wx" });
      const { changed } = (await find(temporary))!;
      await new Taking(folder, temporary, owner, changed - performance.now()).run();
      const handle = await open(join(folder, LOCK_FILE), "r+");
      rmSync(temporary, { force: true });
      return new FolderLock(folder, owner, handle, forget);
    } catch (error) {
      await Promise.resolve().then(clean).then(forget, forget);
      throw error;
    }
  }

  /** Throws if another process has taken the folder, which it does after a minute without a sign of life from this one. */
  async check(): Promise<void> {
    const found = await find(this.#path);
    if (found && found.id !== this.#owner.token) throw new FolderInUseError(this.#folder, found.owner);
  }

  async release(): Promise<void> {
    clearInterval(this.#beat);
    await this.#handle.close();
    if ((await find(this.#path))?.id === this.#owner.token) await rm(this.#path, { force: true });
    this.#forget();
  }

  get #path(): string {
    return join(this.#folder, LOCK_FILE);
  }

  async #sayAlive(): Promise<void> {
    // a missed beat is no reason to end: the next one may succeed
    await this.#handle.write(textOf({ ...this.#owner, heartbeat: new Date().toISOString() }), 0).catch(() => undefined);
  }
}

/** Removes the owner's lock and claims, and the file they are made from, without waiting. */
function removeOwn(folder: string, { token }: LockOwner, temporary: string): void {
  rmSync(temporary, { force: true });
  for (const name of readdirSync(folder).filter((each) => each.startsWith(LOCK_FILE))) {
    const path = join(folder, name);
    if (ownerIn(readFileSync(path, "utf8"))?.token === token) rmSync(path);
  }
}

/** One attempt to get the lock of a folder. What puts something into it does not wait: it is there or not, whenever the process exits. */
class Taking {
  readonly #folder: string;
  readonly #path: string;
  /** The lock to be, complete. */
  readonly #temporary: string;
  readonly #owner: LockOwner;
  /** From this process's clock to that of the file system. */
  readonly #clock: number;

  constructor(folder: string, temporary: string, owner: LockOwner, clock: number) {
    this.#folder = folder;
    this.#path = join(folder, LOCK_FILE);
    this.#temporary = temporary;
    this.#owner = owner;
    this.#clock = clock;
  }

  async run(): Promise<void> {
    while (!this.#put(this.#path) && !(await this.#takeOver()));
    // claims of those who died: whoever still makes one finds the lock replaced
    for (const name of await readdir(this.#folder)) if (name.startsWith(`${LOCK_FILE}.`)) await rm(join(this.#folder, name), { force: true });
  }

  /** True if the lock was a dead one and is now ours; false if it has changed meanwhile. */
  async #takeOver(): Promise<boolean> {
    const chain = await this.#chain();
    const [lock, last] = [chain[0], chain.at(-1)];
    if (!lock || !last) return false;
    if (await this.#isLive(last)) throw new FolderInUseError(this.#folder, last.owner);
    const claim = this.#claimTo(last);
    if (!this.#put(claim)) return false;
    // While the dead lock stands, nobody has finished, and only the last claim, which is ours, may.
    if ((await find(this.#path))?.id !== lock.id) {
      await rm(claim, { force: true });
      return false;
    }
    renameSync(this.#temporary, this.#path);
    return true;
  }

  /** The lock, who claims its place, who claims the claimant's, … */
  async #chain(): Promise<Found[]> {
    const chain: Found[] = [];
    for (let found = await find(this.#path); found; found = await find(this.#claimTo(found))) chain.push(found);
    return chain;
  }

  #claimTo({ id }: Found): string {
    return `${this.#path}.${id}`;
  }

  /** Puts our lock at a path where nothing is; false if something is. */
  #put(path: string): boolean {
    try {
      linkSync(this.#temporary, path);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") return false;
      if (!NO_LINKS.has(code ?? "")) throw error;
    }
    try {
      writeFileSync(path, textOf(this.#owner), { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  }

  /** Whether the owner may still be at work. */
  async #isLive(found: Found): Promise<boolean> {
    const { owner, changed } = found;
    if (owner?.place === thisProcess().place) return isAtWork(owner);
    if (performance.now() + this.#clock - changed > SILENCE_MS) return false;
    if (!owner || Date.now() - Date.parse(owner.heartbeat) <= SILENCE_MS) return true;
    // Its last beat is old by its own clock and new by the file's: either the clocks differ, or the file was copied. A living owner beats again.
    await new Promise((resolve) => setTimeout(resolve, 1.5 * BEAT_MS));
    const later = await find(found.path);
    return later !== undefined && later.text !== found.text;
  }
}

/** What file systems without hard links say. */
const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "UNKNOWN"]);

/** The lock at a path, by its open file: of one moment, and fresh on network file systems too. */
async function find(path: string): Promise<Found | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { ino, mtimeMs: changed } = await handle.stat();
    const text = await handle.readFile("utf8");
    const owner = ownerIn(text);
    return { path, id: owner?.token ?? `unread-${ino}`, owner, text, changed };
  } finally {
    await handle.close();
  }
}

function textOf(owner: LockOwner): string {
  return `${JSON.stringify(owner, null, 2)}\n`;
}

function ownerIn(text: string): LockOwner | undefined {
  try {
    const { pid, start, host, place, since, heartbeat, token } = JSON.parse(text) as LockOwner;
    const texts = [host, place, since, heartbeat, token].every((value) => typeof value === "string");
    const fits = texts && Number.isSafeInteger(pid) && pid > 0 && Number.isSafeInteger(start) && /^[0-9a-f]{16}$/.test(token);
    return fits ? { pid, start, host, place, since, heartbeat, token } : undefined;
  } catch {
    return undefined;
  }
}
