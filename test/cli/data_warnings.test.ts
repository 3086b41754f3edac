/** What `train` makes of values before it trains: what it takes rows for, what it warns of, and what it does with held-out rows. */
import { describe, expect, it } from "vitest";
import { dataWarnings } from "../../src/cli/doctor/data_warnings.ts";
import { parseOptions } from "../../src/cli/options.ts";
import { chosenLikelihood, chosenScaling, takenAs } from "../../src/cli/training/choices.ts";
import { heldInRange } from "../../src/cli/training/held_rows.ts";
import { optionWarnings } from "../../src/cli/training/option_warnings.ts";
import { TRAIN_OPTIONS } from "../../src/cli/training/train_options.ts";
import type { TrainingData } from "../../src/cli/training/training_data.ts";
import { fitScaling } from "../../src/data/scaling.ts";
import type { TypedArray } from "../../src/kernel.ts";
import type { NumbersFile } from "../../src/node/numbers.ts";
import { forEachBits, key, normalOf } from "../../src/random.ts";

const [ROWS, D] = [60, 3];
const table = (values: TypedArray, more: Partial<NumbersFile> = {}, columns = D): NumbersFile => {
  return { name: "t.csv", rows: values.length / columns, columns, values, ...more };
};
const numbers = new Float64Array(ROWS * D);
forEachBits(...key(1).words, ROWS * D, (i, bits) => (numbers[i] = [50, 0, 1e6][i % D]! + [12, 1e-3, 3][i % D]! * normalOf(bits)));
const changed = (change: (value: number, row: number, column: number) => number): Float64Array =>
  numbers.map((value, i) => change(value, Math.floor(i / D), i % D));
const names = ["a", "b", "c"];

describe("warnings of data", () => {
  it("are none where values are usual, sparse, heavy-tailed or bytes", () => {
    const sparse = changed((value, row, column) => (column === 0 ? Number(row === 7) : column === 1 ? Number(row % 20 === 0) * row : value));
    const heavy = numbers.map((_, i) => Math.exp(2 * ((numbers[i - (i % D)]! - 50) / 12)));
    for (const values of [numbers, sparse, heavy, Uint8Array.from(numbers)]) expect(dataWarnings(table(values), false)).toEqual([]);
  });

  it.each([1e30, -9999, 9999, -999, 1e300, 123456789])("name %d with row, column and what to do", (fill) => {
    const values = changed((value, row, column) => (column === 0 && (row === 4 || row === 9) ? fill : value));
    expect(dataWarnings(table(values, { names }), true)).toEqual([
      `t.csv: ${fill} in row 5, column 1 ("a") is far from the rest of its column, and there 2 times: if it stands for a missing value, leave its rows out ` +
        "or put a usual value there (--drop 1 leaves the whole column out)",
    ]);
  });

  it("name one fill value of several columns once, and two of one column both", () => {
    const several = dataWarnings(table(changed((value, row) => (row === 2 ? -9999 : value))), true);
    expect(several).toEqual([
      expect.stringMatching(/^t\.csv: -9999 in row 3, column 1 is far .* there 3 times \(in columns 1, 2, 3\).*\(--drop 1,2,3 /),
    ]);
    const two = dataWarnings(table(changed((value, row, column) => (column === 0 && row < 2 ? [1e20, -1e20][row]! : value))), true);
    expect(two.map((text) => text.slice(0, 25))).toEqual(["t.csv: 100000000000000000", "t.csv: -10000000000000000"]);
  });

  it("name spreads beyond sense, and columns without any", () => {
    const of = (change: (value: number, row: number, column: number) => number): string[] => dataWarnings(table(changed(change), { names }), true);
    expect(of((value, _, column) => (column === 1 ? 1e33 * value : value))).toEqual([
      expect.stringMatching(/^t\.csv: column 2 \("b"\) goes from -\d.* to \d.*e\+30: give it in other units \(--drop 2 leaves it out\)$/),
    ]);
    expect(of((value, row, column) => (column === 0 ? 10 ** (row / 5) : value))[0]).toMatch(/half of its values lie between .*: take logarithms/);
    expect(of((value, row, column) => (column === 2 ? 1e6 + (row % 2) * 1e-9 : value))[0]).toMatch(
      /differ in the last digits only: is it constant\?/,
    );
    const constant = of((value, _, column) => (column > 0 ? 1e6 / 3 : value));
    expect(constant).toEqual([
      expect.stringMatching(/^t\.csv: all rows have the same value in columns 2 \("b"\), 3 \("c"\): .*\(--drop 2,3 leaves them out\)$/),
    ]);
    expect(dataWarnings(table(new Float64Array(ROWS * D)), false)).toEqual([]);
    for (const few of [1, 2]) expect(dataWarnings(table(numbers.subarray(0, few * D)), true)).toEqual([]);
  });
});

describe("warnings of options", () => {
  const options = (text: string) => parseOptions("train", TRAIN_OPTIONS, `--data x --out y --epochs 3 ${text}`.trim().split(" "));
  const data = { train: table(numbers), batchSize: 20, about: { data: "t", classes: ["only"] } } as unknown as TrainingData;

  it("are of warm-ups that are longer than the run, and of a condition that is always the same", () => {
    const of = (text: string): string[] => optionWarnings(options(text), data).map((line) => line.split(":")[0]!);
    const label = "--condition undefined has the same label in all rows, which says nothing (leave it out)";
    expect(of("--warm-up 9 --beta-warm-up 3 --capacity 2 --capacity-warm-up 3")).toEqual([label]);
    expect(of("--warm-up 10 --beta-warm-up 4 --capacity 2 --capacity-warm-up 4")).toEqual([
      "--warm-up is longer than the run of 9 steps",
      "--beta-warm-up is longer than the run of 3 epochs",
      "--capacity-warm-up is longer than the run of 3 epochs",
      label,
    ]);
    expect(optionWarnings(options("--warm-up 18"), data)[0]).toBe(
      "--warm-up is longer than the run of 9 steps: the learning rate rises to 0.0005 and never to 0.001 (more --epochs, or --warm-up of 9 steps at most)",
    );
  });
});

describe("rows are taken for", () => {
  const size = { width: 2, height: 3 };
  const auto = { likelihood: "auto", scale: "auto" } as const;
  const chosen = (values: TypedArray, more: Partial<NumbersFile> = {}, columns = 6): [string, string, string] => {
    const taken = takenAs(table(values, more, columns), false);
    const likelihood = chosenLikelihood(auto, taken);
    return [taken.about.split(",")[0]!, likelihood, chosenScaling(auto, taken, likelihood)];
  };

  it("images by shape and values, and for a table with the reason", () => {
    const bytes = Uint8Array.from({ length: 12 }, (_, i) => 20 * i);
    expect(chosen(bytes, size)).toEqual(["images", "bernoulli", "unit"]);
    expect(chosen(Float64Array.from(bytes), size)).toEqual(["images", "bernoulli", "unit"]);
    expect(
      chosen(
        Float64Array.from(bytes, (v) => v / 255),
        size,
      ),
    ).toEqual(["images", "bernoulli", "unit"]);
    expect(
      chosen(
        Float64Array.from(bytes, (v) => v - 100.5),
        size,
      ),
    ).toEqual(["a table", "gaussianLearned", "standard"]);
    expect(chosen(bytes)).toEqual(["a table", "gaussianLearned", "standard"]);
    expect(chosen(bytes.map((v) => v % 2))).toEqual(["a table", "bernoulli", "unit"]);
    expect(chosen(Float64Array.of(0, 1, 1, 0), {}, 2)).toEqual(["a table", "bernoulli", "none"]);
    expect(chosen(Float64Array.of(0, 0.5, 1, 0.1), {}, 2)).toEqual(["a table", "continuousBernoulli", "none"]);
    expect(chosen(Float64Array.of(0.01, 0.02, 0.03, 0.01), {}, 2)).toEqual(["a table", "gaussianLearned", "standard"]);
    const { about, table: left } = takenAs(
      table(
        Float64Array.from(bytes, (v) => v - 100.5),
        size,
        6,
      ),
      false,
    );
    expect(about).toBe(
      "a table, because rows are 3×2, but values from -100.5 to 119.5 are no grey levels (bytes, whole numbers from 0, or within [0, 1])",
    );
    expect([left.width, left.height]).toEqual([undefined, undefined]);
  });
});

describe("rows to validate on", () => {
  const standard = fitScaling("standard", numbers, D);
  const minmax = fitScaling("minmax", numbers, D);

  it("are left out where a value is so far out that no loss could hold it, with a warning", () => {
    const held = table(changed((value, row, column) => (row === 3 && column === 1 ? 1e30 : value)));
    const { table: kept, warnings } = heldInRange(held, table(numbers), standard, false);
    expect([kept!.rows, warnings]).toEqual([ROWS - 1, ["t.csv: 1 row with values far beyond those of the training rows left out of the validation"]]);
    expect(heldInRange(table(new Float64Array(D).fill(1e30)), table(numbers), standard, false).table).toBeUndefined();
    expect(heldInRange(table(numbers), table(numbers), standard, false)).toEqual({ table: table(numbers), warnings: [] });
  });

  it("are brought to the nearest values of training for a likelihood of [0, 1], and refused where most are beyond", () => {
    const greatest = Math.max(...numbers.filter((_, i) => i % D === 0));
    const held = table(
      changed((value, row, column) => (row === 3 && column === 0 ? greatest + 1 : value)),
      { names },
    );
    const { table: kept, warnings } = heldInRange(held, table(numbers), minmax, true);
    expect([kept!.values[9], warnings.length]).toEqual([greatest, 1]);
    expect(warnings[0]).toMatch(/^t\.csv: 1 value to validate on beyond .* in t\.csv, column 1 \("a"\), where training has /);
    expect(() => heldInRange(table(numbers.map((value) => -2 * value - 9)), table(numbers), minmax, true)).toThrow(
      /^train: rows to validate on are in the units/,
    );
  });
});
