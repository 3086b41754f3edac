/** The digest by which a resumed run knows its data: right by its authors' own check, and another one for any other data. */
import { expect, test } from "vitest";
import { dataset, type DatasetOptions } from "../../src/data/dataset.ts";
import { digestOf, murmur128 } from "../../src/data/digest.ts";
import { openDevice } from "../../src/device/open.ts";
import type { TypedArray } from "../../src/kernel.ts";

test("murmur128 has the verification value of its authors' test suite", () => {
  // SMHasher: the digests of {}, {0}, {0, 1}, … with the seeds 256, 255, …, and of them all together the first word
  const digests = new Uint8Array(256 * 16);
  for (let i = 0; i < 256; i++) {
    const digest = murmur128(
      Uint8Array.from({ length: i }, (_, j) => j),
      256 - i,
    );
    digests.set(new Uint8Array(digest.buffer), 16 * i);
  }
  expect(murmur128(digests)[0]).toBe(0xb3ece62a);
});

test("a digest does not depend on where in memory the bytes are, and changes with each of them and with where parts end", () => {
  const bytes = Uint8Array.from({ length: 67 }, (_, i) => (7 * i) % 256);
  const digest = digestOf(bytes);
  expect(digest).toMatch(/^[0-9a-f]{32}$/);
  for (const offset of [1, 2, 3, 4]) {
    const moved = new Uint8Array(80);
    moved.set(bytes, offset);
    expect(digestOf(moved.subarray(offset, offset + 67))).toBe(digest);
  }
  const seen = new Set([digest, digestOf(bytes.subarray(0, 66)), digestOf(bytes.subarray(0, 30), bytes.subarray(30)), digestOf(bytes, new Uint8Array(0))]);
  for (let i = 0; i < 67; i++) seen.add(digestOf(bytes.map((byte, j) => (i === j ? byte ^ 1 : byte))));
  expect(seen.size).toBe(4 + 67);
});

test("a data set's digest is of what the device has: values, scale, shift and labels, in whatever array they came", async () => {
  const device = await openDevice("cpu");
  const digest = (data: TypedArray | readonly number[], options: Partial<DatasetOptions> = {}): string => {
    const made = dataset(device, data, { columns: 2, ...options });
    made.dispose();
    return made.digest;
  };
  const values = [0.1, 2, 3, 4];
  expect(digest(Float32Array.from(values))).toBe(digest(values));
  expect(digest(Float64Array.from(values))).toBe(digest(values));
  const others = [
    digest(values),
    digest([0.1, 2, 4, 3]),
    digest(values, { scale: 2 }),
    digest(values, { shift: 2 }),
    digest(values, { labels: [0, 1] }),
    digest(values, { labels: [1, 0] }),
    digest(Uint8Array.of(0, 2, 3, 4)),
  ];
  expect(new Set(others).size).toBe(others.length);
  await device.close();
});
