/** One kernel on operands of its own, launched again and again. */
import { checkValue, DEVICE } from "../../check.ts";
import { KERNEL } from "../../device/launch.ts";
import type { Device, Slice } from "../../device/device.ts";
import type { Binding, Constants, Kernel, TypedArray } from "../../kernel.ts";
import { checkLimits, dtypeOf } from "../check/guarded.ts";
import { OPERANDS, type Operands } from "../subjects/subject.ts";
import type { GpuClock } from "./gpu_clock.ts";
import { hostSampler, type Sample } from "./timing.ts";

/** Launches in a pass whose time the GPU's clock says: what one submit of eager launches holds, with room to spare. */
const PASS = 100;

/** A kernel with operands of its own on a device, to be launched again and again. */
export class Launcher {
  readonly #device: Device;
  readonly #slices: Slice[] = [];
  readonly #launch: () => void;
  readonly #result: Slice;

  /** Allocates and writes the operands; they live until `free`. */
  constructor(device: Device, kernel: Kernel, operands: Operands) {
    checkValue("launcher", "device", device, DEVICE);
    checkValue("launcher", "kernel", kernel, KERNEL);
    checkValue("launcher", "operands", operands, OPERANDS);
    checkLimits(device, kernel, operands);
    const { inputs, outputs, params, constants } = operands;
    this.#device = device;
    try {
      const bound = [
        inputs.map((values, i) => this.#bind(kernel.inputs[i]!, values, constants)),
        outputs.map((o, i) => this.#bind(kernel.outputs[i]!, o, constants)),
      ] as const;
      this.#result = bound[1].find((slice) => slice !== null)!;
      this.#launch = () => device.run(kernel, bound[0], bound[1], params, constants);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  #bind(binding: Binding, operand: TypedArray | number | null, constants: Constants | undefined): Slice | null {
    if (operand === null) return null;
    const length = typeof operand === "number" ? operand : operand.length;
    const slice = this.#device.alloc(dtypeOf(binding, operand, constants), length, "unscoped");
    this.#slices.push(slice);
    this.#device.write(slice, typeof operand === "number" ? zeros(slice) : operand);
    return slice;
  }

  /** Launches `count` times and waits for the last one. */
  async run(count: number): Promise<void> {
    for (let i = 0; i < count; i++) this.#launch();
    await this.#device.read(this.#result.view(0, Math.min(1, this.#result.length)));
  }

  /** So many launches by the host's clock, and a pass of as many of them as fit in one by the GPU's. */
  async sample(count: number, clock?: GpuClock): Promise<Sample> {
    const sample = await hostSampler((n) => this.run(n))(count);
    if (!clock) return sample;
    const launches = Math.min(count, PASS);
    await this.run(launches);
    return { ...sample, gpu: (await clock.elapsed()) / launches };
  }

  /** Frees the operands. */
  free(): void {
    for (const slice of this.#slices) this.#device.free(slice);
  }
}

function zeros({ dtype, length }: Slice): TypedArray {
  return dtype === "u8" ? new Uint8Array(length) : dtype === "u32" ? new Uint32Array(length) : new Float32Array(length);
}
