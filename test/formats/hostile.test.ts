/**
 * Every reader against damaged files by the hundred, by the million in the long form: it reads them, or says in one line what is wrong, soon and in little
 * memory. HOSTILE_CASES and HOSTILE_SEEDS set how many of each and which.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { hostileReaders } from "../support/hostile_files.ts";
import { type HostileReader, Mutator } from "../support/mutations.ts";

const LONG = process.env["TEST_LONG"] === "1";
const CASES = Number(process.env["HOSTILE_CASES"] ?? (LONG ? 1e6 : 500));
const SEEDS = (process.env["HOSTILE_SEEDS"] ?? (LONG ? "1,2" : "1")).split(",").map(Number);
/** Of one case, and of the process. */
const [MOST_MS, MOST_BYTES] = [1000, 250e6];

const folder = mkdtempSync(join(tmpdir(), "elbograd-hostile-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What JavaScript says of mistakes in a program. */
const NOT_OURS =
  /is not (a function|iterable|defined|an object|a constructor|extensible)|Cannot |undefined is not|Invalid (typed )?(array|string|count) (length|buffer)|Array buffer|out of bounds|call stack|\[object |Unexpected|in JSON|BigInt/;
const TYPED = new Set(["FormatError", "RangeError", "TypeError", "NonFiniteError"]);

/** What is wrong with an error, if anything is. */
function faultOf(error: unknown): string | undefined {
  const { name, message } = error as Error;
  const said = `${name}: ${message.slice(0, 300)}`;
  if (!TYPED.has(name)) return `untyped ${said}`;
  if (message.includes("\n")) return `several lines, ${said}`;
  if (message.length > 1500) return `${message.length} characters, ${said}`;
  // a file's own texts may say anything
  return NOT_OURS.test(message.replace(/"(?:[^"\\]|\\.)*"/g, '""')) ? `not ours, ${said}` : undefined;
}

async function tried(reader: HostileReader, file: Uint8Array, m: Mutator): Promise<{ isRead: boolean; ms: number; fault: string | undefined }> {
  const start = performance.now();
  try {
    await reader.read(file, m);
    return { isRead: true, ms: performance.now() - start, fault: undefined };
  } catch (error) {
    return { isRead: false, ms: performance.now() - start, fault: faultOf(error) };
  }
}

/** The number of things that every object has: none may come from a file. */
const shared = (): number => [Object, Array, Map, Function].reduce((sum, { prototype }) => sum + Object.getOwnPropertyNames(prototype).length, 0);

test.each(SEEDS.flatMap((seed) => Object.entries(hostileReaders(folder)).map(([name, reader]) => ({ name, seed, reader }))))(
  `${CASES} damaged files of seed $seed for the reader of $name are read, or refused in one line`,
  { timeout: 7_200_000 },
  async ({ seed, reader, ...rest }) => {
    const m = new Mutator(seed);
    const faults = new Map<string, string>();
    const before = shared();
    let [read, slowest, most] = [0, 0, 0];
    for (let i = 0; i < CASES; i++) {
      const file = reader.make(m);
      const first = await tried(reader, file, m);
      // a machine may be busy once, and a slow reader is slow again
      const again = LONG && first.ms > MOST_MS ? await tried(reader, file, m) : first;
      const took = Math.min(first.ms, again.ms);
      let { fault } = first;
      read += Number(first.isRead);
      slowest = Math.max(slowest, took);
      if (LONG && took > MOST_MS) fault = `${took.toFixed(0)} ms`;
      if (fault !== undefined)
        faults.set(fault.replace(/\d+/g, "N"), `${fault} (case ${i}: ${new TextDecoder("latin1").decode(file.slice(0, 400))})`);
      if (i % 1000 === 0) most = Math.max(most, process.memoryUsage.rss());
    }
    if (LONG)
      process.stdout.write(
        `${rest.name}, seed ${seed}: ${read} of ${CASES} read, slowest ${slowest.toFixed(0)} ms, RSS at most ${(most / 1e6).toFixed(0)} MB\n`,
      );
    expect([...faults.values()].slice(0, 20)).toEqual([]);
    expect(shared()).toBe(before);
    // files that are all read, or all refused, would try little
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(CASES);
    if (LONG) expect(most).toBeLessThan(MOST_BYTES);
  },
);
