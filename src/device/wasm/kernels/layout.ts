/** How elements of memory lie that a kernel names by sizes and strides. */

/** One dimension: how many, and how many elements apart in each of the arrays that it goes through. */
export interface Dimension {
  readonly size: number;
  readonly strides: readonly number[];
}

/** Dimensions from the outermost in, without those of size 1, and with neighbours made one where in every array they lie like one. */
export function joined(sizes: readonly number[], ...strides: readonly (readonly number[])[]): Dimension[] {
  const dimensions: Dimension[] = [];
  sizes.forEach((size, d) => {
    if (size === 1) return;
    const inner = { size, strides: strides.map((of) => of[d]!) };
    const outer = dimensions.at(-1);
    if (outer?.strides.every((stride, i) => stride === size * inner.strides[i]!)) {
      dimensions[dimensions.length - 1] = { size: outer.size * size, strides: inner.strides };
    } else dimensions.push(inner);
  });
  return dimensions;
}
