/** What a browser has of WebGPU, over the package `webgpu` (Dawn), which elbograd's webgpu device runs on as well. */
import { create, globals } from "webgpu";

/** navigator.gpu and the classes of WebGPU. The navigator is held as long as the process, and Dawn's entry point with it. */
export async function installWebGpu() {
  Object.assign(globalThis, globals);
  const navigator = { gpu: create([]), userAgent: "Node", platform: "Linux", language: "en", hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true });
  if (!(await navigator.gpu.requestAdapter())) throw new Error("no WebGPU adapter");
}
