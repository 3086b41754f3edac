/** Element-wise functions of one tensor: what a row of their tables says, and the kernels and the op that follow from it. */
import { checkValue, NUMBER } from "../check.ts";
import { anyTracked, record } from "../autodiff.ts";
import { type Kernel, linearGrid, type Shader } from "../kernel.ts";
import { check, empty, type Tensor } from "../tensor.ts";

/** One row of the table: y = f(x) and dy/dx = df(x, y), with up to two constants a and b. */
export interface Unary {
  /** The op's name. */
  readonly name: string;
  /** `shaders/<name>.wgsl`, which says f and df once more. */
  readonly wgsl: Shader;
  /** Which of x and y the derivative looks at: the other is not kept. */
  readonly needs: "x" | "y";
  /** y = f(x), as plain TypeScript: what the cpu device runs, and what every other device is measured against. */
  f(x: number, a: number, b: number): number;
  /** dy/dx. */
  df(x: number, y: number, a: number, b: number): number;
  /** The constants by default, NaN where they have to be given. Without an a the op takes none. */
  readonly a?: number;
  readonly b?: number;
  /** Throws RangeError for constants that it cannot have. */
  check?(a: number, b: number): void;
}

/** An element-wise function of one tensor, with its constants if it takes any; `row` is what it is made from. */
export interface UnaryOp<Constants extends readonly (number | undefined)[] = []> {
  (x: Tensor, ...constants: Constants): Tensor;
  readonly row: Unary;
}

type UnaryParams = { n: number; a: number; b: number; accumulate: number };

const params = { n: "u32", a: "f32", b: "f32", accumulate: "u32" } as const;

/** y[i] = f(x[i]). */
/* @__NO_SIDE_EFFECTS__ */
export function unaryKernel({ name, wgsl, f }: Unary): Kernel<UnaryParams> {
  return {
    name,
    wgsl,
    inputs: ["f32"],
    outputs: ["f32"],
    params,
    grid: ({ n }) => linearGrid(n),
    cpu([x], [y], { n, a, b }) {
      for (let i = 0; i < n; i++) y![i] = f(x![i]!, a, b);
    },
    cost: ({ n }) => ({ flops: n, bytes: 8 * n }),
  };
}

/** dx[i] (+)= dy[i]·df(x[i], y[i]), from x or y, whichever the function needs. */
/* @__NO_SIDE_EFFECTS__ */
export function unaryGradKernel({ name, wgsl, df }: Unary): Kernel<UnaryParams> {
  return {
    name: `${name}_grad`,
    wgsl: { ...wgsl, entryPoint: "grad" },
    inputs: ["f32", "f32"],
    outputs: ["f32"],
    params,
    grid: ({ n }) => linearGrid(n),
    cpu([kept, dy], [dx], { n, a, b, accumulate }) {
      for (let i = 0; i < n; i++) {
        const g = dy![i]! * df(kept![i]!, kept![i]!, a, b);
        dx![i] = accumulate ? dx![i]! + g : g;
      }
    },
    cost: ({ n }) => ({ flops: 2 * n, bytes: 12 * n }),
  };
}

/** The op of a row. Bundlers leave out the ops that a program does not use: making one has no effects. */
/* @__NO_SIDE_EFFECTS__ */
export function unaryOp<Constants extends readonly (number | undefined)[]>(row: Unary): UnaryOp<Constants> {
  const [forward, backward] = [unaryKernel(row), unaryGradKernel(row)];
  const op = (x: Tensor, ...constants: Constants): Tensor => {
    const [a = row.a ?? 0, b = row.b ?? 0] = row.a === undefined ? [] : constants;
    if (typeof a !== "number" || typeof b !== "number") for (const constant of [a, b]) checkValue(row.name, "a constant", constant, NUMBER);
    row.check?.(a, b);
    const device = check(row.name, { x });
    const n = x.size;
    const y = empty(device, x.shape, "f32", { tracked: anyTracked(x) });
    device.run(forward, [x.slice], [y.slice], { n, a, b, accumulate: 0 });
    const kept = row.needs === "x" ? x : y;
    record([y], [x], ([dy], [want]) => {
      if (!want) return;
      const { target, accumulate } = want.write();
      device.run(backward, [kept.slice, dy!.slice], [target.slice], { n, a, b, accumulate });
    });
    return y;
  };
  return Object.assign(op, { row });
}
