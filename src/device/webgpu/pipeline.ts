/** One compute pipeline, compiled at its first use, or ahead of that without a stall. */
import type { Core } from "./cores.ts";

/** What is known of a pipeline before it is compiled. */
export interface PipelineFrame {
  /** The layout of group 0; `layoutKey` names it in the bind-group cache. */
  readonly layout: GPUBindGroupLayout;
  readonly layoutKey: string;
  /** The core of its products, if it has any: the kernel's grid is to be covered with its tiles. */
  readonly core: Core | undefined;
}

/** How a pipeline is made. */
export interface Recipe {
  readonly device: GPUDevice;
  /** Makes the module, within the caller's error scope. */
  describe(): { readonly descriptor: GPUComputePipelineDescriptor; readonly module: GPUShaderModule };
  /** Says where the shader is wrong. */
  explain(module: GPUShaderModule, message: string): Promise<string>;
  /** Gets, for each pipeline compiled at its first use, a promise of what went wrong, or of undefined. */
  report(pending: Promise<string | undefined>): void;
}

export class Pipeline {
  readonly frame: PipelineFrame;
  readonly #recipe: Recipe;
  #compiled: GPUComputePipeline | undefined;
  #preparing: Promise<void> | undefined;

  constructor(frame: PipelineFrame, recipe: Recipe) {
    this.frame = frame;
    this.#recipe = recipe;
  }

  /** Whether `prepare` is under way. */
  get preparing(): boolean {
    return this.#preparing !== undefined;
  }

  /** Compiled now, if it must be. */
  get(): GPUComputePipeline {
    return (this.#compiled ??= this.#compile());
  }

  /** Compiles without stalling, beside others; throws what does not compile. */
  prepare(): Promise<void> {
    if (this.#compiled) return Promise.resolve();
    return (this.#preparing ??= this.#prepare().finally(() => (this.#preparing = undefined)));
  }

  #compile(): GPUComputePipeline {
    const { device, describe, explain, report } = this.#recipe;
    device.pushErrorScope("validation");
    const { descriptor, module } = describe();
    const pipeline = device.createComputePipeline(descriptor);
    const failure = device.popErrorScope();
    report(
      failure.then((error) => {
        if (!error) return undefined;
        this.#compiled = undefined; // so that the next launch says why again
        return explain(module, error.message);
      }),
    );
    return pipeline;
  }

  async #prepare(): Promise<void> {
    const { device, describe, explain } = this.#recipe;
    device.pushErrorScope("validation");
    const { descriptor, module } = describe();
    const scope = device.popErrorScope();
    try {
      this.#compiled = await device.createComputePipelineAsync(descriptor);
    } catch (error) {
      throw new Error(await explain(module, error instanceof Error ? error.message : String(error)), { cause: error });
    } finally {
      await scope;
    }
  }
}
