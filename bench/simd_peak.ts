/** The most that one core does in 128-bit WebAssembly SIMD, by which products are judged: multiply and add in registers, without memory. */

/** acc = acc·x + y: as many chains as fit into 16 registers beside x and y, so that no chain waits for its own last result. */
const CHAINS = 13;
const FLOPS = 8 * CHAINS;
const ITERATIONS = 100_000;
const BUDGET_MS = 400;

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const [COUNTER, X, Y] = [0, CHAINS + 1, CHAINS + 2] as const;
const accumulators = Array.from({ length: CHAINS }, (_, i) => i + 1);

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const splat = (x: number): number[] => [0x43, ...new Uint8Array(Float32Array.of(x).buffer), 0xfd, 0x13];
const MUL = [0xfd, 0xe6, 0x01];
const ADD = [0xfd, 0xe4, 0x01];
const EXTRACT_LANE_0 = [0xfd, 0x1f, 0];

/** A length of up to 14 bits, and what it is the length of. */
const sized = (content: readonly number[]): number[] => [(content.length & 0x7f) | 0x80, content.length >> 7, ...content];
const section = (id: number, content: readonly number[]): number[] => [id, ...sized(content)];

/** (iterations: i32) → f32, the sum of all chains, so that none of them is left out. */
function kernel(): (iterations: number) => number {
  const body = [
    ...[1, CHAINS + 2, V128],
    ...[...splat(0.5), ...set(X), ...splat(1), ...set(Y)],
    // from different values, or they would be one chain to the compiler
    ...accumulators.flatMap((acc) => [...splat(acc), ...set(acc)]),
    ...[0x03, 0x40], // loop
    ...accumulators.flatMap((acc) => [...get(acc), ...get(X), ...MUL, ...get(Y), ...ADD, ...set(acc)]),
    ...[...get(COUNTER), 0x41, 1, 0x6b, 0x22, COUNTER, 0x0d, 0], // again while −−counter ≠ 0
    0x0b,
    ...[...splat(0), ...accumulators.flatMap((acc) => [...get(acc), ...ADD]), ...EXTRACT_LANE_0],
    0x0b,
  ];
  const bytes = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 1, F32]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, 0x72, 0x75, 0x6e, 0x00, 0]),
    ...section(10, [1, ...sized(body)]),
  ]);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports["run"] as (iterations: number) => number;
}

/** GFLOP/s of one core: the best of many short runs, for whatever else the machine does only takes away. */
export function simdPeak(): number {
  const run = kernel();
  let best = Infinity;
  for (const start = performance.now(); performance.now() - start < BUDGET_MS;) {
    const before = performance.now();
    run(ITERATIONS);
    best = Math.min(best, performance.now() - before);
  }
  return (FLOPS * ITERATIONS) / (best * 1e6);
}
