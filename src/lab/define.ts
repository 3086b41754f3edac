/** A kernel's record held against its shader: what both say must be the same. */
import { type Check, checkValue, isPlain } from "../check.ts";
import { KERNEL } from "../device/launch.ts";
import { parts } from "../device/webgpu/compose.ts";
import { type Core, DEFAULT_CORE } from "../device/webgpu/cores.ts";
import type { Binding, Kernel, Params, ParamType } from "../kernel.ts";
import { type BindingDeclaration, type Declarations, type FunctionDeclaration, joined, parseWgsl } from "./wgsl.ts";

/** The WGSL types of a binding: words where it takes several kinds. */
const ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  f32: ["f32", "vec2f", "vec4f", "vec2<f32>", "vec4<f32>"],
  u32: ["u32", "vec2u", "vec4u", "vec2<u32>", "vec4<u32>"],
};

const FIELDS: Readonly<Record<ParamType, readonly string[]>> = {
  u32: ["u32"],
  f32: ["f32"],
  vec4u: ["vec4u", "vec4<u32>"],
  "step.u32": ["u32"],
  "step.f32": ["u32"],
};

/**
 * Returns the kernel as it is, after checking that its record and its WGSL agree: inputs and outputs with the bindings of group 0, params with the
 * fields of `struct Params`, constants with overrides, and the entry point. Throws TypeError that says what differs, and in which line.
 */
export function defineKernel<P extends Params>(kernel: Kernel<P>, core: Core = DEFAULT_CORE): Kernel<P> {
  checkValue("defineKernel", "kernel", kernel, KERNEL);
  const declared = declarationsOf(kernel, core);
  const entry = entryOf(kernel, declared);
  checkBindings(kernel, declared, reachedFrom(entry, declared));
  checkParams(kernel, declared);
  checkConstants(kernel, declared);
  return kernel;
}

const WITH_SHADER: Check = [
  "is a kernel, { wgsl }",
  (kernel) => isPlain((kernel as Partial<Kernel> | null | undefined)?.wgsl),
  undefined,
  "wgsl is { name, source, uses }",
];

/** What a kernel's shader and all that it uses declare. */
export function declarationsOf(kernel: Pick<Kernel, "wgsl">, core: Core = DEFAULT_CORE): Declarations {
  checkValue("declarationsOf", "kernel", kernel, WITH_SHADER);
  const { wgsl } = kernel;
  return joined(parts(wgsl, core).map(({ name, source }) => parseWgsl(source, `${name}.wgsl`)));
}

const at = ({ file, line }: { readonly file: string; readonly line: number }): string => `${file}:${line}`;
const list = (names: Iterable<string>): string => [...names].join(", ") || "none";

function entryOf({ name, wgsl }: Kernel, { functions }: Declarations): FunctionDeclaration {
  const entryPoint = wgsl.entryPoint ?? "main";
  const entry = functions.find((f) => f.compute && f.name === entryPoint);
  if (entry) return entry;
  const known = list(functions.filter(({ compute }) => compute).map((f) => f.name));
  throw new TypeError(`defineKernel: ${name}: ${wgsl.name}.wgsl has no entry point "${entryPoint}", its entry points: ${known}`);
}

/** Every name that an entry point mentions, directly or through the functions that it calls. */
function reachedFrom(entry: FunctionDeclaration, { functions }: Declarations): ReadonlySet<string> {
  const bodies = new Map(functions.map((f) => [f.name, f.mentions]));
  const reached = new Set(entry.mentions);
  for (const name of reached) bodies.get(name)?.forEach((mentioned) => reached.add(mentioned)); // a Set visits what is added on the way
  return reached;
}

function checkBindings(kernel: Kernel, { bindings, aliases }: Declarations, reached: ReadonlySet<string>): void {
  const { name, wgsl, inputs, outputs } = kernel;
  const wanted = [...inputs, ...outputs];
  const ofOperands = bindings.filter(({ group }) => group === 0);
  for (const binding of ofOperands) {
    if (!reached.has(binding.name) || binding.binding < wanted.length) continue;
    throw new TypeError(
      `defineKernel: ${name}: ${at(binding)} binds ${binding.name} at ${binding.binding}, the record has ${wanted.length} operands`,
    );
  }
  wanted.forEach((operand, i) => {
    const role = i < inputs.length ? `input ${i}` : `output ${i - inputs.length}`;
    const here = ofOperands.filter(({ binding }) => binding === i);
    if (here.length === 0) throw new TypeError(`defineKernel: ${name}: ${role} is bound nowhere, ${wgsl.name}.wgsl needs @group(0) @binding(${i})`);
    const used = here.filter((binding) => reached.has(binding.name));
    const problems = here.map((binding) => problemOf(binding, operand, i < inputs.length ? "read" : "read_write", aliases));
    const bad = used.length > 0 ? here.findIndex((b, k) => used.includes(b) && problems[k]) : problems.every(Boolean) ? 0 : -1;
    if (bad >= 0) throw new TypeError(`defineKernel: ${name}: ${role} is ${operand}, ${at(here[bad]!)} ${problems[bad]}`);
  });
}

/** What is wrong with a declaration, if anything. */
function problemOf(binding: BindingDeclaration, operand: Binding, access: string, aliases: ReadonlyMap<string, string>): string | undefined {
  const words = `binds ${binding.name} as var<${binding.space}, ${binding.access}> ${binding.type}`;
  if (binding.space !== "storage" || binding.access !== access) return `${words} (it is var<storage, ${access}>)`;
  const element = /^array<(.+?)(?:,.*)?>$/.exec(binding.type)?.[1];
  const resolved = element === undefined ? undefined : (aliases.get(element) ?? element);
  const elements = ELEMENTS[operand.startsWith("f32") ? "f32" : "u32"]!;
  return resolved !== undefined && elements.includes(resolved) ? undefined : `${words} (it is array<${elements[0]}>, or of vectors)`;
}

function checkParams({ name, wgsl, params }: Kernel, { bindings, structs }: Declarations): void {
  const uniform = bindings.find(({ group, binding }) => group === 1 && binding === 0);
  const wanted = Object.entries(params);
  if (!uniform) {
    if (wanted.length === 0) return;
    throw new TypeError(`defineKernel: ${name}: params are bound nowhere, ${wgsl.name}.wgsl needs @group(1) @binding(0) var<uniform> params: Params`);
  }
  const struct = structs.find((s) => s.name === uniform.type);
  if (!struct) throw new TypeError(`defineKernel: ${name}: ${at(uniform)} binds ${uniform.type}, which is no struct`);
  wanted.forEach(([field, type], i) => {
    const declared = struct.fields[i];
    if (declared?.name === field && FIELDS[type].includes(declared.type)) return;
    const got = declared
      ? `${struct.file}:${declared.line} has ${declared.name}: ${declared.type}`
      : `${at(struct)} has ${struct.fields.length} fields`;
    const step = type.startsWith("step.") ? ", the number of a word of the step row," : "";
    throw new TypeError(`defineKernel: ${name}: field ${i} of ${struct.name} is ${field}: ${FIELDS[type][0]}${step} in the record, ${got}`);
  });
  const extra = struct.fields[wanted.length];
  if (extra)
    throw new TypeError(`defineKernel: ${name}: ${struct.file}:${extra.line} has ${extra.name}: ${extra.type}, which the record does not have`);
}

function checkConstants({ name, wgsl, constants = {} }: Kernel, { overrides }: Declarations): void {
  const names = overrides.map((override) => override.name);
  for (const constant of Object.keys(constants)) {
    if (names.includes(constant)) continue;
    throw new RangeError(`defineKernel: ${name}: ${wgsl.name}.wgsl has no override ${constant}, its overrides: ${list(names)}`);
  }
  for (const override of overrides) {
    if (override.value !== undefined || Object.hasOwn(constants, override.name)) continue;
    throw new TypeError(`defineKernel: ${name}: ${at(override)} needs a value for ${override.name}, constants: ${list(Object.keys(constants))}`);
  }
}
