/** What a SIMD kernel is: a faster form of one kernel's specification. */
import type { Constants, Params } from "../../../kernel.ts";
import type { Engine } from "../engine.ts";

/** One launch with everything that is known when it is recorded. */
export interface Bound<P extends Params = Params> {
  readonly engine: Engine;
  /** Addresses; 0 where a slice is absent. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Numbers; those from the step row have their values when the launch runs. */
  readonly params: P;
  readonly constants: Constants;
}

export interface SimdKernel {
  /** The name of the shader of the kernel that this stands for: a kernel of the same name but another shader is somebody else's. */
  readonly shader: string;
  /** What runs at each step; undefined where the specification is to run, because the SIMD form is not for this case. */
  bind(launch: Bound<never>): (() => void) | undefined;
}

export type SimdKernels = Readonly<Record<string, SimdKernel>>;
