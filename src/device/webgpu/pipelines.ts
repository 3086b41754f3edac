/** Compute pipelines with explicit layouts, each compiled once. */
import type { Constants, Kernel } from "../../kernel.ts";
import { composeShader, locate, usesCore } from "./compose.ts";
import type { Core } from "./cores.ts";

export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  /** The layout of group 0; `layoutKey` names it in the bind-group cache. */
  readonly layout: GPUBindGroupLayout;
  readonly layoutKey: string;
  /** The core of its products, if it has any: the kernel's grid is to be covered with its tiles. */
  readonly core: Core | undefined;
}

const COMPUTE_STAGE = 4;

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #core: Core;
  /** The layout of group 1: Params, then the step row, both at dynamic offsets. */
  readonly uniforms: GPUBindGroupLayout;
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #compiled = new Map<string, Compiled>();
  readonly #texts = new WeakMap<Kernel, string>();
  readonly #report: (pending: Promise<string | undefined>) => void;

  /** `report` gets, for each pipeline that run() compiles, a promise of what went wrong, or of undefined. */
  constructor(device: GPUDevice, core: Core, report: (pending: Promise<string | undefined>) => void) {
    this.#device = device;
    this.#core = core;
    this.#report = report;
    const uniform = (binding: number): GPUBindGroupLayoutEntry => ({
      binding,
      visibility: COMPUTE_STAGE,
      buffer: { type: "uniform", hasDynamicOffset: true },
    });
    this.uniforms = device.createBindGroupLayout({ label: "params and step row", entries: [uniform(0), uniform(1)] });
  }

  /** The pipeline of a kernel, compiled now if it must be. */
  get(kernel: Kernel, constants: Constants): Compiled {
    const key = this.#key(kernel, constants);
    let compiled = this.#compiled.get(key);
    if (compiled === undefined) {
      this.#device.pushErrorScope("validation");
      const { descriptor, module, ...rest } = this.#describe(kernel, constants);
      compiled = { pipeline: this.#device.createComputePipeline(descriptor), ...rest };
      this.#compiled.set(key, compiled);
      const failure = this.#device.popErrorScope();
      this.#report(
        failure.then((error) => {
          if (!error) return undefined;
          this.#compiled.delete(key); // so that the next launch says why again
          return this.#explain(kernel, module, error.message);
        }),
      );
    }
    return compiled;
  }

  /** Compiles without stalling; throws what does not compile. */
  async prepare(kernel: Kernel): Promise<void> {
    const constants = kernel.constants ?? {};
    const key = this.#key(kernel, constants);
    if (this.#compiled.has(key)) return;
    this.#device.pushErrorScope("validation");
    const { descriptor, module, ...rest } = this.#describe(kernel, constants);
    const scope = this.#device.popErrorScope();
    try {
      const pipeline = await this.#device.createComputePipelineAsync(descriptor);
      this.#compiled.set(key, { pipeline, ...rest });
    } catch (error) {
      throw new Error(await this.#explain(kernel, module, error instanceof Error ? error.message : String(error)), { cause: error });
    } finally {
      await scope;
    }
  }

  #key(kernel: Kernel, constants: Constants): string {
    let text = this.#texts.get(kernel);
    if (text === undefined) this.#texts.set(kernel, (text = composeShader(kernel.wgsl, this.#core)));
    return `${layoutKeyOf(kernel)} ${kernel.wgsl.entryPoint ?? "main"} ${JSON.stringify(constants)}\n${text}`;
  }

  #describe(kernel: Kernel, constants: Constants) {
    const layoutKey = layoutKeyOf(kernel);
    const layout = this.#layout(layoutKey);
    const module = this.#module(kernel);
    const values = Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, Number(value)]));
    const descriptor: GPUComputePipelineDescriptor = {
      label: kernel.name,
      layout: this.#device.createPipelineLayout({ label: kernel.name, bindGroupLayouts: [layout, this.uniforms] }),
      compute: { module, entryPoint: kernel.wgsl.entryPoint ?? "main", constants: values },
    };
    return { descriptor, module, layout, layoutKey, core: usesCore(kernel.wgsl) ? this.#core : undefined };
  }

  /** Entry points of one text share a module. */
  #module(kernel: Kernel): GPUShaderModule {
    const code = this.#texts.get(kernel)!;
    let module = this.#modules.get(code);
    if (module === undefined) this.#modules.set(code, (module = this.#device.createShaderModule({ label: kernel.wgsl.name, code })));
    return module;
  }

  #layout(key: string): GPUBindGroupLayout {
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      const entries = [...key].map((access, binding): GPUBindGroupLayoutEntry => {
        return { binding, visibility: COMPUTE_STAGE, buffer: { type: access === "r" ? "read-only-storage" : "storage" } };
      });
      this.#layouts.set(key, (layout = this.#device.createBindGroupLayout({ label: key, entries })));
    }
    return layout;
  }

  /** `webgpu: shader "gaussian_kl" failed to compile at gaussian_kl.wgsl:14:9: unresolved call target 'log1p'`. */
  async #explain(kernel: Kernel, module: GPUShaderModule, message: string): Promise<string> {
    const { messages } = await module.getCompilationInfo();
    const error = messages.find(({ type }) => type === "error");
    if (!error) return `webgpu: kernel "${kernel.name}" failed to compile: ${message.trim().split("\n")[0]}`;
    const { file, line } = locate(kernel.wgsl, error.lineNum, this.#core);
    return `webgpu: shader "${kernel.wgsl.name}" failed to compile at ${file}:${line}:${error.linePos}: ${error.message.trim().split("\n")[0]}`;
  }
}

/** Inputs then outputs: `rrrw` for three inputs and one output. */
function layoutKeyOf(kernel: Kernel): string {
  return "r".repeat(kernel.inputs.length) + "w".repeat(kernel.outputs.length);
}
