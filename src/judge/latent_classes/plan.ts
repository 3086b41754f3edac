/** What is known of a column before there are classes: its parts, values that are there too often to be chance, and what a class without rows is like. */
import type { EncodedColumn } from "../../table/schema.ts";
import { stepOfLevels } from "../../vae/tables/coding.ts";
import { distinct, type Look, type Matrix, seen } from "./coding.ts";

/** A part, and what classes lean towards: as if each had rows of its own that are like the whole column. */
export type PartPlan = {
  /** The share in all rows of each atom and of the rest, or of each level; none is 0. */
  readonly base: readonly number[];
} & ((Extract<Look, { kind: "category" }> & { readonly rows: number }) | (Extract<Look, { kind: "number" }> & NumberFacts));

/** What a column of numbers is like. */
interface NumberFacts {
  readonly atoms: readonly number[];
  readonly mean: number;
  readonly variance: number;
  /** The least variance in a class: of a uniform step, and (0.003 deviations of the column)². */
  readonly least: number;
}

/** Up to so many whole numbers are atoms, each of them. */
const FEW = 20;
/** Other values are atoms if they are so often there, in rows and as their share, and so many times as often as those about them. */
const OFTEN = 20;
const SHARE = 0.01;
const TIMES = 4;
/** Share of the rows on either side that is about a value. */
const ABOUT = 0.05;

/** The parts of a table's columns, by some of its rows. */
export function planParts(columns: readonly EncodedColumn[], values: Matrix, order: ArrayLike<number>, heaps: boolean): PartPlan[] {
  return columns.flatMap((schema, column) => {
    const cells = (look: Look): Float64Array =>
      Float64Array.from({ length: order.length }, (_, i) => seen(look, values[order[i]! * columns.length + column]!));
    if (schema.kind === "category") {
      const look = { kind: "category", column, levels: schema.levels.length, step: stepOfLevels(schema.levels) ?? 1 } as const;
      return [{ ...look, rows: order.length, base: levelShares(cells(look), look.levels) }];
    }
    const number = (of: "cell" | "year" | "day", step: number): PartPlan => {
      const look = { kind: "number", column, of, step } as const;
      return { ...look, ...planNumber(cells(look), step, heaps) };
    };
    if (schema.kind === "number") return [number("cell", schema.step)];
    const whole = isWhole(cells({ kind: "number", column, of: "cell", step: 0 }));
    return [number("year", 1), number("day", whole ? 1 : 0)];
  });
}

function levelShares(cells: Float64Array, levels: number): number[] {
  const counts = new Array<number>(levels).fill(0.5);
  let all = 0.5 * levels;
  for (const level of cells) {
    if (!(level < levels)) continue;
    counts[level]!++;
    all++;
  }
  return counts.map((count) => count / all);
}

const isWhole = (cells: Float64Array): boolean => cells.every((value) => !(value % 1));

function planNumber(cells: Float64Array, step: number, heaps: boolean): NumberFacts & { readonly base: readonly number[] } {
  const present = cells.filter((value) => value === value).sort();
  const mean = present.reduce((sum, value) => sum + value, 0) / Math.max(1, present.length);
  const grid = (step * step) / 12;
  const least = present.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, present.length);
  const sd = Math.sqrt(least + grid);
  const atoms = step > 0 ? atomsOf(present, step, heaps) : [];
  const counts = atoms.map((atom) => upTo(present, atom) - upTo(present, atom, true));
  const rest = present.length - counts.reduce((sum, count) => sum + count, 0);
  const all = present.length + 0.5 * (atoms.length + 1);
  return {
    atoms,
    base: [...counts, rest].map((count) => (count + 0.5) / all),
    mean,
    variance: sd * sd || 1,
    least: Math.max(grid, 9e-6 * sd * sd) || 1e-12,
  };
}

/** Values that stand out. */
function atomsOf(sorted: Float64Array, step: number, heaps: boolean): number[] {
  const values = distinct(sorted);
  if (values.length <= FEW && isWhole(values)) return [...values];
  if (!heaps) return [];
  const about = Math.ceil(ABOUT * sorted.length);
  return [...values].filter((value) => {
    const [from, to] = [upTo(sorted, value, true), upTo(sorted, value)];
    const count = to - from;
    if (count < Math.max(OFTEN, SHARE * sorted.length)) return false;
    const [below, above] = [Math.max(0, from - about), Math.min(sorted.length, to + about)];
    const width = (above > to ? sorted[above - 1]! - value : 0) + (from > below ? value - sorted[below]! : 0);
    const others = above - below - count;
    return others === 0 || count * width > TIMES * others * step;
  });
}

/** How many are at most, or below, a value. */
function upTo(sorted: Float64Array, value: number, below = false): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! < value || (!below && sorted[middle] === value)) from = middle + 1;
    else to = middle;
  }
  return from;
}
