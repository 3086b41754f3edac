/** Finding an adapter and opening a GPUDevice with the limits that the kernels use. */
import { GPU_HINT, requestGpu } from "#gpu";
import type { Device } from "../device.ts";
import { type Core, coreFor, type CoreName, cores } from "./cores.ts";
import type { ReplaceOptions } from "../replace.ts";
import { WebGpuDevice } from "./webgpu.ts";

export interface WebGpuOptions extends ReplaceOptions {
  /** The core of matrix products on webgpu, by name or one of your own (lib/gemm.wgsl states the contract); by default the one that suits the adapter. */
  readonly core?: CoreName | Core;
  /** Timestamps for `elbograd/lab`, where the adapter has them, and exact ones; default false. */
  readonly clock?: boolean;
}

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const;

/** Drivers that run shaders on the CPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render|warp/i;

/** Opens a WebGPU device; "hardware" refuses one that is emulated in software. */
export async function openWebGpu(kind: "any" | "hardware", options: WebGpuOptions = {}): Promise<Device> {
  const gpu = await requestGpu(options.clock);
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!gpu || !adapter) throw new Error(`openDevice: no WebGPU adapter (${GPU_HINT}; or use "cpu")`);
  const { vendor, architecture, device: model, description, isFallbackAdapter } = adapter.info;
  const words = [...new Set([vendor, architecture, model, description].filter((part) => part !== ""))].join(" ");
  const software = isFallbackAdapter || SOFTWARE.test(words);
  if (software && kind === "hardware") throw new Error(`openDevice: the only WebGPU adapter is software (${words}; ask for it with "webgpu")`);
  const subgroups = adapter.features.has("subgroups");
  const core = coreOf(options, software, subgroups);
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const features: readonly GPUFeatureName[] = options.clock ? ["subgroups", "timestamp-query"] : ["subgroups"];
  const requiredFeatures = features.filter((name) => adapter.features.has(name));
  const device = await adapter.requestDevice({ label: "elbograd", requiredLimits, requiredFeatures });
  return new WebGpuDevice(
    gpu,
    device,
    { precision: "f32", adapter: `${words}, f16 weights packed, gemm core ${core.name}`, software },
    core,
    options,
  );
}

function coreOf({ core }: WebGpuOptions, software: boolean, subgroups: boolean): Core {
  if (core === undefined) return coreFor(software, subgroups);
  if (typeof core === "object") return checkedCore(core);
  if (core === "quad" && !subgroups) throw new RangeError('openDevice: the core "quad" needs subgroups, which the adapter lacks (use "registers")');
  return cores[core];
}

/** A core of somebody's own, which must be whole. */
function checkedCore(core: Core): Core {
  const { name, shader, tile } = core as Partial<Core>;
  if (typeof name === "string" && typeof shader?.name === "string" && Array.isArray(shader.uses) && typeof tile === "function") return core;
  throw new TypeError(
    `openDevice: a core has a name, a shader { name, source, uses } and tile(rows, columns), got ${Object.keys(core).join(", ") || "{}"}`,
  );
}
