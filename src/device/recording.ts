/** What `capture` collects: the commands, and the memory that they use. */
import { ARRAY, checkValue } from "../check.ts";
import type { Block, CapturedStep, Launch, Slice } from "./device.ts";
import { checkUsable } from "./launch.ts";

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

  /** A slice of each block that the commands use and that is not the recording's own: whoever it belongs to may free it. */
  borrowed(isOwn: (block: Block) => boolean): readonly Slice[] {
    const slices = this.commands.flatMap((command) =>
      command.kind === "copy" ? [command.from, command.to] : [...command.launch.inputs, ...command.launch.outputs].filter((slice) => slice !== null),
    );
    return [...new Map(slices.filter(({ block }) => !isOwn(block)).map((slice) => [slice.block, slice])).values()];
  }
}

/** A captured step that can be disposed, once: its calls check first that the device is alive and nothing borrowed was freed; `end` gives back what it owned. */
export function disposable(step: CapturedStep, borrowed: readonly Slice[], checkAlive: () => void, end: () => void): CapturedStep {
  let disposed = false;
  const check = (call: string): void => {
    checkAlive();
    if (disposed) throw new TypeError(`${call}: this captured step was disposed`);
    for (const slice of borrowed) checkUsable(call, slice, slice.device);
  };
  return {
    prepare: async () => {
      check("prepare");
      await step.prepare();
    },
    replay: (rows) => {
      check("replay");
      checkValue("replay", "rows", rows, ARRAY);
      step.replay(rows);
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      step.dispose();
      end();
    },
  };
}
