/** The lock of a run's folder: one owner at a time, a dead one replaced by exactly one of those who find it. TEST_LONG=1 tries more often. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FolderInUseError, FolderLock, LOCK_FILE, type LockOwner } from "../../src/node/lock.ts";
import { isAtWork, thisProcess } from "../../src/node/processes.ts";
import { root } from "../support/cli_run.ts";

const LONG = process.env["TEST_LONG"] === "1";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "elbograd-lock-"));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

const path = (): string => join(folder, LOCK_FILE);
const owner = async (): Promise<LockOwner> => JSON.parse(await readFile(path(), "utf8")) as LockOwner;

/** Leaves the lock of another owner, by default a process of this machine that is at work: the one that runs the tests. */
async function leave(change: Partial<LockOwner>, secondsAgo = 0): Promise<void> {
  const then = new Date(Date.now() - 1000 * secondsAgo);
  const at = then.toISOString();
  const lock: LockOwner = { ...thisProcess(), pid: process.ppid, start: 0, since: at, heartbeat: at, token: "0123456789abcdef", ...change };
  await writeFile(path(), JSON.stringify(lock, null, 2));
  await utimes(path(), then, then);
}

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => child.on("close", resolve));
  return child.pid!;
}

describe("a lock", () => {
  it("says who has the folder since when, and is gone with its owner, with all that it was made by", async () => {
    const lock = await FolderLock.take(folder);
    const { pid, start, host } = thisProcess();
    expect(await owner()).toMatchObject({ pid, start, host });
    expect(Date.now() - Date.parse((await owner()).since)).toBeLessThan(60_000);
    expect(await readdir(folder)).toEqual([LOCK_FILE]);
    await lock.check();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("beats: its file tells when it was alive, in place", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "Date"] });
    const lock = await FolderLock.take(folder);
    const before = await owner();
    vi.advanceTimersByTime(20_000);
    await vi.waitFor(async () => expect(Date.parse((await owner()).heartbeat) - Date.parse(before.heartbeat)).toBe(20_000));
    expect(await owner()).toEqual({ ...before, heartbeat: (await owner()).heartbeat });
    await lock.release();
  });

  it("refuses a second owner, of the same process too, and says what to do", async () => {
    const lock = await FolderLock.take(folder);
    const refused = FolderLock.take(folder);
    await expect(refused).rejects.toThrow(FolderInUseError);
    const { host, since } = await owner();
    await expect(refused).rejects.toThrow(
      `one run at a time is at work in a folder, got ${folder}, where process ${process.pid} on ${host} has been at work since ` +
        `${since.slice(0, 19).replace("T", " ")} UTC (wait for it, or stop it: kill ${process.pid}; or choose another folder)`,
    );
    await lock.release();
    await (await FolderLock.take(folder)).release();
  });

  it("of a living process is respected, however long ago it beat", async () => {
    await leave({}, 3600);
    await expect(FolderLock.take(folder)).rejects.toThrow(`where process ${process.ppid} on `);
    expect(await readdir(folder)).toEqual([LOCK_FILE]);
  });

  it("of a dead process is taken over at once, and so is one whose number another process has now", async () => {
    await leave({ pid: await deadPid() });
    await (await FolderLock.take(folder)).release();
    if (process.platform !== "linux") return; // elsewhere no start tells one process from a later one
    await leave({ start: 1 });
    await (await FolderLock.take(folder)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("of another machine is respected for a minute after its last beat", async () => {
    await leave({ pid: 1, host: "elsewhere", place: "ffffffff" }, 50);
    await expect(FolderLock.take(folder)).rejects.toThrow(
      /where process 1 on elsewhere has been at work since .* UTC \(wait for it, or stop it there: a minute after its last sign of life it is taken for dead; or choose another folder\)$/,
    );
    await leave({ pid: 1, host: "elsewhere", place: "ffffffff" }, 61);
    await (await FolderLock.take(folder)).release();
  });

  it("of another machine, old by its own clock and new by the file's, is watched for a beat", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const watching = (): Promise<void> => vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    const other = { pid: 1, host: "elsewhere", place: "ffffffff" };
    const old = (minutes: number): string => new Date(Date.now() - 60_000 * minutes).toISOString();
    await leave({ ...other, heartbeat: old(9) });
    const refused = expect(FolderLock.take(folder)).rejects.toThrow(FolderInUseError);
    await watching();
    await leave({ ...other, heartbeat: old(8) });
    vi.advanceTimersByTime(15_000);
    await refused;
    const taken = FolderLock.take(folder);
    await watching();
    vi.advanceTimersByTime(15_000);
    await (await taken).release();
  });

  it("that cannot be read is respected for a minute", async () => {
    for (const text of ["", "{", "[]", "null", '{"pid":-1}', JSON.stringify({ ...thisProcess(), since: "", heartbeat: "", token: "../../x" })]) {
      await writeFile(path(), text);
      await expect(FolderLock.take(folder)).rejects.toThrow(`got ${folder}, which has a run.lock that cannot be read`);
      const then = new Date(Date.now() - 61_000);
      await utimes(path(), then, then);
      await (await FolderLock.take(folder)).release();
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it("that another process has taken meanwhile is no longer ours, and stays", async () => {
    const lock = await FolderLock.take(folder);
    await leave({ pid: 7, host: "elsewhere" });
    await expect(lock.check()).rejects.toThrow("where process 7 on elsewhere has been at work since");
    await lock.release();
    expect((await owner()).host).toBe("elsewhere");
  });

  it("left by claimants who died on the way is taken over all the same", async () => {
    const pid = await deadPid();
    await leave({ pid });
    const text = await readFile(path(), "utf8");
    const claim = (token: string): string => text.replace("0123456789abcdef", token);
    await writeFile(`${path()}.0123456789abcdef`, claim("1111111111111111"));
    await writeFile(`${path()}.1111111111111111`, claim("2222222222222222"));
    const lock = await FolderLock.take(folder);
    expect(await readdir(folder)).toEqual([LOCK_FILE]);
    await lock.release();
  });
});

/** Takes the lock, says so, and holds it until it is told to let go. */
const contender = `
  const { FolderLock } = await import(${JSON.stringify(new URL("../../dist/node/lock.js", import.meta.url).href)});
  process.stdin.once("data", async () => {
    try {
      const lock = await FolderLock.take(process.argv[1]);
      console.log("taken");
      process.stdin.once("data", async () => { await lock.release(); process.exit(); });
    } catch (error) {
      console.log(error.name);
      process.exit();
    }
  });
  console.log("ready");
`;

class Contender {
  readonly #child = spawn(process.execPath, ["--input-type=module", "-e", contender, folder], { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  readonly #lines: string[] = [];
  #wake: () => void = () => undefined;

  constructor() {
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#lines.push(...text.trim().split("\n"));
      this.#wake();
    });
  }

  async line(): Promise<string> {
    while (this.#lines.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#lines.shift()!;
  }

  tell(): void {
    this.#child.stdin.write("go\n");
  }

  kill(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.on("close", () => resolve());
      this.#child.kill("SIGKILL");
    });
  }
}

it(`of processes that start at once exactly one gets the folder, free or left by one that was killed`, { timeout: 600_000 }, async () => {
  for (let round = 0; round < (LONG ? 30 : 3); round++) {
    const contenders = Array.from({ length: LONG ? 8 : 4 }, () => new Contender());
    for (const each of contenders) expect(await each.line()).toBe("ready");
    for (const each of contenders) each.tell();
    const answers = await Promise.all(contenders.map((each) => each.line()));
    expect(answers.filter((answer) => answer === "taken")).toHaveLength(1);
    expect(answers.filter((answer) => answer === "FolderInUseError")).toHaveLength(contenders.length - 1);
    // killed, it leaves its lock for the next round to find
    await contenders[answers.indexOf("taken")]!.kill();
    expect(await readdir(folder)).toEqual([LOCK_FILE]);
  }
});

describe("a process", () => {
  it("is at work while it runs, not after its end, as a zombie, or as another one of its number", async () => {
    expect(isAtWork(thisProcess())).toBe(true);
    expect(isAtWork({ pid: await deadPid(), start: 0 })).toBe(false);
    if (process.platform !== "linux") return;
    expect(isAtWork({ ...thisProcess(), start: thisProcess().start + 1 })).toBe(false);
    // a shell that never waits for its child, in whose place it then runs another program
    const parent = spawn("sh", ["-c", "sleep 0.3 & echo $!; exec sleep 60"]);
    const pid = Number(await new Promise<string>((resolve) => parent.stdout.setEncoding("utf8").once("data", resolve)));
    await vi.waitFor(async () => expect(await readFile(`/proc/${pid}/stat`, "utf8")).toMatch(/\) Z /));
    expect(isAtWork({ pid, start: 0 })).toBe(false);
    parent.kill();
  });
});
