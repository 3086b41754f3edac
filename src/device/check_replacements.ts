/** Whether kernels can stand in the place of the library's: loaded only where some are to, because it knows the names of all that there are. */
import type { Kernel } from "../kernel.ts";
import type { ReplaceOptions } from "./replace.ts";
import { shaderNames } from "./shader_names.ts";

/** Kernels are named after their shaders, some with their activation or the entry point "grad" behind it: dense, dense_leakyrelu, leaky_relu_grad. */
function checkName(kernel: string): void {
  const suffixes = ["grad", ...shaderNames.map((name) => name.replaceAll("_", ""))];
  const known = shaderNames.some((name) => kernel === name || suffixes.some((suffix) => kernel === `${name}_${suffix}`));
  if (!known) throw new RangeError(`openDevice: no kernel to replace is called "${kernel}" (there are ${shaderNames.join(", ")})`);
}

/** Throws for names that no kernel has, in `snakeCase`, and for what is no kernel. */
export function checkReplacements({ replace = {} }: ReplaceOptions, snakeCase: (kernel: string) => string): void {
  for (const [name, kernel] of Object.entries(replace)) {
    checkName(snakeCase(name));
    const { name: own, wgsl, cpu } = (kernel ?? {}) as Partial<Kernel>;
    if (typeof own === "string" && typeof wgsl?.name === "string" && typeof cpu === "function") continue;
    throw new TypeError(`openDevice: what replaces ${name} is a kernel, got ${typeof kernel} (see defineKernel)`);
  }
}
