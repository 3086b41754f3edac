/** What `capture` collects: the commands, and the memory that they use. */
import type { Launch, Slice } from "./device.ts";

export type Command = { readonly kind: "run"; readonly launch: Launch } | { readonly kind: "copy"; readonly from: Slice; readonly to: Slice };

/** Memory taken while recording stays with the recording: freed, it is used again inside of it, and only its end gives it back. */
export class Recording<M> {
  readonly commands: Command[] = [];
  readonly owned: { readonly memory: M; readonly size: number }[] = [];
  readonly #spare = new Map<number, M[]>();

  own(size: number, memory: M): void {
    this.owned.push({ memory, size });
  }

  spare(size: number, memory: M): void {
    const list = this.#spare.get(size);
    if (list) list.push(memory);
    else this.#spare.set(size, [memory]);
  }

  reuse(size: number): M | undefined {
    return this.#spare.get(size)?.pop();
  }
}
