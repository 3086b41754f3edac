/** Where WebGPU comes from in Node: the optional package `webgpu` (Dawn). */

/** The entry points handed out; Dawn's process dies when one is collected before its devices. */
const held: GPU[] = [];

/** The WebGPU entry point, or null where there is none. */
export async function requestGpu(): Promise<GPU | null> {
  if (held[0]) return held[0];
  try {
    const { create } = await import("webgpu");
    const gpu = create([]);
    held.push(gpu);
    return gpu;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") return null;
    throw error;
  }
}

/** What to do where there is no WebGPU. */
export const GPU_HINT = "in Node: npm install webgpu, and a Vulkan, Metal or D3D12 driver";
