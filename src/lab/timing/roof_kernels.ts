/** The kernels whose speed is a device's limit: one that only moves numbers, and one that only computes. */
import { foldedGrid, type Kernel } from "../../kernel.ts";

/** Numbers that one invocation copies. */
const FOUR = 4;
const WORKGROUP = 256;

/** y[i] = x[i], for i < n, n a multiple of 4: 8 bytes a number. */
export const copyNumbers: Kernel<{ n: number }> = {
  name: "copy",
  wgsl: {
    name: "copy",
    uses: [],
    source: `// y[i] = x[i], for i < n, four numbers by each invocation
struct Params { n: u32 }
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * ${WORKGROUP}u + local;
  if (i < params.n / ${FOUR}u) { y[i] = x[i]; }
}`,
  },
  inputs: ["f32"],
  outputs: ["f32"],
  params: { n: "u32" },
  grid: ({ n }) => foldedGrid(Math.ceil(n / (FOUR * WORKGROUP))),
  cpu: ([x], [y]) => y!.set(x!),
  cost: ({ n }) => ({ flops: 0, bytes: 8 * n }),
};

/** Chains by each invocation, vectors of four: what 16 registers hold beside x and y where a vector of four takes four of them. */
const CHAINS = 3;
/** Turns of the loop that are written out, so that counting them costs little. */
const UNROLLED = 16;
const chains = Array.from({ length: CHAINS }, (_, c) => `acc${c}`);

/**
 * acc = acc·x + y, `times` times 16, in independent chains, so that none waits for its own last result; sums[i] is the sum of those of invocation i:
 * nothing is moved, and nothing can be left out. 2·4·3 operations a turn and invocation.
 */
export const multiplyAdds: Kernel<{ n: number; times: number; x: number; y: number }> = {
  name: "multiply_adds",
  wgsl: {
    name: "multiply_adds",
    uses: [],
    source: `// acc = acc·x + y, ${UNROLLED}·times times, in ${CHAINS} chains of vec4f by each invocation; sums[i] = Σ acc, for i < n
struct Params { n: u32, times: u32, x: f32, y: f32 }
@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let x = vec4f(params.x);
  let y = vec4f(params.y);
  ${chains.map((acc, c) => `var ${acc} = vec4f(0.0, 1.0, 2.0, 3.0) + ${4 * c}.0;`).join("\n  ")}
  for (var i = 0u; i < params.times; i++) {
    ${Array.from({ length: UNROLLED }, () => chains.map((acc) => `${acc} = ${acc} * x + y;`).join(" ")).join("\n    ")}
  }
  if (id.x < params.n) { sums[id.x] = dot(${chains.join(" + ")}, vec4f(1.0)); }
}`,
  },
  inputs: [],
  outputs: ["f32"],
  params: { n: "u32", times: "u32", x: "f32", y: "f32" },
  grid: ({ n }) => [Math.ceil(n / WORKGROUP)],
  cpu: (_, [sums], { n, times, x, y }) => {
    for (let i = 0; i < n; i++) sums![i] = sumOfChains(UNROLLED * times, x, y);
  },
  cost: ({ n, times }) => ({ flops: 2 * 4 * CHAINS * UNROLLED * times * n, bytes: 4 * n }),
};

/** The twelve chains of one invocation, one number each, in local variables: arrays would be read and written. */
function sumOfChains(times: number, x: number, y: number): number {
  let [a, b, c, d] = [0, 1, 2, 3];
  let [e, f, g, h] = [4, 5, 6, 7];
  let [p, q, r, s] = [8, 9, 10, 11];
  for (let i = 0; i < times; i = (i + 1) | 0) {
    a = a * x + y;
    b = b * x + y;
    c = c * x + y;
    d = d * x + y;
    e = e * x + y;
    f = f * x + y;
    g = g * x + y;
    h = h * x + y;
    p = p * x + y;
    q = q * x + y;
    r = r * x + y;
    s = s * x + y;
  }
  return a + b + c + d + e + f + g + h + p + q + r + s;
}
