/** Values that are unlike those that a model was trained on: most are worth a note, and only other units make a score meaningless. */
import { ARRAY, checkOptions, type Checks, OBJECT, TEXT } from "../check.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Cell } from "../data/looks.ts";
import type { Scaling } from "../data/scaling.ts";
import type { Vae } from "../vae/vae.ts";
import { type ColumnLook, columnLooks } from "./column_looks.ts";

/**
 * What is odd about some columns:
 * - `units`: most columns, or the whole of one by a factor of a hundred, look to be in other units than the model's training rows;
 * - `range`: values that the likelihood gives no probability, which its formula scores all the same;
 * - `far`: values more than ten times as far out as in training;
 * - `spread`: a column spreads more than ten times as far, or as little, as in training;
 * - `constant`: a column was the same in all training rows, and is not here;
 * - `likelihood`: what a likelihood of one's own says of the data.
 */
export type OddKind = "units" | "range" | "far" | "spread" | "constant" | "likelihood";

/** Columns that are odd in one way. */
export interface OddValues {
  readonly kind: OddKind;
  /** From 0. */
  readonly columns: readonly number[];
  /** What is there, before their names: `values outside of [0, 1]`. */
  readonly about: string;
  /** The value that is farthest out, as the model sees it. */
  readonly farthest?: Cell;
}

/** Values that look to be in other units than the model's: a score of them would mean nothing. */
export class UnitsError extends RangeError {
  override readonly name = "UnitsError";
  readonly odd: OddValues;

  constructor(message: string, odd: OddValues) {
    super(message);
    this.odd = odd;
  }
}

/** How much farther out, or closer together, than in training is odd. */
const FACTOR = 10;
/** Fewer rows say too little about the spread of a column, and fewer values too little about units. */
const FEWEST = 10;
/** The part of a column that outliers do not make up. */
const NEARLY_ALL = 0.9;

type Known = Pick<Scaling, "scale"> & Partial<Pick<Scaling, "kind" | "shift">>;

/** What is odd about data for a model; `scaling` is how it was brought into the model's units. Reads all rows once. */
export async function findOddValues(vae: Vae, data: Dataset, scaling: Known, signal?: AbortSignal): Promise<OddValues[]> {
  const { likelihood } = vae.config;
  const complaint = complaintOf(() => likelihood.check(data));
  const { kind = "none" } = scaling;
  if (complaint !== undefined && !likelihood.support) return [{ kind: "likelihood", columns: [], about: complaint }];
  if (kind === "none" && complaint === undefined) return [];
  const looks = await columnLooks(data, FACTOR, signal);
  const all = looks.map((look, column) => new Column(look, column, data.rows, scaling));
  const odd: OddValues[] = [];
  const add = (of: OddKind, about: string, columns: readonly Column[]): void => {
    if (columns.length > 0) odd.push({ kind: of, columns: columns.map(({ column }) => column), about, farthest: farthestOf(columns) });
  };
  const units = inOtherUnits(all, data.rows, scaling);
  add("units", "values that look to be in other units than those of the training rows", units);
  if (complaint !== undefined)
    add(
      "range",
      "values outside of [0, 1], where the likelihood knows none,",
      all.filter((c) => c.isOutside),
    );
  if (units.length > 0) return odd;
  const far = complaint === undefined ? all.filter((c) => c.isFar) : [];
  add("far", `values more than ${FACTOR} times as far out as in training`, far);
  const spread = all.filter((c) => !far.includes(c) && c.spreads);
  add("spread", `values spread more than ${FACTOR} times as far or as little as in training`, spread);
  const moved = all.filter((c) => c.hasMoved);
  add("constant", "values other than the one of all training rows", moved);
  return odd;
}

/** Throws UnitsError where values look to be in other units. */
export function checkUnits(op: string, found: readonly OddValues[]): void {
  const odd = found.find(({ kind }) => kind === "units");
  if (!odd) return;
  const message = `${op}: data is in the units of the training rows, found ${oddText(odd)}, as the model sees it (scale it as they were; asIs: true scores it as it is)`;
  throw new UnitsError(message, odd);
}

const ODD: Checks<keyof OddValues> = { kind: TEXT, columns: ARRAY, about: TEXT, farthest: OBJECT };

/** `values outside of [0, 1] in columns 0, 3; the farthest is 17 at row 4, column 3`: in the units that the model sees, counted from 0. */
export function oddText(odd: OddValues): string {
  checkOptions("oddText", odd, ODD, ["kind", "columns", "about"], "odd values are");
  const { columns, about, farthest } = odd;
  if (columns.length === 0) return about;
  const where = farthest ? `; the farthest is ${farthest.value} at row ${farthest.row}, column ${farthest.column}` : "";
  const list = columns.length > 12 ? `${columns.slice(0, 12).join(", ")}, … (${columns.length})` : columns.join(", ");
  return `${about} in ${columns.length === 1 ? "column" : "columns"} ${list}${where}`;
}

function complaintOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The columns that other units would explain: where they are more than half of those that tell, or so far out that nothing else would. */
function inOtherUnits(all: readonly Column[], rows: number, scaling: Known): readonly Column[] {
  const greys = all.filter((c) => c.look.greatest > 0);
  if (tooSmall(all, scaling)) return greys;
  // Of a single row no column varies.
  const telling = all.filter((c) => c.counts && (c.varies || rows === 1));
  const alien = telling.filter((c) => c.isOff || c.isSmall);
  const evidence = alien.reduce((sum, c) => sum + (c.isSmall ? rows : c.look.off), 0);
  if (evidence >= FEWEST && alien.length > telling.length / 2) return alien;
  return rows < FEWEST ? [] : telling.filter((c) => c.look.wayOff > NEARLY_ALL * rows);
}

/** Grey values from 0 to 255 of which none exceeds 1, and one is not 0, are those from 0 to 1. */
function tooSmall(all: readonly Column[], { kind, scale: [scale] }: Known): boolean {
  if (kind !== "unit" || scale! > 0.5) return false;
  const [least, greatest] = [Math.min(...all.map((c) => c.look.least)), Math.max(...all.map((c) => c.look.greatest))];
  // 1·scale in f32.
  return least >= 0 && greatest > 0 && greatest <= scale! * (1 + 2 ** -20);
}

function farthestOf(columns: readonly Column[]): Cell {
  const cells = columns.map(({ look: { least, greatest, leastRow, greatestRow }, column }): Cell => {
    return -least > greatest ? { value: least, row: leastRow, column } : { value: greatest, row: greatestRow, column };
  });
  return cells.reduce((a, b) => (Math.abs(b.value) > Math.abs(a.value) ? b : a));
}

/** A column beside what it was in training: mean 0 and deviation 1, or from 0 to 1. */
class Column {
  readonly look: ColumnLook;
  readonly column: number;
  readonly #rows: number;
  readonly #kind: Scaling["kind"];
  readonly #scale: number;
  readonly #shift: number;

  constructor(look: ColumnLook, column: number, rows: number, { kind = "none", scale, shift = [0] }: Known) {
    this.look = look;
    this.column = column;
    this.#rows = rows;
    this.#kind = kind;
    this.#scale = scale[column] ?? scale[0]!;
    this.#shift = shift[column] ?? shift[0]!;
  }

  /** Whether training scaled it by its own spread: a constant column was shifted alone. */
  get #wasConstant(): boolean {
    return (this.#kind === "standard" || this.#kind === "minmax") && this.#scale === 1;
  }

  get varies(): boolean {
    return this.look.least < this.look.greatest;
  }

  /** Whether it says that units are right or wrong: what was constant in training does not, and black pixels do not. */
  get counts(): boolean {
    return !this.#wasConstant && this.look.notZero > 0;
  }

  /** More of it is ten times as far out as in training than is not. */
  get isOff(): boolean {
    return !this.#wasConstant && this.look.off > (this.#kind === "standard" ? this.#rows : this.look.notZero) / 2;
  }

  get isFar(): boolean {
    return !this.#wasConstant && this.look.off > 0;
  }

  get isOutside(): boolean {
    return this.look.least < 0 || this.look.greatest > 1;
  }

  /** As if each value of training had been divided by ten or more, or scaled already: not merely rows that resemble each other. */
  get isSmall(): boolean {
    const { mean, deviation, least, greatest } = this.look;
    if (this.#rows < FEWEST || this.#wasConstant || !this.varies) return false;
    const [scale, shift] = [this.#scale, this.#shift];
    if (this.#kind === "minmax") return greatest - least < 1 / FACTOR && least >= shift - 0.01 * scale && greatest <= shift + 1.01 * scale;
    if (this.#kind !== "standard") return false;
    const size = Math.hypot(mean - shift, deviation) / Math.hypot(shift, 1);
    if (deviation > 1 / FACTOR || size > 1 / FACTOR) return false;
    // A common factor leaves mean/deviation as it was, which in training was −shift.
    const sameShape = Math.abs((mean - shift) / deviation + shift) <= 1 + 0.3 * Math.abs(shift);
    const standardised = Math.abs(mean - shift) < 0.5 * scale && deviation > 0.5 * scale && deviation < 2 * scale;
    return sameShape || standardised;
  }

  /** Whether the spread is odd, where there are rows enough to say so. */
  get spreads(): boolean {
    const { deviation, least, greatest } = this.look;
    if (this.#rows < FEWEST || this.#wasConstant || !this.varies) return false;
    if (this.#kind === "minmax") return greatest - least < 1 / FACTOR;
    return this.#kind === "standard" && (deviation > FACTOR || deviation < 1 / FACTOR);
  }

  /** Whether it was constant in training and has other values here, by more than rounding. */
  get hasMoved(): boolean {
    const { least, greatest } = this.look;
    return this.#wasConstant && Math.max(-least, greatest) > 1e-6 * Math.max(1, Math.abs(this.#shift));
  }
}
