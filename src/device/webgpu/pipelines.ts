/** Compute pipelines with explicit layouts, each made once. */
import type { Constants, Kernel } from "../../kernel.ts";
import { composeShader, locate, usesCore } from "./compose.ts";
import type { Core } from "./cores.ts";
import { Pipeline, type Recipe } from "./pipeline.ts";

const COMPUTE_STAGE = 4;

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #core: Core;
  /** The layout of group 1: Params, then the step row, both at dynamic offsets. */
  readonly uniforms: GPUBindGroupLayout;
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #texts = new WeakMap<Kernel, string>();
  /** What each module's compiler said, asked for once: Chromium leaves a second question unanswered until something else is submitted. */
  readonly #said = new WeakMap<GPUShaderModule, Promise<GPUCompilationInfo>>();
  readonly #report: Recipe["report"];

  constructor(device: GPUDevice, core: Core, report: Recipe["report"]) {
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

  /** How many are being prepared at this moment. */
  get preparing(): number {
    return [...this.#pipelines.values()].filter(({ preparing }) => preparing).length;
  }

  /** The pipeline of a kernel, which may still have to be compiled. */
  get(kernel: Kernel, constants: Constants): Pipeline {
    const key = this.#key(kernel, constants);
    let pipeline = this.#pipelines.get(key);
    if (pipeline === undefined) {
      const layoutKey = layoutKeyOf(kernel);
      const layout = this.#layout(layoutKey);
      const core = usesCore(kernel.wgsl) ? this.#core : undefined;
      pipeline = new Pipeline(
        { layout, layoutKey, core },
        {
          device: this.#device,
          describe: () => this.#describe(kernel, constants, layout),
          explain: (module, message) => this.#explain(kernel, module, message),
          report: this.#report,
        },
      );
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  #key(kernel: Kernel, constants: Constants): string {
    let text = this.#texts.get(kernel);
    if (text === undefined) this.#texts.set(kernel, (text = composeShader(kernel.wgsl, this.#core)));
    return `${layoutKeyOf(kernel)} ${kernel.wgsl.entryPoint ?? "main"} ${JSON.stringify(constants)}\n${text}`;
  }

  #describe(kernel: Kernel, constants: Constants, layout: GPUBindGroupLayout): ReturnType<Recipe["describe"]> {
    const module = this.#module(kernel);
    const values = Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, Number(value)]));
    const descriptor: GPUComputePipelineDescriptor = {
      label: kernel.name,
      layout: this.#device.createPipelineLayout({ label: kernel.name, bindGroupLayouts: [layout, this.uniforms] }),
      compute: { module, entryPoint: kernel.wgsl.entryPoint ?? "main", constants: values },
    };
    return { descriptor, module };
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
    let said = this.#said.get(module);
    if (said === undefined) this.#said.set(module, (said = module.getCompilationInfo()));
    const { messages } = await said;
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
