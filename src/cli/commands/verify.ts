/** `elbograd verify`: whether a device computes what it should. */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Device } from "../../device/device.ts";
import { gpuDeviceOf } from "../../lab/timing/gpu_device.ts";
import { verify as verifyDevice, type VerifyReport } from "../../lab/verify/verify.ts";
import { writeFileAtomic } from "../../node/atomic.ts";
import { readBytes } from "../../node/bytes.ts";
import type { Command } from "../command.ts";
import { define, NOT_RANDOM, openFor, shared } from "../define.ts";
import { optional, path } from "../options.ts";
import { print } from "../terminal.ts";
import { versions } from "../versions.ts";
import { describeReport, verifyVerdict } from "../views/verify_table.ts";

/** The reference data beside the package. */
const GOLDEN = fileURLToPath(new URL("../../../golden", import.meta.url));

export const verify: Command = define({
  name: "verify",
  summary: "checks a device: reference data of every op, of VAEs, optimizers and random numbers",
  usage: "[--device auto|cpu|wasm|webgpu] [--report FILE.json]",
  options: {
    report: optional(path("FILE", "the whole report as JSON, with versions, limits and every failing case, to attach to a bug report")),
    golden: optional(path("FOLDER", "other reference data than the package's own")),
    ...shared(NOT_RANDOM),
  },
  notes:
    "The worst error is given in units in the last place of f32, and as a share of what rounding and WGSL allow, which is computed\n" +
    "for each number from the terms that it is made of. Exit code 1 if any number is further off than that.",
  call: 'import { verify } from "elbograd/lab";\nconst report = await verify(device, (file) => readFile(`golden/${file}`, "utf8"));',
  async run({ report: file, golden = GOLDEN, device: name, threads, json }) {
    if (file !== undefined) await checkReportFile(file);
    const device = await openFor({ device: name, threads });
    try {
      const report = await verifyDevice(device, (part) => readText(join(golden, part)));
      const written = jsonOf({ versions: versions(), ...limitsOf(device), ...report });
      if (file !== undefined) await writeReport(file, `${written}\n`);
      print(json ? JSON.stringify(JSON.parse(written)) : describeReport(report));
      if (!report.passed) throw new Error(failure(report, file));
      if (!json) print(`\n${verifyVerdict(report)}`);
    } finally {
      await device.close();
    }
  },
});

function failure(report: VerifyReport, file: string | undefined): string {
  const advice = file === undefined ? "--report FILE.json writes all about it" : `${file} has all about it`;
  return `verify: ${verifyVerdict(report)} (${advice})`;
}

async function readText(file: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(file, { advice: "install the package again, or see --golden" }));
}

/** Found out before anything runs. */
async function checkReportFile(file: string): Promise<void> {
  const folder = dirname(file);
  const isFolder = (at: string): Promise<boolean> =>
    stat(at).then(
      (found) => found.isDirectory(),
      () => false,
    );
  if (!(await isFolder(folder))) throw new Error(`verify: --report is a file in a folder that exists, got ${file} (there is no folder ${folder})`);
  if (await isFolder(file)) throw new Error(`verify: --report is a file, got the folder ${file} (add a file name)`);
}

async function writeReport(file: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(file, text);
  } catch (error) {
    throw new Error(`verify: --report is a file that can be written, got ${file} (${(error as Error).message})`, { cause: error });
  }
}

/** Numbers that JSON has no words for are strings. */
function jsonOf(report: object): string {
  return JSON.stringify(report, (_, value: unknown) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value), 2);
}

/** What the device can hold and bind; on webgpu all that the GPUDevice says of itself. */
function limitsOf(device: Device): object {
  const { bindings, largest, alignment } = device;
  const gpuDevice = gpuDeviceOf(device);
  if (!gpuDevice) return { limits: { bindings, largest, alignment } };
  const limits: Record<string, number> = {};
  for (const name in gpuDevice.limits) limits[name] = gpuDevice.limits[name as keyof GPUSupportedLimits] as number;
  return { limits, features: [...gpuDevice.features].sort() };
}
