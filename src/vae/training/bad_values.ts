/** Finding values that are not finite, and the names of the tensors that hold them. */
import type { Device, Launch, Slice } from "../../device/device.ts";
import { fill } from "../../fill.ts";
import type { Kernel, Shader } from "../../kernel.ts";
import type { Optimizer } from "../../nn/optimizer.ts";
import type { Parameters } from "../../nn/parameters.ts";
import { show } from "../../shape.ts";

/** A value of a slice that is not finite; `launch` wrote it, as its output `output`. */
export interface BadValue {
  readonly slice: Slice;
  readonly index: number;
  readonly launch?: Launch;
  readonly output?: number;
}

/**
 * Runs `f`; the first value that is not finite in what its launches write, in their order. New memory starts at zero, because a launch need not
 * write the whole of an output, or may keep nothing in it.
 */
export async function firstBadOutput(device: Device, f: () => void): Promise<BadValue | undefined> {
  const written: { readonly launch: Launch; readonly output: number; readonly slice: Slice; readonly copy: Slice }[] = [];
  const allocated = (slice: Slice): void => {
    if (slice.dtype === "f32") device.run(fill, [], [slice], { n: slice.length, value: 0 });
  };
  const launched = (launch: Launch): void =>
    launch.outputs.forEach((slice, output) => {
      if (slice?.dtype !== "f32") return;
      const copy = device.alloc("f32", slice.length, "unscoped");
      device.copy(slice, copy);
      written.push({ launch, output, slice, copy });
    });
  try {
    device.watch({ allocated, launched }, f);
    for (const { copy, ...rest } of written) {
      const index = await firstBadIndex(copy);
      if (index >= 0) return { ...rest, index };
    }
    return undefined;
  } finally {
    for (const { copy } of written) device.free(copy);
  }
}

/** The place of the first value that is NaN or infinite, or −1. */
export async function firstBadIndex(slice: Slice): Promise<number> {
  return (await slice.device.read(slice)).findIndex((value) => !Number.isFinite(value));
}

const NONE = { name: "", states: [] };

/** `the gradient of output.bias [64]`, `adam's m of …`, or `heads' z [32, 8]`: what steps make besides has a row for each of `rows` examples. */
export function nameOf(parameters: Parameters, rows: number, bad: BadValue, optimizer: Pick<Optimizer, "name" | "states"> = NONE): string {
  const { slice, launch, output = 0 } = bad;
  const { block, length } = slice;
  const state = optimizer.states.find((name) => parameters.state(name).block === block);
  const flat =
    block === parameters.value.block ? "" : block === parameters.gradient.block ? "the gradient of " : state && `${optimizer.name}'s ${state} of `;
  if (flat !== undefined) return flat + parameterAt(parameters, slice.offset + bad.index);
  const shape = length % rows > 0 ? [length] : length === rows ? [rows] : [rows, length / rows];
  return `${possessive(launch!.kernel.name)} ${outputName(launch!.kernel, output)} ${show(shape)}`;
}

/** The parameter that holds an element of a flat buffer, and its shape. */
function parameterAt({ tensors }: Parameters, element: number): string {
  const [name, { shape }] = [...tensors].findLast(([, { slice }]) => slice.offset <= element)!;
  return `${name} ${show(shape)}`;
}

function possessive(name: string): string {
  return name.endsWith("s") ? `${name}'` : `${name}'s`;
}

/** What the shader, or the frame that it uses, calls an output: it is bound behind the inputs. */
function outputName({ wgsl, inputs }: Kernel, output: number): string {
  return boundName(wgsl, inputs.length + output) ?? `output ${output}`;
}

function boundName({ outputs = {}, source = "", uses }: Shader, binding: number): string | undefined {
  const own = new RegExp(`@binding\\(${binding}\\) var<storage, read_write> (\\w+)`).exec(source)?.[1];
  return own ?? outputs[binding] ?? uses.map((used) => boundName(used, binding)).find((name) => name !== undefined);
}
