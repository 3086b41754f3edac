/** Where a parameter's values stand in files: a `.weight` of rank 2 is stored as its transpose [out, in], the two heads are apart, the rest is as it is. */
import { type Shape, sizeOf } from "../../shape.ts";

/** A stored tensor's place in memory: columns `first` … `first + count − 1` of the rows of a parameter. */
export interface Part {
  readonly name: string;
  /** As stored: [out, in] of a weight, [out] of a bias. */
  readonly shape: Shape;
  /** Elements of the flat buffer before the parameter, and of one of its rows. */
  readonly offset: number;
  readonly columns: number;
  readonly rows: number;
  readonly first: number;
  readonly count: number;
}

/** The stored tensors that make up a parameter of this name and shape, which begins at `offset` of a flat buffer. */
export function partsOf(name: string, shape: Shape, offset = 0): readonly Part[] {
  const weight = name.endsWith(".weight") && shape.length === 2;
  const [rows, columns] = weight ? (shape as readonly [number, number]) : [1, sizeOf(shape)];
  const part = (as: string, first: number, count: number): Part => {
    return { name: as, shape: weight ? [count, rows] : [count], offset, columns, rows, first, count };
  };
  if (!name.startsWith("heads.")) return [weight ? part(name, 0, columns) : { ...part(name, 0, columns), shape }];
  const latent = columns / 2;
  return [part(name.replace("heads", "mean"), 0, latent), part(name.replace("heads", "logVar"), latent, latent)];
}

/** Pairs of places: in the stored tensor, which is the transpose, and in the flat buffer. */
export function eachElement({ offset, columns, rows, first, count }: Part, visit: (inFile: number, inMemory: number) => void): void {
  for (let j = 0; j < count; j++) for (let i = 0; i < rows; i++) visit(j * rows + i, offset + i * columns + first + j);
}
