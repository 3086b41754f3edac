/** A mixture of products as plain data: classes of rows, in each of which the columns are independent of each other. */

/** What a part of the model looks at: a cell, or a date's year or its day in the year, counted from 1. */
export type PartOf = "cell" | "year" | "day";

/**
 * Numbers: in class k a value is one of the `atoms` with probability shares[k, a], else (shares[k, atoms]) normal with mean and sd of the class, where one of
 * a hundred or so is from the broad distribution that all classes share.
 */
export interface NumberPart {
  readonly kind: "number";
  /** The place of its column in the rows. */
  readonly column: number;
  readonly of: PartOf;
  /** The grid of its values, 0 for none. */
  readonly step: number;
  /** Values that are there more often than those about them, ascending. */
  readonly atoms: readonly number[];
  /** [classes, atoms + 1]. */
  readonly shares: readonly number[];
  /** [classes]. */
  readonly means: readonly number[];
  /** [classes]. */
  readonly sds: readonly number[];
  readonly broad: { readonly mean: number; readonly sd: number; readonly share: number };
}

/** Categories: in class k level l has probability shares[k, l], and a level that was never seen shares[k, levels], which is less than any other. */
export interface CategoryPart {
  readonly kind: "category";
  readonly column: number;
  /** The grid of levels that are numbers, by which probabilities are divided; 1 for words. */
  readonly step: number;
  readonly levels: number;
  /** [classes, levels + 1]. */
  readonly shares: readonly number[];
}

export type Part = NumberPart | CategoryPart;

/** p(row) = Σ weights[k]·Π p(cell | class k), over the cells that are there. Plain JSON. */
export interface LatentClasses {
  /** Of the rows that it is for. */
  readonly columns: number;
  /** [classes]. */
  readonly weights: readonly number[];
  readonly parts: readonly Part[];
}

/** The equal mixture of models of the same columns: one with all of their classes. */
export function joined(models: readonly LatentClasses[]): LatentClasses {
  const [{ columns, parts }] = models as readonly [LatentClasses];
  const weights = models.flatMap((model) => model.weights.map((weight) => weight / models.length));
  return { columns, weights, parts: parts.map((_, p) => joinedPart(models.map((model) => model.parts[p]!))) };
}

function joinedPart(parts: readonly Part[]): Part {
  const [first] = parts as readonly [Part];
  const shares = parts.flatMap((part) => part.shares);
  if (first.kind === "category") return { ...first, shares };
  const numbers = parts as readonly NumberPart[];
  return { ...first, shares, means: numbers.flatMap((part) => part.means), sds: numbers.flatMap((part) => part.sds) };
}
