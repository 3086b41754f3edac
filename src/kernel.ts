/**
 * A Kernel is one computation written twice: as a WGSL shader, which runs on a GPU, and as a short CPU loop, which is its specification.
 * A kernel knows slices of memory and a handful of numbers; it knows nothing of tensors or gradients.
 */

/**
 * What a slice holds. "f32" means f64 on a cpu device opened with `{ precision: "f64" }`. "f16" is for memory alone: numbers are rounded to it when
 * written, and kernels compute with them in f32; on webgpu two share a word, which `unpack2x16float` reads, elsewhere each is kept as an "f32".
 */
export type DType = "f32" | "f16" | "u32" | "u8";

/**
 * What a kernel's binding accepts: a dtype, a dtype that may be absent (`null`), "data", which is f32 or u8, or "weight", which is f32 or f16; the
 * last two are bound as `array<u32>`.
 */
export type Binding = DType | "f32?" | "u32?" | "data" | "weight";

/** The arrays that kernels read and write on a CPU: Float32Array or Float64Array for f32, by the device's precision. */
export type TypedArray = Float32Array | Float64Array | Uint32Array | Uint8Array;

/** WGSL `override`s: scalar flags and workgroup sizes. They select code, so each combination is a pipeline of its own. */
export type Constants = Readonly<Record<string, number | boolean>>;

/** A shader file, and the library files that it needs. */
export interface Shader {
  readonly name: string;
  /** Its text. The shaders of this package have theirs in device/webgpu/texts.ts, which is loaded with the device. */
  readonly source?: string;
  /** It is this package's all the same, and devices may have faster forms of its kernels: shaders of tables carry their texts. */
  readonly packaged?: true;
  /** What it calls the outputs that it binds, by the numbers of their bindings. */
  readonly outputs?: Readonly<Record<number, string>>;
  readonly uses: readonly Shader[];
  /** Its second copy in a text that needs two: each name that it declares, and of the contract of products, has a 2 behind it. */
  readonly again?: boolean;
  readonly entryPoint?: string;
}

/**
 * The type of one field of `struct Params`. A field declared `step.f32` or `step.u32` may come from the step row: in WGSL it holds the index
 * of a word, read with `step_f32(params.beta)`; the CPU loop gets the number itself.
 */
export type ParamType = "u32" | "f32" | "vec4u" | "step.f32" | "step.u32";

/** The numbers of a launch, by the fields of `struct Params`. */
export type Params = Readonly<Record<string, number | readonly number[]>>;

/** A word of the step row, by name: a number that changes from step to step without anything being recompiled or recorded again. */
export interface StepWord {
  readonly word: string;
}

/** A number, or the word of the step row that holds it. */
export type Scalar = number | StepWord;

/** Names the word of the step row that holds a number: `word("beta")`. */
export function word(name: string): StepWord {
  return { word: name };
}

/** A random key whose words may come from the step row; a `Key` (random.ts) is one with plain numbers. */
export interface KeyWords {
  readonly words: readonly [Scalar, Scalar];
  /** Where what is drawn are rows of something larger, the number of rows before them: they get the numbers that they would have had in it. Default 0. */
  readonly firstRow?: number;
}

/** What a launch passes for Params: numbers, and for `step.*` fields numbers or words of the step row. */
export type Arguments<P extends Params = Params> = { readonly [K in keyof P]: Argument<P[K]> };

type Argument<T> = T extends number ? Scalar : T;

/** One computation in two languages: a WGSL shader, and a CPU loop that says what it means. */
export interface Kernel<P extends Params = Params> {
  readonly name: string;
  readonly wgsl: Shader;
  readonly inputs: readonly Binding[];
  readonly outputs: readonly Binding[];
  /** The fields of `struct Params`, in order. */
  readonly params: { readonly [K in keyof P]: ParamType };
  readonly constants?: Constants;
  /**
   * The number of workgroups; of a shader on lib/gemm the rows and columns of C, on lib/gemm_rows the rows, which the device covers with the tiles of
   * its core. A zero means that there is nothing to do.
   */
  grid(params: P, constants: Constants): readonly [x: number, y?: number, z?: number, w?: number];
  /** The specification. An absent optional binding is an empty array. */
  cpu(inputs: readonly TypedArray[], outputs: readonly TypedArray[], params: P, constants: Constants): void;
  /** The work of one launch: floating-point operations and bytes read and written. */
  cost?(params: P): { readonly flops: number; readonly bytes: number };
}

/**
 * The terms of a product that are added up one after the other. Longer sums are sums of blocks of so many, counted from the first term: their rounding
 * errors grow by blocks, not by terms (Higham 2002, section 4.2). `lib/sum_block.wgsl` has the same number.
 */
export const SUM_BLOCK = 4096;

/** The most workgroups that WebGPU allows in one dimension. */
const MAX_WORKGROUPS = 65535;

/**
 * A grid of at least `count` workgroups, folded into two dimensions where one is not enough. The shader's index is
 * `workgroup_id.x + workgroup_id.y * num_workgroups.x`; the surplus is guarded there.
 */
export function foldedGrid(count: number): readonly [number, number] {
  if (count <= MAX_WORKGROUPS) return [count, 1];
  const y = Math.ceil(count / MAX_WORKGROUPS);
  return [Math.ceil(count / y), y];
}

/** The grid of a kernel with one invocation per element and 256 invocations per workgroup. */
export function linearGrid(elements: number): readonly [number, number] {
  return foldedGrid(Math.ceil(elements / 256));
}
