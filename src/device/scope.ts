/** Scopes own memory: what is allocated inside and not returned is freed at the end. */
import { checkValue, FUNCTION, isPlain, isPromise } from "../check.ts";
import { type Block, Slice } from "./device.ts";

export class ScopeStack {
  readonly #open: Set<Block>[] = [];

  add(block: Block): void {
    this.#open.at(-1)?.add(block);
  }

  /** Runs `f`; afterwards calls `free` for every block added inside that the result does not hold. What it holds passes to the outer scope. */
  run<T>(f: () => T, free: (block: Block) => void): T {
    if (typeof f !== "function") checkValue("scope", "what runs in it", f, FUNCTION);
    const blocks = new Set<Block>();
    this.#open.push(blocks);
    let kept = new Set<Block>();
    try {
      const result = f();
      refusePromise("scope", result);
      kept = blocksOf(result);
      return result;
    } finally {
      this.#open.pop();
      for (const block of blocks) {
        if (kept.has(block)) this.add(block);
        else if (block.freed === undefined) free(block);
      }
    }
  }
}

/** Throws for what an asynchronous function returns, and hears out what becomes of it: nobody else will. */
export function refusePromise(call: string, result: unknown): void {
  if (!isPromise(result)) return;
  result.then(undefined, () => undefined);
  throw new TypeError(`${call}: the function is synchronous, got a promise from it (await outside of it)`);
}

/** The blocks reachable from a value through slices, `slice` fields, arrays and plain objects. */
function blocksOf(value: unknown): Set<Block> {
  const blocks = new Set<Block>();
  const seen = new Set<unknown>();
  const visit = (v: unknown): void => {
    if (typeof v !== "object" || v === null || seen.has(v)) return;
    seen.add(v);
    if (v instanceof Slice) blocks.add(v.block);
    else if (Array.isArray(v)) v.forEach(visit);
    else if ("slice" in v) visit(v.slice);
    else if (isPlain(v)) Object.values(v).forEach(visit);
  };
  visit(value);
  return blocks;
}
