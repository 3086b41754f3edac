/** A captured step on the GPU: everything that does not change is prepared once; a replay uploads rows and encodes dispatches. */
import type { CapturedStep, Launch, Slice, StepLayout, StepRow } from "../device.ts";
import { Literals, ROW_WORDS, rowBits } from "../step_row.ts";
import { USAGE } from "./bindings.ts";
import type { GpuCalls } from "./calls.ts";
import type { Pipeline } from "./pipeline.ts";
import { literalsOf, packParams, placeAll, SLOT_BYTES, SLOT_WORDS, uniformGroup } from "./uniforms.ts";

/** A launch ready to be encoded. */
export interface Dispatch {
  readonly pipeline: Pipeline;
  readonly group: GPUBindGroup;
  readonly grid: readonly [number, number, number];
}

export type Prepared =
  | { readonly kind: "run"; readonly launch: Launch; readonly dispatch: Dispatch }
  | { readonly kind: "copy"; readonly from: Slice; readonly to: Slice };

/** Steps per submit: enough to hide the submit's cost, few enough that a browser's page stays responsive. */
const STEPS_PER_SUBMIT = 16;

export interface ReplayHost {
  readonly gpu: GpuCalls;
  readonly uniforms: GPUBindGroupLayout;
  /** Submits what was recorded before. */
  flush(): void;
  /** The open encoder, outside of a pass; whatever comes next submits it. */
  commands(): GPUCommandEncoder;
  encodeCopy(encoder: GPUCommandEncoder, from: Slice, to: Slice): void;
}

export function compileReplay(host: ReplayHost, layout: StepLayout, prepared: readonly Prepared[]): CapturedStep {
  const { params, pages, pageOf } = placeParams(layout, prepared);
  const gpu = host.gpu;
  const usage = USAGE.uniform | USAGE.copyTarget;
  const paramBuffer = gpu.createBuffer({ label: "captured params", size: Math.max(SLOT_BYTES, params.byteLength), usage });
  const rows = new Uint32Array(STEPS_PER_SUBMIT * pages.length * ROW_WORDS);
  const rowBuffer = gpu.createBuffer({ label: "captured step rows", size: rows.byteLength, usage });
  const group = uniformGroup(gpu, host.uniforms, paramBuffer, rowBuffer);
  gpu.write(paramBuffer, 0, params);

  const encodeStep = (encoder: GPUCommandEncoder, step: number): void => {
    let pass: GPUComputePassEncoder | undefined;
    prepared.forEach((command, i) => {
      if (command.kind === "copy") {
        pass?.end();
        pass = undefined;
        return host.encodeCopy(encoder, command.from, command.to);
      }
      pass ??= encoder.beginComputePass({ label: "captured step" });
      const { pipeline, group: bindings, grid } = command.dispatch;
      pass.setPipeline(pipeline.get());
      pass.setBindGroup(0, bindings);
      pass.setBindGroup(1, group, [i * SLOT_BYTES, (step * pages.length + pageOf[i]!) * SLOT_BYTES]);
      pass.dispatchWorkgroups(...grid);
    });
    pass?.end();
  };

  /** Not submitted yet, so that a read of the losses goes with the steps. */
  const record = (batch: readonly StepRow[]): void => {
    host.flush(); // it reads rows that are about to be overwritten
    batch.forEach((row, step) => {
      pages.forEach((literals, page) => {
        const at = (step * pages.length + page) * ROW_WORDS;
        rowBits(layout, row, rows, at);
        literals.write(rows, at);
      });
    });
    gpu.write(rowBuffer, 0, rows, batch.length * pages.length * ROW_WORDS);
    const encoder = host.commands();
    batch.forEach((_, step) => encodeStep(encoder, step));
  };

  return {
    async prepare() {
      const pipelines = prepared.flatMap((command) => (command.kind === "run" ? [command.dispatch.pipeline] : []));
      await Promise.all(pipelines.map((pipeline) => pipeline.prepare()));
    },
    replay(all) {
      for (let i = 0; i < all.length; i += STEPS_PER_SUBMIT) record(all.slice(i, i + STEPS_PER_SUBMIT));
    },
    dispose() {
      host.flush();
      paramBuffer.destroy();
      rowBuffer.destroy();
    },
  };
}

/** The Params of every launch, and the pages of literals that they need: mostly one. */
function placeParams(layout: StepLayout, prepared: readonly Prepared[]) {
  const params = new Uint32Array(prepared.length * SLOT_WORDS);
  const pages = [new Literals()];
  const pageOf = prepared.map((command, i) => {
    if (command.kind === "copy") return 0;
    const literals = literalsOf(command.launch);
    if (!placeAll(literals, pages.at(-1)!)) {
      pages.push(new Literals());
      placeAll(literals, pages.at(-1)!);
    }
    packParams(command.launch, layout, pages.at(-1)!, params, i * SLOT_WORDS);
    return pages.length - 1;
  });
  return { params, pages, pageOf };
}
