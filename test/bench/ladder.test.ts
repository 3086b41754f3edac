/** The ladders of bench/kernels: every rung computes the same at every edge of its tiles, what is wrong with one is seen, and the page about them is true. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it, test } from "vitest";
import { checkRung } from "../../bench/kernels/check.ts";
import { type Climb, runsOn } from "../../bench/kernels/climb.ts";
import { cpuLadder } from "../../bench/kernels/cpu/rungs.ts";
import { matmulLadder } from "../../bench/kernels/matmul/rungs.ts";
import { README, withTable } from "../../bench/kernels/readme.ts";
import { reduceLadder } from "../../bench/kernels/reduce/rungs.ts";
import { FOLDER, type Rung, wholeNumbers } from "../../bench/kernels/rung.ts";
import type { Device } from "../../src/device/device.ts";
import { openDevice } from "../../src/device/open.ts";
import { key } from "../../src/random.ts";
import { hasWebGpu } from "../support/raw_webgpu.ts";

const ladders = [matmulLadder, reduceLadder, cpuLadder];
const cpu = await openDevice("cpu");
const wasm = [await openDevice("wasm", { threads: 1 }), await openDevice("wasm", { threads: 2 })] as const;
const webgpu = hasWebGpu() ? await openDevice("webgpu") : undefined;
afterAll(async () => {
  for (const device of [cpu, ...wasm, webgpu]) await device?.close();
});

const deviceOf = ({ device, threads }: Rung): Device | undefined => (device === "cpu" ? cpu : device === "wasm" ? wasm[threads! - 1] : webgpu);

function runsHere(rung: Rung): boolean {
  const device = deviceOf(rung);
  return device !== undefined && runsOn(device, rung);
}

/** The rung with another shader: one place of its text is changed. */
function broken({ subject }: Rung, was: string, becomes: string): Rung["subject"] {
  const { name, source } = subject.kernel.wgsl;
  expect(source!.split(was), `"${was}" in ${name}`).toHaveLength(2);
  return { ...subject, kernel: { ...subject.kernel, wgsl: { name, uses: [], source: source!.replace(was, becomes) } } };
}

describe.each(ladders)("the ladder $name", ({ rungs }) => {
  it.each(rungs.filter(runsHere))("computes what the specification says on the rung $name, at every size", async (rung) => {
    const { ok, explain } = reportOf(await checkRung(deviceOf(rung)!, rung.subject));
    expect(ok, explain).toBe(true);
  });

  it.each([cpu, wasm[0]])("has a specification that runs on $name", async (device) => {
    const { ok, explain } = reportOf(await checkRung(device, rungs[0]!.subject));
    expect(ok, explain).toBe(true);
  });
});

const reportOf = (report: Awaited<ReturnType<typeof checkRung>>): { ok: boolean; explain: string } => ({ ok: report.ok, explain: report.explain() });

const [naive, tiled, registers, vectorised, quad] = matmulLadder.rungs as [Rung, Rung, Rung, Rung, Rung];
const [, strided, tree, , sums, subgroups] = reduceLadder.rungs as [Rung, Rung, Rung, Rung, Rung, Rung];

/** What goes wrong with such kernels, one of each kind: the rung, a place in its shader, and what stands there instead. */
const faults: readonly (readonly [what: string, rung: Rung, was: string, becomes: string])[] = [
  ["a missing guard of the last rows and columns", naive, "if (m >= params.M || n >= params.N) { return; }", ""],
  ["a swapped index", naive, "b[k * params.N + n]", "b[n * params.K + k]"],
  ["slabs that are not padded with 0", tiled, "if (k < params.K && n < params.N)", "if (n < params.N)"],
  ["a slab that is used before it is loaded", tiled, "workgroupBarrier();\n    for", "for"],
  ["a loop over k that ends too early", registers, "k < params.K; k += DEPTH", "k + DEPTH <= params.K; k += DEPTH"],
  ["rows that are taken for whole vec4s", vectorised, "if (params.K % 4u == 0u) { return", "if (params.K % 4u <= 1u) { return"],
  ["one k for all of a quad", quad, "load_a(m + i, k + own)", "load_a(m + i, k)"],
  ["sums that begin with the second element", strided, "var n = index; n", "var n = index + 1u; n"],
  ["a tree without its last branch", tree, "distance < THREADS; distance *= 2u", "distance < THREADS / 2u; distance *= 2u"],
  ["a neighbouring row's elements", sums, "(at >= vec4u(begin)) & ", ""],
  ["every subgroup's sum once for each invocation", subgroups, "select(0.0, sum, subgroupElect())", "sum"],
];

describe("a rung that is broken", () => {
  it.each(faults.filter(([, rung]) => runsHere(rung)))("is caught: %s", async (_, rung, was, becomes) => {
    const report = await checkRung(webgpu!, broken(rung, was, becomes));
    expect(report.ok, report.explain()).toBe(false);
    expect(report.explain()).toMatch(
      /: wrong at M \d+ .*(, the first output 0\[\d+\]: got .*, want -?\d+|: a write outside of the output, at output 0)/,
    );
  });

  it("is caught on the CPU too: a column too few", async () => {
    const { subject } = cpuLadder.rungs[0]!;
    const cpuLoop: typeof subject.kernel.cpu = (inputs, outputs, params, constants) =>
      subject.kernel.cpu(inputs, outputs, { ...params, K: (params["K"] as number) - 1 }, constants);
    expect((await checkRung(cpu, { ...subject, kernel: { ...subject.kernel, cpu: cpuLoop } })).ok).toBe(false);
  });
});

test("operands are whole numbers from −15 to 15 without 0, other ones for another key", () => {
  const numbers = wholeNumbers(1000, key(1));
  expect(new Set(numbers).size).toBe(30);
  expect(numbers.every((x) => Number.isInteger(x) && x !== 0 && Math.abs(x) <= 15)).toBe(true);
  expect(wholeNumbers(1000, key(2))).not.toEqual(numbers);
});

describe("the page about the ladders", () => {
  const page = readFileSync(README, "utf8");

  it.each(ladders)("has a heading and a line of the table for each rung of $name, in order", ({ name, rungs }) => {
    const table = new RegExp(`<!-- ladder ${name} -->\\n([\\s\\S]*?)<!-- /ladder -->`).exec(page)![1]!;
    const names = rungs.map((rung) => rung.name);
    expect([...table.matchAll(/^\| (\w+) /gm)].map(([, rung]) => rung).slice(1)).toEqual(names);
    const headings = [...page.matchAll(/^### `?(\w+)`?$/gm)].map(([, rung]) => rung!);
    expect(headings.join(" ")).toContain(names.join(" "));
  });

  it("names every shader of the folder, each of which is a rung", () => {
    const folders = ["matmul", "reduce"].flatMap((folder) => readdirSync(join(FOLDER, folder)).map((file) => `${folder}/${file}`));
    const files = folders.filter((file) => file.endsWith(".wgsl"));
    const rungs = [matmulLadder, reduceLadder].flatMap(({ name, rungs }) => rungs.map((rung) => `${name}/${rung.name}.wgsl`));
    expect(files.toSorted()).toEqual(rungs.toSorted());
    for (const file of files) expect(page).toContain(`(${file})`);
  });

  it("keeps everything but the table when one is rewritten, to the same text each time", () => {
    const software = { device: "webgpu", threads: 1, adapter: "llvmpipe", software: true };
    const timing = { medianMs: 2, lowerMs: 1, upperMs: 3, minMs: 1, maxMs: 4, samples: 10, speed: 1.5, timesBefore: 1, timesFirst: 1, ofPeak: 0.25 };
    const climb: Climb = { ladder: reduceLadder, sizes: { M: 2, N: 3 }, steps: [{ rung: "serial", ...software, ...timing }], leftOut: ["subgroups"] };
    const text = "a\n\n<!-- ladder reduce -->\nold\n<!-- /ladder -->\n\nb\n";
    const written = withTable(text, climb);
    expect(written).toBe(
      `a

<!-- ladder reduce -->

reduce, M 2, N 3, on llvmpipe (software: not a GPU's speed), without subgroups, for the adapter has no subgroups:

| rung   | median ms | GB/s | × before | × first | of peak |
| ------ | --------: | ---: | -------: | ------: | ------: |
| serial |      2.00 | 1.50 |     1.00 |    1.00 |  25.0 % |

<!-- /ladder -->

b
`,
    );
    expect(withTable(written, climb)).toBe(written);
    expect(withTable("<!-- ladder reduce -->\n<!-- /ladder -->\n<!-- ladder cpu -->\n<!-- /ladder -->\n", climb)).toMatch(
      /^<!-- ladder reduce -->\n[^<]+<!-- \/ladder -->\n<!-- ladder cpu -->\n<!-- \/ladder -->\n$/,
    );
    expect(() => withTable("no table", climb)).toThrow("ladder: README.md has no table of reduce");
  });
});
