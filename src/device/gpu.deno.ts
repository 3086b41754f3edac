/** Where WebGPU comes from in Deno, which has one of its own: `navigator.gpu`. */
export { requestGpu } from "./gpu.browser.ts";

/** What to do where there is no WebGPU. */
export const GPU_HINT = "in Deno: install a Vulkan, Metal or D3D12 driver";
