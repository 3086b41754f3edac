/** The wasm device's limits: the loops of roof_kernels.ts in 128-bit SIMD, on all of the device's threads at once. */
import type { Device } from "../../device/device.ts";
import { routine } from "../../device/wasm/emit/assembler.ts";
import { f32x4, i32, v128 } from "../../device/wasm/emit/instructions.ts";
import type { Engine } from "../../device/wasm/engine.ts";

/** What lies beneath a wasm device; undefined of any other. */
export function engineOf(device: Device): Engine | undefined {
  return (device as { readonly engine?: Engine }).engine;
}

/** acc = acc·x + y: as many chains as fit into 16 registers beside x and y, so that no chain waits for its own last result. */
const CHAINS = 13;
const FLOPS = 2 * 4 * CHAINS;

/** `times` turns of all chains, at least one; their sum is stored at `sum`, so that none of them is left out. */
const multiplyAdds = routine("multiply_adds", ["i32", "i32"], (body, times, sum) => {
  const [x, y] = [body.local(f32x4.splat(0.5)), body.local(f32x4.splat(1))];
  // from different values, or they would be one chain to the compiler
  const chains = Array.from({ length: CHAINS }, (_, c) => body.local(f32x4.splat(c)));
  // tested at its end, and nowhere else: a tenth is lost to `range`
  body.loop((again) => {
    for (const acc of chains) body.set(acc, f32x4.add(f32x4.mul(acc, x), y));
    body.advance(times, -1);
    body.branchIf(times, again);
  });
  body.store(
    sum,
    chains.reduce((a, b) => body.local(f32x4.add(a, b))),
  );
});

/** A cache line: what the copy moves at a time, and the place for a thread's sum. */
const LINE = 64;

/** y = x, `bytes` of both, a multiple of 64. */
const copyLines = routine("copy_lines", ["i32", "i32", "i32"], (body, x, y, bytes) => {
  body.range(0, bytes, LINE, (at) => {
    const [from, to] = [body.local(i32.add(x, at)), body.local(i32.add(y, at))];
    for (let offset = 0; offset < LINE; offset += 16) body.store(to, v128.load(from, offset), offset);
  });
});

/** So much work that all threads take part. */
const ENOUGH = 2 ** 30;

/** Runs `times` turns of the chains on each thread, and returns the operations of all. */
export function computeOnAllThreads(engine: Engine, times: number): number {
  const run = engine.function(multiplyAdds);
  const sums = engine.scratch(LINE * engine.threads);
  engine.split(engine.threads, 1, ENOUGH, (_from, _to, thread) => run(times, sums + LINE * thread));
  return FLOPS * times * engine.threads;
}

/** Makes a copy of so many bytes that can be repeated, each thread copying its part; it returns the bytes read and written. */
export function copyOnAllThreads(engine: Engine, bytes: number): () => number {
  const run = engine.function(copyLines);
  const x = engine.scratch(2 * bytes);
  // memory that was never written is not there to be read: all of its pages are one page of zeros
  new Uint8Array(engine.heap.memory.buffer, x, bytes).fill(1);
  return () => {
    engine.split(bytes, LINE, ENOUGH, (from, to) => run(x + from, x + bytes + from, to - from));
    return 2 * bytes;
  };
}
