/** How much of a file is read: what comes counts, whatever the file says of itself. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FormatError } from "../../src/formats/format_error.ts";
import { writeNpy } from "../../src/formats/npy.ts";
import { readWhole } from "../../src/node/bytes.ts";
import { readCheckpoint, readNumbers } from "../../src/node/index.ts";
import { testFolder } from "../support/cli_run.ts";

const { run } = testFolder();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "elbograd-bytes-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function refusal(reading: Promise<unknown>): Promise<string> {
  const error: unknown = await reading.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FormatError);
  return (error as FormatError).message;
}

const DEVICE = "a file or a pipe is read, got a device, which has no end (copy what is wanted of it into a file)";

test("a device is refused, also at the end of links, as a table, a model and a checkpoint", async () => {
  const before = process.memoryUsage.rss();
  for (const name of ["t.csv", "t.npy.gz", "checkpoint.safetensors"]) {
    await symlink("/dev/zero", join(folder, `to-${name}`));
    await symlink(join(folder, `to-${name}`), join(folder, name));
  }
  for (const name of ["t.csv", "t.npy.gz"]) expect(await refusal(readNumbers(join(folder, name)))).toBe(`${join(folder, name)}: ${DEVICE}`);
  expect(await refusal(readCheckpoint(folder))).toContain(DEVICE);
  const { code, err } = await run(["sample", "--model", join(folder, "checkpoint.safetensors"), "--device", "cpu", "--out", join(folder, "out.png")]);
  expect([code, err]).toEqual([1, `${join(folder, "checkpoint.safetensors")}: ${DEVICE}\n`]);
  expect(process.memoryUsage.rss() - before).toBeLessThan(1e8);
});

test("a pipe is read to its end, or to the limit", async () => {
  const pipe = join(folder, "pipe.csv");
  execFileSync("mkfifo", [pipe]);
  const feed = (text: string): unknown => spawn("sh", ["-c", `${text} > '${pipe}'`], { stdio: "ignore" });
  feed("seq 1 100000");
  expect((await readNumbers(pipe)).values.at(-1)).toBe(100_000);
  feed("yes 1,2");
  expect(await refusal(readNumbers(pipe, { maxBytes: 300_000 }))).toBe(`${pipe}: at most 300000 bytes are read, got more (raise maxBytes)`);
});

test.runIf(process.platform === "linux")("a file of the system, which says that it is empty, is read as far as it goes", async () => {
  expect(new TextDecoder().decode(await readWhole("/proc/self/status"))).toMatch(/^Name:[\s\S]*\n$/);
  await expect(readWhole("/proc/self/status", 10)).rejects.toThrow("at most 10 bytes are read, got more (raise maxBytes)");
});

test("a little gzip that becomes very long is refused on the way, and sparse images are read", async () => {
  const bomb = join(folder, "bomb.csv.gz");
  const part = gzipSync("0,0,0,0,0,0,0\n".repeat(1 << 17), { level: 9 });
  await writeFile(bomb, Buffer.concat(new Array<Buffer>(200).fill(part)));
  expect(await refusal(readNumbers(bomb))).toBe(
    `${bomb}: gzip makes data at most 500 times shorter, beyond 134217728 bytes, got more from ${200 * part.length} bytes ` +
      "(sparse images reach 380, only repetition 1000; if the file is to be trusted, decompress it with gunzip and read that)",
  );
  const images = new Float32Array(500 * 4096);
  for (let i = 0; i < 500; i++) images[i * 4096 + ((i * 997) % 4096)] = 1;
  const file = writeNpy([500, 64, 64], images);
  const sparse = join(folder, "sparse.npy.gz");
  const compressed = gzipSync(file);
  expect(file.length / compressed.length).toBeGreaterThan(800);
  await writeFile(sparse, compressed);
  const { values } = await readNumbers(sparse);
  expect(values).toBeInstanceOf(Float32Array);
  // bytes are compared at once, and two million numbers are not
  expect(Buffer.compare(new Uint8Array(values.buffer), new Uint8Array(images.buffer))).toBe(0);
});
