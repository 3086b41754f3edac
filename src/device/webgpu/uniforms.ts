/**
 * Uniform memory in slots of 256 bytes: the Params of each launch, and step rows. Both are bound at dynamic offsets, so that a new size, seed or
 * step needs no new bind group.
 */
import type { ParamType, Params } from "../../kernel.ts";
import type { Launch, StepLayout } from "../device.ts";
import { bitsOf, indexOfWord, isWord, Literals, ROW_WORDS } from "../step_row.ts";
import type { GpuCalls } from "./calls.ts";

export const SLOT_BYTES = 256;
export const SLOT_WORDS: number = SLOT_BYTES / 4;

/** The words of a launch that come from the step row and are plain numbers: they need places among the row's literals. */
export function literalsOf({ kernel, params }: Launch): number[] {
  const bits: number[] = [];
  for (const [name, type] of Object.entries(kernel.params)) {
    const value = params[name]!;
    if (type.startsWith("step.") && !isWord(value)) bits.push(literalBits(type, value as number));
  }
  return bits;
}

function literalBits(type: ParamType, value: number): number {
  return type === "step.u32" ? value >>> 0 : bitsOf(value);
}

/** Gives every bit pattern a word among the literals; false if the row is full. */
export function placeAll(bits: readonly number[], literals: Literals): boolean {
  return bits.every((b) => literals.place(b) !== undefined);
}

/** Writes `struct Params` by WGSL's layout rules: words in order, a vec4u at a multiple of 16 bytes. */
export function packParams({ kernel, params }: Launch, layout: StepLayout | undefined, literals: Literals, into: Uint32Array, at: number): void {
  let word = at;
  for (const [name, type] of Object.entries(kernel.params)) {
    const value = params[name]!;
    if (type === "vec4u") {
      word = at + Math.ceil((word - at) / 4) * 4;
      for (const part of value as readonly number[]) into[word++] = part;
    } else if (type === "f32") into[word++] = bitsOf(value as number);
    else if (type === "u32") into[word++] = value as number;
    else if (isWord(value)) into[word++] = indexOfWord(layout, value.word);
    else into[word++] = literals.place(literalBits(type, value as number))!;
  }
  if (word - at > SLOT_WORDS) throw new RangeError(`${kernel.name}: Params take at most ${SLOT_BYTES} bytes, got ${(word - at) * 4}`);
}

/** Params for `grid`, which may not depend on the step row. */
export function gridParams({ params }: Launch): Params {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, isWord(value) ? 0 : value]));
}

/** The slots of one submit of eager launches, filled on the host and uploaded once. */
export class SlotRing {
  readonly buffer: GPUBuffer;
  readonly group: GPUBindGroup;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #slots: number;
  #used = 0;
  #row: { readonly offset: number; readonly literals: Literals } | undefined;

  constructor(gpu: GpuCalls, layout: GPUBindGroupLayout, slots: number, usage: number) {
    this.#slots = slots;
    this.#words = new Uint32Array(slots * SLOT_WORDS);
    this.buffer = gpu.createBuffer({ label: "eager params and rows", size: slots * SLOT_BYTES, usage });
    this.group = uniformGroup(gpu, layout, this.buffer, this.buffer);
  }

  /** True if a launch, which takes at most two slots, does not fit any more. */
  get full(): boolean {
    return this.#used + 2 > this.#slots;
  }

  /** Starts another row with the next launch: the step row in force has changed. */
  endRow(): void {
    this.#row = undefined;
  }

  /** Places a launch; `writeRow` fills a row's own words when a new one starts. Returns the dynamic offsets in bytes. */
  place(launch: Launch, layout: StepLayout | undefined, writeRow: (into: Uint32Array, at: number) => void): [params: number, row: number] {
    const literals = literalsOf(launch);
    if (this.#row === undefined || !placeAll(literals, this.#row.literals)) {
      this.#row = { offset: this.#used++ * SLOT_WORDS, literals: new Literals() };
      writeRow(this.#words, this.#row.offset);
      placeAll(literals, this.#row.literals);
    }
    this.#row.literals.write(this.#words, this.#row.offset);
    const params = this.#used++ * SLOT_WORDS;
    packParams(launch, layout, this.#row.literals, this.#words, params);
    return [params * 4, this.#row.offset * 4];
  }

  /** Uploads what was placed since the last upload, and starts over. */
  upload(gpu: GpuCalls): void {
    if (this.#used > 0) gpu.write(this.buffer, 0, this.#words, this.#used * SLOT_WORDS);
    this.#used = 0;
    this.#row = undefined;
  }
}

/** The bind group of group 1. */
export function uniformGroup(gpu: GpuCalls, layout: GPUBindGroupLayout, params: GPUBuffer, rows: GPUBuffer): GPUBindGroup {
  const entries = [
    { binding: 0, resource: { buffer: params, size: SLOT_BYTES } },
    { binding: 1, resource: { buffer: rows, size: ROW_WORDS * 4 } },
  ];
  return gpu.createBindGroup({ label: "params and step row", layout, entries });
}
