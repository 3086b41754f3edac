/** The ladder of matrix products on a GPU: naive → tiled → registers → vectorised → quad, each a shader of its own. */
import { productKernel, productSubject } from "../product.ts";
import { type Ladder, type Rung, shaderNamed } from "../rung.ts";

function rung(name: string, tile: readonly [rows: number, columns: number], needs: Pick<Rung, "subgroups"> = {}): Rung {
  const kernel = productKernel({ name: `matmul_${name}`, wgsl: shaderNamed(`matmul/${name}`), tile });
  return { name, device: "webgpu", subject: productSubject(kernel, (sizes) => sizes), ...needs };
}

export const matmulLadder: Ladder = {
  name: "matmul",
  unit: "GFLOP/s",
  rungs: [
    rung("naive", [16, 16]),
    rung("tiled", [16, 16]),
    rung("registers", [64, 64]),
    rung("vectorised", [64, 64]),
    rung("quad", [16, 128], { subgroups: true }),
  ],
};
