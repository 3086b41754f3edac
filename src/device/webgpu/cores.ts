/**
 * The cores that shaders on lib/gemm and lib/gemm_rows can have (lib/gemm.wgsl states their contract): which one suits an adapter, and how many
 * workgroups cover C with its tiles.
 */
import { foldedGrid, type Kernel, type Shader } from "../../kernel.ts";
import { libGemmQuad, libGemmRegisters, libGemmWorkgroup } from "./texts.ts";

/** The cores of this package, by name. */
export type CoreName = "quad" | "registers" | "workgroup";

/** How a matrix product is shared among the invocations of a workgroup (shaders/lib/gemm.wgsl states the contract). */
export interface Core {
  readonly name: string;
  readonly shader: Shader;
  /** The rows and columns of a tile of a product of so many rows and columns, as `tile_size()` of the shader has them. */
  tile(rows: number, columns: number): readonly [rows: number, columns: number];
}

/** Fewer tiles than this leave most of a GPU idle: smaller ones are made, and k is divided. */
const ENOUGH_TILES = 64;

export const cores: Readonly<Record<CoreName, Core>> = {
  quad: { name: "quad", shader: libGemmQuad, tile: () => [16, 32] },
  registers: { name: "registers", shader: libGemmRegisters, tile: () => [8, 128] },
  workgroup: {
    name: "workgroup",
    shader: libGemmWorkgroup,
    tile: (rows, columns) => (Math.ceil(rows / 64) * Math.ceil(columns / 64) < ENOUGH_TILES ? [32, 32] : [64, 64]),
  },
};

/** The core that shader files name, which needs nothing that an adapter may lack: the shaders shipped as text have it. */
export const DEFAULT_CORE: Core = cores.registers;

/** The core of an adapter. Emulated in software, barriers are dear and loads from memory too; hardware wants workgroup memory. */
export function coreFor(software: boolean, subgroups: boolean): Core {
  if (!software) return cores.workgroup;
  return subgroups ? cores.quad : cores.registers;
}

/** Workgroups for all tiles of a product of `rows` × `columns`, or of two such products one after the other. */
export function coverGrid(core: Core, [rows, columns = 1, rows2 = 0, columns2 = 0]: ReturnType<Kernel["grid"]>): readonly [x: number, y: number] {
  const tiles = (m: number, n: number): number => {
    const [height, width] = core.tile(m, n);
    return Math.ceil(m / height) * Math.ceil(n / width);
  };
  return foldedGrid(tiles(rows, columns) + tiles(rows2, columns2));
}
