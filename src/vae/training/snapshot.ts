/** A copy, on the device, of all that training changes from step to step: what a run goes back to when a step has gone wrong. */
import type { Device, Slice } from "../../device/device.ts";

export class Snapshot {
  readonly #device: Device;
  /** What is copied, and where to. */
  readonly #pairs: readonly (readonly [live: Slice, copy: Slice])[];
  #step = 0;

  constructor(device: Device, slices: readonly Slice[]) {
    this.#device = device;
    this.#pairs = slices.map((live) => [live, device.alloc(live.dtype, live.length, "unscoped")]);
  }

  take(step: number): void {
    for (const [live, copy] of this.#pairs) this.#device.copy(live, copy);
    this.#step = step;
  }

  /** Puts everything back; returns the step at which it was taken. */
  restore(): number {
    for (const [live, copy] of this.#pairs) this.#device.copy(copy, live);
    return this.#step;
  }

  dispose(): void {
    for (const [, copy] of this.#pairs) this.#device.free(copy, "was freed with its trainer");
  }
}
