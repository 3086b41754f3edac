/** The cells of one column while a file is read, each as a number and a sign of what it is, in memory that is little more than the numbers need. */

/** What a cell is. A dash is missing if the column turns out to be of numbers or dates; of a text its number is the text's code, or −1. */
export const CELL = { missing: 0, number: 1, date: 2, text: 3, dash: 4 } as const;
export type CellSign = (typeof CELL)[keyof typeof CELL];

/** Where so many cells have come, how many there will be is known well enough. */
const SAMPLE = 1 << 16;
const FIRST = 1 << 10;
/** Times what is there: no estimate sets aside more at once. */
const MOST_TIMES = 128;

/** What a column is made of. */
export interface StoredCells {
  /** NaN where a cell is missing, and only there. */
  readonly values: Float64Array;
  /** Undefined where all cells that are not missing are of the same sort, `sign`. */
  readonly signs: Uint8Array | undefined;
  readonly sign: CellSign;
}

/** Makes missing what is not of a sort. */
export function keepOnly(sort: CellSign, { values, signs }: StoredCells): void {
  if (signs) for (let row = 0; row < values.length; row++) if (signs[row] !== sort) values[row] = NaN;
}

export class CellStore {
  #values = new Float64Array(0);
  #signs: Uint8Array | undefined;
  /** Of all cells so far that are not missing. */
  #sign: CellSign = CELL.missing;
  #used = 0;
  readonly #expected: (rows: number) => number;

  /** `expected` tells from the cells so far how many there will be: pages that are set aside and not written yet take no memory. */
  constructor(expected: (rows: number) => number) {
    this.#expected = expected;
  }

  get length(): number {
    return this.#used;
  }

  add(sign: CellSign, value: number): void {
    if (this.#used === this.#values.length) this.#grow();
    if (sign !== this.#sign && sign !== CELL.missing) this.#mix(sign);
    if (this.#signs !== undefined) this.#signs[this.#used] = sign;
    this.#values[this.#used++] = value;
  }

  /** All cells; afterwards none are left. */
  take(): StoredCells {
    const used = this.#used;
    const values = fitted(this.#values, used);
    const signs = this.#signs && fitted(this.#signs, used);
    const sign = this.#sign;
    this.#values = new Float64Array(0);
    this.#signs = undefined;
    this.#sign = CELL.missing;
    this.#used = 0;
    return { values, signs, sign };
  }

  #grow(): void {
    const used = this.#used;
    const expected = used < SAMPLE ? 0 : Math.min(this.#expected(used), MOST_TIMES * used);
    const room = Math.max(FIRST, expected > used ? expected : 2 * used);
    this.#values = longer(this.#values, new Float64Array(room));
    if (this.#signs) this.#signs = longer(this.#signs, new Uint8Array(room));
  }

  /** A cell of another sort than the last: from the second sort on each has a sign of its own. */
  #mix(sign: CellSign): void {
    if (this.#sign !== CELL.missing && !this.#signs) {
      this.#signs = new Uint8Array(this.#values.length);
      for (let row = 0; row < this.#used; row++) if (!Number.isNaN(this.#values[row])) this.#signs[row] = this.#sign;
    }
    this.#sign = sign;
  }
}

function longer<T extends Float64Array | Uint8Array>(old: T, array: T): T {
  array.set(old);
  return array;
}

/** The used part: of a much longer array a copy, else a view, which takes no memory for what was never written. */
function fitted<T extends Float64Array<ArrayBuffer> | Uint8Array>(array: T, used: number): T {
  return (2 * used < array.length ? array.slice(0, used) : array.subarray(0, used)) as T;
}
