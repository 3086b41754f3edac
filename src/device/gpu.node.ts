/** Where WebGPU comes from in Node: the optional package `webgpu` (Dawn). */

/** The entry points handed out; Dawn's process dies when one is collected before its devices. */
const held: { usual?: GPU; exact?: GPU } = {};

/** Dawn rounds its clock to 65 µs unless it is told not to, which only its entry point can be. */
const EXACT_CLOCK = "disable-dawn-features=timestamp_quantization";

/** The WebGPU entry point, or null where there is none; `exactClock` for one whose timestamps are not rounded. */
export async function requestGpu(exactClock = false): Promise<GPU | null> {
  const kind = exactClock ? "exact" : "usual";
  const known = held[kind];
  if (known) return known;
  try {
    const { create } = await import("webgpu");
    return (held[kind] = create(exactClock ? [EXACT_CLOCK] : []));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") return null;
    throw error;
  }
}

/** What to do where there is no WebGPU. */
export const GPU_HINT = "in Node: npm install webgpu, and a Vulkan, Metal or D3D12 driver";
