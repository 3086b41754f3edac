/** One SIMD kernel at a time, without a device: against its specification, in any number of parts, and with its surroundings watched. */
import { Engine } from "../../src/device/wasm/engine.ts";
import { Heap } from "../../src/device/wasm/heap.ts";
import { simdKernels } from "../../src/device/wasm/kernels/index.ts";
import type { Constants, Kernel, Params, TypedArray } from "../../src/kernel.ts";

export interface Launch {
  readonly kernel: Kernel;
  readonly inputs: readonly (TypedArray | null)[];
  /** What the outputs hold before. */
  readonly outputs: readonly TypedArray[];
  readonly params: Params;
  readonly constants?: Constants;
}

/** An engine that cuts all work into so many ranges as a pool of threads would, and runs the last one first. */
class Pieces extends Engine {
  pieces = 1;

  override split(count: number, step: number, _: number, part: (from: number, to: number, thread: number) => void): void {
    const bound = (i: number): number => Math.min(count, step * Math.ceil((count * i) / this.pieces / step));
    for (let i = this.pieces - 1; i >= 0; i--) if (bound(i) < bound(i + 1)) part(bound(i), bound(i + 1), i);
  }
}

const engine = new Pieces(new Heap(64 * 2 ** 20));

/** Bytes before and behind each array that have to stay as they are; arrays do not start at multiples of a vector. */
const MARGIN = 84;
const SENTINEL = 0xa5;

/** The numbers as a device rounds them. */
function rounded({ kernel, params }: Launch): Params {
  const entries = Object.entries(params).map(([name, value]) => [name, kernel.params[name]!.endsWith("f32") ? Math.fround(value as number) : value]);
  return Object.fromEntries(entries) as Params;
}

const constantsOf = ({ kernel, constants }: Launch): Constants => ({ ...kernel.constants, ...constants });

/** What the specification makes of the outputs. */
export function onCpu(launch: Launch): TypedArray[] {
  const outputs = launch.outputs.map((y) => y.slice());
  launch.kernel.cpu(
    launch.inputs.map((x) => x ?? new Float32Array(0)),
    outputs,
    rounded(launch),
    constantsOf(launch),
  );
  return outputs;
}

/** What the SIMD form makes of them, in so many pieces; undefined where it has none for this case. */
export function onWasm(launch: Launch, pieces = 1): TypedArray[] | undefined {
  const { heap } = engine;
  const place = (x: TypedArray | null): number => {
    if (x === null) return 0;
    const start = heap.allocate(x.byteLength + 2 * MARGIN);
    const bytes = new Uint8Array(heap.memory.buffer, start, x.byteLength + 2 * MARGIN);
    bytes.fill(SENTINEL);
    bytes.set(new Uint8Array(x.buffer, x.byteOffset, x.byteLength), MARGIN);
    return start + MARGIN;
  };
  const [inputs, outputs] = [launch.inputs.map(place), launch.outputs.map(place)];
  engine.pieces = pieces;
  const bound = { engine, inputs, outputs, params: rounded(launch) as never, constants: constantsOf(launch) };
  const run = simdKernels[launch.kernel.name]!.bind(bound);
  run?.();
  const read = (x: TypedArray, address: number): TypedArray => {
    const bytes = new Uint8Array(heap.memory.buffer, address - MARGIN, x.byteLength + 2 * MARGIN).slice();
    const touched = bytes.findIndex((byte, i) => (i < MARGIN || i >= MARGIN + x.byteLength) && byte !== SENTINEL);
    if (touched >= 0) throw new Error(`${launch.kernel.name} wrote ${touched - MARGIN} bytes from the start of ${x.byteLength}`);
    return new (x.constructor as Float32ArrayConstructor)(bytes.buffer, MARGIN, x.length).slice();
  };
  const results = launch.outputs.map((y, i) => read(y, outputs[i]!));
  [...inputs, ...outputs].forEach((address) => address !== 0 && heap.release(address - MARGIN));
  return run && results;
}
