/** Where WebGPU comes from in browsers and workers: `navigator.gpu`. */

/** The WebGPU entry point, or null where there is none; how exact its clock is, the browser decides. */
export function requestGpu(_exactClock = false): Promise<GPU | null> {
  const scope = globalThis as { readonly navigator?: { readonly gpu?: GPU } };
  return Promise.resolve(scope.navigator?.gpu ?? null);
}

/** What to do where there is no WebGPU. */
export const GPU_HINT = "use a browser with WebGPU, on https or localhost";
