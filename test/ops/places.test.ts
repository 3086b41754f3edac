/** Every op is in all of its places, and what lacks one is named with the file that lacks it. What an op has follows from its row; these are the rest. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Shader } from "../../src/kernel.ts";
import * as severalOracles from "../../src/lab/oracle/elementwise.ts";
import type { Elementwise } from "../../src/lab/oracle/terms.ts";
import { promises } from "../../src/lab/oracle/promises.ts";
import { unary as unaryOracle } from "../../src/lab/oracle/unary.ts";
import * as activationTable from "../../src/ops/activation_table.ts";
import * as binary from "../../src/ops/binary.ts";
import * as binaryRows from "../../src/ops/binary_kernel.ts";
import type { UnaryOp } from "../../src/ops/unary_op.ts";
import * as unaryTable from "../../src/ops/unary_table.ts";
import { allKernels } from "../support/all_kernels.ts";

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");

const tables: Readonly<Record<string, Readonly<Record<string, UnaryOp<never>>>>> = {
  "ops/activation_table.ts": activationTable,
  "ops/unary_table.ts": unaryTable,
};
const unaryOps = Object.entries(tables).flatMap(([file, table]) => Object.entries(table).map(([name, { row }]) => ({ file, name, row })));

/** What is missing, a line each: lists of lines, of which those that do not apply are false. */
const lines = (...found: readonly (string | false)[]): string[] => found.filter((line) => line !== false);

/** The places of an oracle: its formula, its derivatives by each tensor, and its danger cases. */
function oracleLacks(op: string, oracles: string, oracle: Elementwise | undefined, tensors: number): string[] {
  const name = op.split(" ").at(-1)!;
  if (!oracle) return [`${op} has no oracle in ${oracles}`];
  return lines(
    oracle.d.length !== tensors && `${oracles}: ${name} has ${oracle.d.length} derivatives, not ${tensors}`,
    Object.values(oracle.danger).flat(2).length === 0 && `${oracles}: ${name} has no danger cases`,
  );
}

/** The places of a shader that defines functions for a frame of lib/. */
function shaderLacks(op: string, wgsl: Shader | undefined, functions: readonly string[]): string[] {
  if (!wgsl) {
    const file = op
      .split(" ")
      .at(-1)!
      .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [`${op} has no shader (write shaders/${file}.wgsl, then run node scripts/shaders.mjs)`];
  }
  const text = read(`shaders/${wgsl.name}.wgsl`);
  return functions.flatMap((f) => lines(!text.includes(`fn ${f}(`) && `shaders/${wgsl.name}.wgsl: there is no fn ${f}`));
}

const extra = (oracles: string, known: object, ops: object): string[] =>
  Object.keys(known).flatMap((name) => lines(!Object.hasOwn(ops, name) && `${oracles}: ${name} is the name of no op`));

test("every op of one tensor has its shader, its oracle with danger cases, and WGSL's promise", () => {
  const lacks = unaryOps.flatMap(({ file, name, row }) => {
    const [oracle, promised] = [unaryOracle[name], promises[name]];
    return [
      ...lines(row.name !== name && `${file}: ${name} has the name ${row.name} in its row`),
      ...shaderLacks(`${file}: ${name}`, row.wgsl, ["f", "df"]),
      ...oracleLacks(`${file}: ${name}`, "lab/oracle/unary.ts", oracle, 1),
      ...lines(
        promised === undefined && `lab/oracle/promises.ts: ${name} has no promise`,
        Array.isArray(promised?.promise) &&
          oracle?.domain === undefined &&
          `lab/oracle/unary.ts: ${name} has no domain, which its two promises tell apart`,
        row.a !== undefined && oracle !== undefined && !oracle.constants && `lab/oracle/unary.ts: ${name} has no constants to be tried with`,
      ),
    ];
  });
  const all = Object.fromEntries(unaryOps.map(({ name, row }) => [name, row]));
  expect([...lacks, ...extra("lab/oracle/unary.ts", unaryOracle, all), ...extra("lab/oracle/promises.ts", promises, all)]).toEqual([]);
});

test("every op of one tensor is public, has the subjects of its kernels, and says how accurate its SIMD form is if there is one", async () => {
  const publicOps: object = await import("../../src/index.ts");
  const { kernelNames } = await import("../../src/lab/subjects/catalogue.ts");
  const { simdKernels } = await import("../../src/device/wasm/kernels/index.ts");
  const subjects = new Set(kernelNames());
  const lacks = unaryOps.flatMap(({ file, name }) => {
    const simdUlps = promises[name]?.simdUlps;
    const isActivation = file === "ops/activation_table.ts";
    const suffix = `_${name.toLowerCase()}`;
    const kernels = [
      name,
      `${name}_grad`,
      ...(isActivation ? ["", "_grad", "_grad_input", "_grad_weight"].map((kind) => `dense${kind}${suffix}`) : []),
    ];
    const simd = kernels.filter((kernel) => Object.hasOwn(simdKernels, kernel));
    const forms = isActivation ? "device/wasm/math/activations.ts" : "device/wasm/kernels/unary.ts";
    return lines(
      !Object.hasOwn(publicOps, name) && `index.ts: ${name} is not exported`,
      ...kernels.map((kernel) => !subjects.has(kernel) && `lab/subjects/catalogue.ts: there is no subject of ${kernel}`),
      simd.length > 0 && !simdUlps && `lab/oracle/promises.ts: ${name} has a SIMD form in ${forms}, and no simdUlps`,
      simd.length < kernels.length && simdUlps !== undefined && `${forms}: ${name} has no SIMD form, and simdUlps in lab/oracle/promises.ts`,
    );
  });
  expect(lacks).toEqual([]);
});

test("docs/accuracy.md has a row of every op of one tensor for each device, with WGSL's promise as the oracle has it", () => {
  const sections = read("docs/accuracy.md")
    .split(/^(?=## )/m)
    .slice(1);
  expect(sections.length).toBeGreaterThanOrEqual(4);
  const again = "(npm run bench -- accuracy --device cpu,wasm,webgpu --write)";
  const lacks = sections.flatMap((section) => {
    const device = /^## ([^(\n]*)/.exec(section)![1]!.trim();
    const written = new Map<string, string[]>();
    for (const [, name, promise] of section.matchAll(/^\| (\w+)\b.*\| ([^|]*?) *\|$/gm))
      written.set(name!, [...(written.get(name!) ?? []), promise!]);
    const ops = new Set(unaryOps.map(({ name }) => name).concat("function"));
    return [
      ...unaryOps.flatMap(({ name }) =>
        lines(
          !written.has(name) && `docs/accuracy.md: ${name} has no row for ${device} ${again}`,
          written.has(name) &&
            String(written.get(name)) !== String(promises[name]?.promise) &&
            `docs/accuracy.md: ${name} has another promise for ${device} ${again}`,
        ),
      ),
      ...[...written.keys()].flatMap((name) => lines(!ops.has(name) && `docs/accuracy.md: ${name} for ${device} is the name of no op ${again}`)),
    ];
  });
  expect(lacks).toEqual([]);
});

test("every op of two tensors has its row, its shader and its oracle with danger cases, and is public", async () => {
  const publicOps: object = await import("../../src/index.ts");
  const lacks = Object.keys(binary).flatMap((name) => {
    const row = (binaryRows as unknown as Readonly<Record<string, binaryRows.Binary | undefined>>)[name];
    return [
      ...(row ? shaderLacks(`ops/binary_kernel.ts: ${name}`, row.wgsl, ["f"]) : [`ops/binary.ts: ${name} has no row in ops/binary_kernel.ts`]),
      ...oracleLacks(`ops/binary.ts: ${name}`, "lab/oracle/elementwise.ts", severalOracles.binary[name], 2),
      ...lines(!Object.hasOwn(publicOps, name) && `index.ts: ${name} is not exported`),
    ];
  });
  expect([...lacks, ...extra("lab/oracle/elementwise.ts", severalOracles.binary, binary)]).toEqual([]);
});

test("every kernel has a subject, what it is checked and timed on", async () => {
  const { kernelNames } = await import("../../src/lab/subjects/catalogue.ts");
  const subjects = new Set(kernelNames());
  const kernels = [...(await allKernels())];
  expect(kernels.length).toBeGreaterThan(100);
  expect(kernels.flatMap(([name, { file }]) => lines(!subjects.has(name) && `${file}: ${name} has no subject in lab/subjects/catalogue.ts`))).toEqual(
    [],
  );
});
