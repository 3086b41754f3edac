/** Kernels of one's own in the place of the library's: `openDevice("webgpu", { replace: { matmul: mine } })`. */
import type { Kernel } from "../kernel.ts";

export interface ReplaceOptions {
  /**
   * Kernels that run wherever one of that name is launched, with the same bindings and Params. On webgpu their shader runs, on cpu and wasm their
   * loop; whatever knew the kernel it replaces, such as wasm's SIMD code, knows nothing of them.
   */
  readonly replace?: Readonly<Record<string, Kernel>>;
}

/** leakyRelu_grad → leaky_relu_grad: kernels of the tables are named after their ops, and shaders in snake_case. */
export function snakeCase(kernel: string): string {
  return kernel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export class Replacements {
  readonly #kernels: ReadonlyMap<string, Kernel>;
  readonly #own: ReadonlySet<Kernel>;

  constructor({ replace = {} }: ReplaceOptions) {
    this.#kernels = new Map(Object.entries(replace).map(([name, kernel]) => [snakeCase(name), kernel]));
    this.#own = new Set(this.#kernels.values());
  }

  /** What is to run in the place of a kernel; TypeError if it cannot be launched as that one is. */
  of(kernel: Kernel): Kernel {
    const mine = this.#kernels.size > 0 ? this.#kernels.get(snakeCase(kernel.name)) : undefined;
    if (mine === undefined || mine === kernel) return kernel;
    for (const part of ["inputs", "outputs", "params"] as const) {
      const [wanted, got] = [JSON.stringify(kernel[part]), JSON.stringify(mine[part])];
      if (wanted !== got) throw new TypeError(`${kernel.name}: the kernel that replaces it has the same ${part}, ${wanted}, got ${got}`);
    }
    return mine;
  }

  /** Whether a kernel is somebody's own. */
  has(kernel: Kernel): boolean {
    return this.#own.has(kernel);
  }
}
