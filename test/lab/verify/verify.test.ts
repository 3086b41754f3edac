/** `verify` of elbograd/lab: right devices pass, one wrong kernel is found and named, and one that fails does not hide the others. */
import { describe, expect, it } from "vitest";
import type { Device } from "../../../src/device/device.ts";
import { type DeviceName, openDevice } from "../../../src/device/open.ts";
import { texts } from "../../../src/device/webgpu/texts.ts";
import type { Kernel } from "../../../src/kernel.ts";
import { shareOf, ulpsOf, worstOf } from "../../../src/lab/verify/agreement.ts";
import { verify, type VerifyReport } from "../../../src/lab/verify/verify.ts";
import { adamKernel } from "../../../src/nn/adam.ts";
import { unaryKernel } from "../../../src/ops/unary_op.ts";
import { exp } from "../../../src/ops/unary_table.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { goldenText } from "../../support/files.ts";

/** Of each file the cases that `keep` names, so that a run is short; golden_*.test.ts run them all. */
const KEPT = new Set(["exp", "matmul", "softmax", "v1_relu_bern", "adam_ordinary", "sgd_ordinary"]);

interface File {
  cases?: { id: string; op?: string }[];
  known_answers?: unknown[];
  more?: unknown[];
}

function fewer(file: string, keep: (name: string) => boolean = () => true): Promise<string> {
  const parsed = JSON.parse(goldenText(file)) as File;
  const cases = parsed.cases?.filter(({ id, op }) => KEPT.has(op ?? id) && keep(op ?? id));
  return Promise.resolve(JSON.stringify({ ...parsed, ...(cases && { cases }), ...(parsed.more && { more: parsed.more.slice(0, 2) }) }));
}

const withoutVae = (file: string): Promise<string> => fewer(file, (name) => name !== "v1_relu_bern");

const failedRows = ({ rows }: VerifyReport): string[] => rows.filter(({ failed }) => failed > 0).map(({ name }) => name);

async function withReplaced<T>(device: Device, replace: Readonly<Record<string, Kernel>>, f: (device: Device) => Promise<T>): Promise<T> {
  const replaced = await openDevice(device.name as DeviceName, { replace });
  try {
    return await f(replaced);
  } finally {
    await replaced.close();
  }
}

/** exp, a thousandth too large above 1. */
const wrongExp: Kernel = unaryKernel({
  ...exp.row,
  f: (x) => Math.exp(x) * (x > 1 ? 1.001 : 1),
  wgsl: {
    ...exp.row.wgsl,
    source: "fn f(x: f32) -> f32 { return exp(x) * select(1.0, 1.001, x > 1.0); } fn df(x: f32, y: f32) -> f32 { return y; }",
  },
});

await onEachDevice((device) => {
  it("passes, and says how far off everything was", async () => {
    const report = await verify(device, (file) => fewer(file));
    expect(report.failures).toEqual([]);
    expect(report).toMatchObject({ device: device.name, adapter: device.info.adapter, passed: true, failed: 0 });
    expect(report.rows.map(({ name }) => name).sort()).toEqual([...KEPT, "philox"].sort());
    expect(report.cases).toBe(report.rows.reduce((sum, { cases }) => sum + cases, 0));
    for (const { share, ulps, elements } of report.rows) {
      expect(elements).toBeGreaterThan(0);
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThanOrEqual(1);
      expect(ulps).toBeGreaterThan(0);
    }
    expect(report.rows.find(({ kind }) => kind === "vae")!.gradientError).toBeGreaterThan(0);
  });

  it("fails where one kernel is wrong, and names the op, the case and the element", async () => {
    const report = await withReplaced(device, { exp: wrongExp }, (wrong) => verify(wrong, withoutVae));
    expect(report.passed).toBe(false);
    expect(failedRows(report)).toEqual(["exp"]);
    const row = report.rows.find(({ name }) => name === "exp")!;
    expect(row.share).toBeGreaterThan(1);
    const [{ case: id, elements } = { case: "", elements: [] }] = report.failures;
    expect(row.where).toContain(id.slice(0, 4));
    for (const { got, want, tolerance, misses, of } of elements) {
      expect(got / want).toBeCloseTo(1.001, 4);
      expect(Math.abs(got - want)).toBeGreaterThan(tolerance);
      expect(misses).toBeLessThan(of);
    }
  });

  it("fails where the optimizer's kernel does nothing, in its trajectory and in the VAE that it trains", async () => {
    const source = texts["adam"]!.replace("select(p, next, ours)", "p");
    expect(source).not.toBe(texts["adam"]);
    const idle = { ...adamKernel, wgsl: { ...adamKernel.wgsl, source }, cpu: () => undefined } as unknown as Kernel;
    const report = await withReplaced(device, { adam: idle }, (wrong) => verify(wrong, (file) => fewer(file)));
    expect(failedRows(report).sort()).toEqual(["adam_ordinary", "v1_relu_bern"]);
    expect(report.failures.flatMap(({ elements }) => elements.map(({ what }) => what)).every((what) => /step/.test(what))).toBe(true);
  });

  it("counts a case that throws as failed, here also those of softmax, which is made of exp, and runs the others", async () => {
    const broken: Kernel = {
      ...wrongExp,
      wgsl: { ...wrongExp.wgsl, source: "this is no shader" },
      cpu() {
        throw new Error("this is no loop");
      },
    };
    const report = await withReplaced(device, { exp: broken }, (wrong) => verify(wrong, withoutVae));
    expect(failedRows(report)).toEqual(["exp", "softmax"]);
    for (const { error } of report.failures) expect(error).toMatch(/this is no loop|failed to compile/);
    expect(report.rows.find(({ name }) => name === "exp")).toMatchObject({ share: Infinity });
  });
});

describe("reference data that is damaged", () => {
  const reading = async (file: string, text: string): Promise<VerifyReport> => {
    const device = await openDevice("cpu");
    try {
      return await verify(device, (name) => (name === file ? Promise.resolve(text) : fewer(name)));
    } finally {
      await device.close();
    }
  };

  it("is refused with the name of the file", async () => {
    await expect(reading("op_golden.json", "{")).rejects.toThrow(/^op_golden\.json: reference data is JSON, got .*\(install the package again\)$/);
    await expect(reading("vae_golden.json", "{}")).rejects.toThrow('vae_golden.json: reference data has a list "cases", got none');
    await expect(reading("rng_kat.json", "null")).rejects.toThrow('rng_kat.json: reference data has a list "known_answers", got none');
    await expect(reading("op_golden.json", '{"cases":[{"id":"s1","op":"erf"}]}')).rejects.toThrow(
      /^op_golden\.json: op is one of .*, got "erf" in case s1$/,
    );
    const lion = '{"cases":[{"id":"l1","optimizer":"lion","hyper":{}}]}';
    await expect(reading("optim_golden.json", lion)).rejects.toThrow(/^optim_golden\.json: optimizer is one of .*, got "lion" in case l1$/);
  });
});

describe("agreement", () => {
  it("measures an error as a share of its tolerance, and has no mercy with NaN and ∞", () => {
    expect(shareOf(1.5, 1, 1)).toBeCloseTo(0.5, 12);
    expect(shareOf(1, 1, 0)).toBe(0);
    expect(shareOf(1 + 2 ** -23, 1, 0)).toBeGreaterThan(1);
    expect(shareOf(NaN, 1, Infinity)).toBe(Infinity);
    expect(shareOf(1, NaN, Infinity)).toBe(Infinity);
    expect(shareOf(Infinity, 1, 1)).toBe(Infinity);
    expect(shareOf(-Infinity, 1e39, 1)).toBe(Infinity);
    expect([shareOf(NaN, NaN, 0), shareOf(Infinity, 1e39, 0), shareOf(0, 1e-39, 0) < 1]).toEqual([0, 0, true]);
  });

  it("measures an error in f32's units in the last place", () => {
    expect(ulpsOf(1 + 2 ** -23, 1)).toBe(1);
    expect(ulpsOf(-4 - 2 ** -20, -4)).toBe(2);
    expect(ulpsOf(Infinity, 2 ** 128)).toBe(0);
    expect(ulpsOf(NaN, 1)).toBe(Infinity);
    expect([ulpsOf(0, 2 ** -130), ulpsOf(0, 2 ** -130, 0)]).toEqual([0, 2 ** 19]);
  });

  it("finds the worst element, and refuses results of another length", () => {
    const comparison = { what: "y", got: [1, 2.5, 9], want: [1, 2, 4], tolerance: [1, 1, 1] };
    expect(worstOf(comparison)).toMatchObject({ worst: { what: "y", index: 2, got: 9, want: 4 }, misses: 1 });
    expect(worstOf({ ...comparison, got: [], want: [], tolerance: [] })).toBeUndefined();
    expect(() => worstOf({ ...comparison, got: [1, 2, 4, 5] })).toThrow("y has 3 elements, got 4");
  });
});
