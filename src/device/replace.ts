/** Kernels of one's own in the place of the library's: `openDevice("webgpu", { replace: { matmul: mine } })`. */
import type { Kernel, Shader } from "../kernel.ts";
import * as shaders from "../shaders.ts";

export interface ReplaceOptions {
  /**
   * Kernels that run wherever one of that name is launched, with the same bindings and Params. On webgpu their shader runs, on cpu and wasm their
   * loop; whatever knew the kernel it replaces, such as wasm's SIMD code, knows nothing of them.
   */
  readonly replace?: Readonly<Record<string, Kernel>>;
}

/** Kernels are named after their shaders, some with their activation behind it: dense, dense_relu. */
function checkName(kernel: string): void {
  const names = Object.values(shaders)
    .map(({ name }: Shader) => name)
    .filter((name) => !name.startsWith("lib/"));
  if (names.some((name) => kernel === name || kernel.startsWith(`${name}_`))) return;
  throw new RangeError(`openDevice: no kernel to replace is called "${kernel}" (there are ${names.join(", ")})`);
}

export class Replacements {
  readonly #kernels: Readonly<Record<string, Kernel>>;
  readonly #own: ReadonlySet<Kernel>;

  constructor({ replace = {} }: ReplaceOptions) {
    Object.keys(replace).forEach(checkName);
    this.#kernels = replace;
    this.#own = new Set(Object.values(replace));
  }

  /** What is to run in the place of a kernel; TypeError if it cannot be launched as that one is. */
  of(kernel: Kernel): Kernel {
    if (!Object.hasOwn(this.#kernels, kernel.name)) return kernel;
    const mine = this.#kernels[kernel.name]!;
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
