/** The ladder of sums on a GPU: serial → strided → tree → sequential → vectorised → subgroups, each a shader of its own. */
import type { Kernel } from "elbograd";
import type { Sizes, Subject } from "elbograd/lab";
import { type Ladder, type Rung, shaderNamed, wholeNumbers } from "../rung.ts";

type SumParams = { readonly M: number; readonly N: number };

/** y[m] = Σn x[m,n], x [M,N]; workgroups that make so many rows each. */
function sumKernel(name: string, rows: number): Kernel<SumParams> {
  return {
    name: `reduce_${name}`,
    wgsl: shaderNamed(`reduce/${name}`),
    inputs: ["f32"],
    outputs: ["f32"],
    params: { M: "u32", N: "u32" },
    grid: ({ M }) => [Math.ceil(M / rows)],
    cpu([x], [y], { M, N }) {
      for (let m = 0; m < M; m++) {
        let sum = 0;
        for (let n = 0; n < N; n++) sum += x![m * N + n]!;
        y![m] = sum;
      }
    },
    cost: ({ M, N }) => ({ flops: M * N, bytes: 4 * (M * N + M) }),
  };
}

function sumSubject(kernel: Kernel<SumParams>): Subject<SumParams> {
  return {
    kernel,
    sizes: { M: 1024, N: 4096 },
    edges: [1, 63, 64, 65, 255, 257, 4097].flatMap((N) => [1, 3, 65].map((M) => ({ M, N }))),
    operands(sizes, key) {
      const { M, N } = checked(sizes);
      return { inputs: [wholeNumbers(M * N, key)], outputs: [M], params: { M, N } };
    },
    terms: ({ N = 1 }) => N,
  };
}

/** The most workgroups that WebGPU has in one dimension. */
const MOST_ROWS = 65535;

function checked({ M = 0, N = 0 }: Sizes): SumParams {
  const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 1;
  if (!isSize(M) || !isSize(N) || M > MOST_ROWS)
    throw new RangeError(`ladder: sums have sizes M from 1 to ${MOST_ROWS} and N of at least 1, got ${M} and ${N}`);
  return { M, N };
}

function rung(name: string, rows: number, needs: Pick<Rung, "subgroups"> = {}): Rung {
  return { name, device: "webgpu", subject: sumSubject(sumKernel(name, rows)), ...needs };
}

export const reduceLadder: Ladder = {
  name: "reduce",
  unit: "GB/s",
  rungs: [
    rung("serial", 64),
    rung("strided", 1),
    rung("tree", 1),
    rung("sequential", 1),
    rung("vectorised", 1),
    rung("subgroups", 1, { subgroups: true }),
  ],
};
