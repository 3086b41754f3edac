/** `elbograd bench`: how fast kernels are, once they are right. */
import { quoted, suggestion } from "../../text.ts";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type Device, DeviceLostError } from "../../device/device.ts";
import { openDevice } from "../../device/open.ts";
import { checkKernel } from "../../lab/check/check.ts";
import { kernelFrom } from "../../lab/kernel_from.ts";
import { kernelNamed, kernelNames, subjectOf } from "../../lab/subjects/catalogue.ts";
import { type BenchJob, benchKernels, type BenchReport } from "../../lab/timing/bench.ts";
import { key } from "../../random.ts";
import { type Command, UsageError } from "../command.ts";
import { define, shared, tell } from "../define.ts";
import { named, optional, path, positive, type Values } from "../options.ts";
import { ProgressBar } from "../progress.ts";
import { endingOf, writePicture } from "../rows/output.ts";
import { ownCommit, versions } from "../versions.ts";
import { compareBenches, comparisonTable } from "../views/bench_compare.ts";
import { type BenchFile, readBench } from "../views/bench_file.ts";
import { benchPageOf } from "../views/bench_page.ts";
import { benchTable } from "../views/bench_table.ts";

/** The kernels of a training step of 784-400-20, in the order of their first launches. */
export const STEP: readonly string[] = [
  "dense_relu",
  "heads",
  "dense_bernoulli_nll",
  "elbo_sums",
  "dense_grad",
  "dense_grad_relu",
  "heads_dense_grad",
  "dense_grad_weight_relu",
  "adam",
];

const OPTIONS = {
  shape: optional(named("M=128,N=400,K=784", "sizes, for all kernels named; those left out are of a training step of 784-400-20 on batches of 128")),
  time: positive("milliseconds to time each kernel for", 1000),
  out: optional(path("FILE", "a page with the roofline and the bars drawn as .html, or a report for --compare as .json")),
  shader: optional(path("FILE", "a shader of one's own in the place of the one kernel named, with the same bindings and Params; it is for webgpu")),
  constants: optional(named("TILE=8", "values of the shader's overrides")),
  compare: optional(path("FILE FILE", "two reports: how each kernel's time changed, and whether that is more than noise")),
  ...shared("of the random operands"),
};
type Given = Values<typeof OPTIONS>;

export const bench: Command = define({
  name: "bench",
  summary: "checks kernels, then times them beside what the device can do",
  usage: "[KERNEL…] [--shape M=128,N=400,K=784] [--out report.html]",
  takesWords: true,
  options: OPTIONS,
  notes:
    "Kernels are those of the library, by name; without any, those of a training step. Each is checked first; of a wrong one the first wrong\n" +
    "element is shown, and nothing is timed. A time is the median of at least ten samples, by the GPU's clock where there is one, and its spread\n" +
    "half the distance of the quartiles. Both roofs, a large copy and multiply-adds in registers, are measured on the same device.",
  call: 'const { medianMs, gflops, ofPeak } = await benchKernel(device, kernelNamed("matmul")); // from "elbograd/lab"',
  async run(given, signal, args, words) {
    if (given.compare !== undefined) return await compareFiles(given.compare, words, given);
    const { out, seed, time: timeMs, json } = given;
    const ending = out === undefined ? undefined : endingOf("bench", out, ["html", "json"]);
    const jobs = await jobsOf(words.length > 0 ? words : STEP, given);
    const commit = ownCommit();
    const report = await onDevice(given, (device) => checkAndTime(device, jobs, given, signal));
    const file: BenchFile = { versions: versions(), ...(commit !== undefined && { commit }), seed, timeMs, ...report };
    if (out !== undefined) await writePicture("bench", out, ending === "html" ? benchPageOf(file, args) : `${JSON.stringify(file, null, 2)}\n`);
    tell(json, { ...file }, benchTable(file) + (out === undefined ? "" : `\n\nwritten: ${out}`));
  },
});

/** What is wrong with the command line is found before a device is opened. */
async function jobsOf(names: readonly string[], { shape: sizes = {}, shader, constants }: Given): Promise<BenchJob[]> {
  const known = kernelNames();
  for (const name of names) {
    if (!known.includes(name))
      throw new UsageError(`bench: there is no kernel ${quoted(name)}${suggestion(name, known) || ` (there are ${known.join(", ")})`}`);
    const its = Object.keys(subjectOf(name).sizes);
    const unknown = Object.keys(sizes).find((size) => !its.includes(size));
    if (unknown !== undefined) throw new UsageError(`bench: --shape gives sizes of ${name}, which are ${its.join(", ")}, got ${unknown}`);
  }
  if (shader === undefined) {
    if (constants) throw new UsageError(`bench: --constants are those of --shader FILE, got ${Object.keys(constants).join(", ")} without it`);
    return names.map((name) => ({ kernel: kernelNamed(name), sizes }));
  }
  const [name] = names;
  if (names.length > 1) throw new UsageError(`bench: --shader stands for one kernel, got ${names.join(", ")}`);
  const text = await readShader(shader);
  const kernel = await asked(() => kernelFrom(name!, text, { file: basename(shader), ...(constants && { constants }) }));
  return [{ kernel, like: name!, sizes }];
}

async function readShader(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`bench: --shader is a file that can be read, got ${file} (${(error as Error).message})`, { cause: error });
  }
}

async function onDevice<T>({ device: name, threads, shader }: Given, use: (device: Device) => Promise<T>): Promise<T> {
  const device = await openDevice(name, { clock: true, ...(threads !== undefined && { threads }) });
  try {
    if (shader !== undefined && device.name !== "webgpu")
      throw new UsageError(`bench: --shader runs on webgpu, got --device ${name} (${device.name})`);
    return await use(device);
  } finally {
    await device.close();
  }
}

async function checkAndTime(device: Device, jobs: readonly BenchJob[], { seed, time: timeMs }: Given, signal: AbortSignal): Promise<BenchReport> {
  const line = new ProgressBar(process.stderr);
  try {
    for (const job of jobs) {
      signal.throwIfAborted();
      line.show(`checking ${job.kernel.name}`);
      await check(device, job, seed);
    }
    line.show(`timing ${jobs.length} ${jobs.length === 1 ? "kernel" : "kernels"}`);
    return await asked(() => benchKernels(device, jobs, { seed, timeMs, signal }));
  } finally {
    line.clear();
  }
}

/** More operations than this are checked at the edges alone: the specification runs several times, in f64. */
const CHECKED_FLOPS = 2e8;
async function check(device: Device, { kernel, like = kernel.name, sizes = {} }: BenchJob, seed: number): Promise<void> {
  const report = await asked(() => {
    const { params } = subjectOf(like).operands(sizes, key(seed));
    const few = (kernel.cost?.(params).flops ?? 0) <= CHECKED_FLOPS;
    return checkKernel(device, kernel, { like, seed, sizes: few ? [sizes] : [] });
  });
  if (!report.ok) throw new Error(`bench: nothing was timed, ${report.explain()}`);
}

/** What was asked for and cannot be done, such as a shader that does not compile, is a mistake in the command line. */
async function asked<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DeviceLostError) throw error;
    throw new UsageError(`bench: ${(error as Error).message}`, { cause: error });
  }
}

async function compareFiles(first: string, [second, ...more]: readonly string[], { out, json }: Given): Promise<void> {
  if (second === undefined || more.length > 0)
    throw new UsageError(`bench: --compare takes two files, got ${[first, second, ...more].filter(Boolean).join(" ")}`);
  if (out !== undefined) throw new UsageError(`bench: --compare prints a table, or with --json an object, got --out ${out}`);
  const [before, after] = [await readBench(first), await readBench(second)];
  const found = compareBenches(before, after);
  tell(json, { before: first, after: second, ...found }, comparisonTable([first, second], before, after, found));
}
