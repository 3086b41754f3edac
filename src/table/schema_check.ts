/** The rules of a schema that anybody may have written: every field of every column, before anything is done by it. */
import { isPlain, shown } from "../check.ts";
import { SEPARATOR } from "../formats/dialect.ts";
import { FormatError } from "../formats/format_error.ts";
import { quoted } from "../text.ts";
import type { Kind } from "./columns.ts";
import type { Field } from "./dates/date_form.ts";
import { FIRST_DAY, LAST_DAY } from "./dates/dates.ts";
import { MOST_LEVELS } from "./text_kind.ts";

/** The most columns of a table, and values at equal shares of one. */
export const MOST_COLUMNS = 10_000;
export const MOST_QUANTILES = 256;
const MOST_PARTS = 40;
const MOST_DECIMALS = 400;

/** What a field is, in words that follow its name, and whether it is. */
type Rule = readonly [is: string, holds: (value: unknown, all: Fields) => boolean];
type Fields = Readonly<Record<string, unknown>>;
type Rules = Readonly<Record<string, Rule>>;

const isText = (value: unknown): value is string => typeof value === "string";
const isFlag = (value: unknown): boolean => typeof value === "boolean";
const isFinite = (value: unknown): value is number => Number.isFinite(value);
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isDay = (value: unknown): boolean => isFinite(value) && value >= FIRST_DAY && value < LAST_DAY + 1;
const orNone = (holds: (value: unknown) => boolean) => (value: unknown) => value === undefined || holds(value);
const isShort = orNone((value) => isText(value) && value.length <= 20);

/** Numbers of which none is less than the one before. */
const isRising = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((each, i) => isFinite(each) && (i === 0 || each >= (value[i - 1] as number)));

const TEXT: Rule = ["is a text", isText];
const FLAG: Rule = ["is true or false", isFlag];
const RANGE: Rule = ["is two numbers, the lesser first", (value) => isRising(value) && value.length === 2];
const QUANTILES: Rule = [
  `is at most ${MOST_QUANTILES} numbers, rising within the range`,
  (value, { range }) =>
    isRising(value) &&
    value.length <= MOST_QUANTILES &&
    (value.length === 0 || (isRising(range) && value[0]! >= range[0]! && value.at(-1)! <= range[1]!)),
];

const TABLE: Rules = {
  version: ["is 1", (value) => value === 1],
  rows: ["is a whole number", isWhole],
  separator: ["is one character, no digit, quote or line end", (value) => isText(value) && SEPARATOR.test(value)],
  header: FLAG,
  columns: [`is an array of at most ${MOST_COLUMNS} columns`, (value) => Array.isArray(value) && value.length <= MOST_COLUMNS],
};

const KINDS: Readonly<Record<Kind, Rules>> = {
  number: {
    form: [
      "is { decimals, decimal, group, prefix, suffix }",
      (value) =>
        isPlain(value) &&
        isWhole(value["decimals"]) &&
        value["decimals"] <= MOST_DECIMALS &&
        orNone((mark) => mark === ",")(value["decimal"]) &&
        ["group", "prefix", "suffix"].every((part) => isShort(value[part])),
    ],
    step: ["is 0, or a power of ten from 1e-9 to 1", (value) => value === 0 || STEPS.has(value)],
    range: RANGE,
    commonest: [
      "is a { value, share } with a share of at most 1",
      (value) => isPlain(value) && isFinite(value["value"]) && isFinite(value["share"]) && value["share"] > 0 && value["share"] <= 1,
    ],
    quantiles: QUANTILES,
  },
  category: {
    levels: [
      `is 1 to ${MOST_LEVELS + 1} different texts`,
      (value) =>
        Array.isArray(value) && value.length <= MOST_LEVELS + 1 && value.length > 0 && value.every(isText) && new Set(value).size === value.length,
    ],
    numeric: FLAG,
  },
  date: {
    form: [
      "is { parts, padded, paddedHours } of a date, or a { unit }",
      (value) => isPlain(value) && ("unit" in value ? isUnit(value) : isDateForm(value)),
    ],
    range: ["is two days of the years 0 to 9999, the lesser first", (value, all) => RANGE[1](value, all) && (value as number[]).every(isDay)],
    quantiles: QUANTILES,
  },
  constant: { text: TEXT },
  identifier: {},
  empty: {},
};

const COLUMN: Rules = {
  name: TEXT,
  kind: [`is one of ${Object.keys(KINDS).join(", ")}`, (value) => isText(value) && Object.hasOwn(KINDS, value)],
  reason: TEXT,
  missing: ["is a whole number", isWhole],
  missingText: TEXT,
};

const STEPS: ReadonlySet<unknown> = new Set(Array.from({ length: 10 }, (_, decimals) => Number(`1e-${decimals}`)));

const UNITS: readonly unknown[] = ["seconds", "milliseconds", "yyyymmdd"];
const isUnit = ({ unit }: Fields): boolean => UNITS.includes(unit);

/** The fields of a date, of which each group has one at most. */
const FIELDS: readonly (readonly Field[])[] = [
  ["year", "shortYear"],
  ["month", "name"],
  ["day"],
  ["hour"],
  ["minute"],
  ["second60"],
  ["fraction"],
  ["half"],
];

function isDateForm({ parts, padded, paddedHours }: Fields): boolean {
  if (!Array.isArray(parts) || parts.length > MOST_PARTS || !isFlag(padded) || !isFlag(paddedHours)) return false;
  if (!parts.every((part) => isPlain(part) && ("text" in part ? isText(part["text"]) : isVaried(part)))) return false;
  const fields = (parts as Fields[]).map(({ field }) => field).filter((field) => field !== undefined);
  const times = FIELDS.map((group) => fields.filter((field) => group.includes(field as Field)).length);
  return times.every((count) => count <= 1) && times[0] === 1 && times[1] === 1;
}

/** Day and month in an open order are settled in a schema. */
function isVaried({ field, digits, long, letters }: Fields): boolean {
  if (!FIELDS.some((group) => group.includes(field as Field))) return false;
  const isDigits = field === "fraction" ? isWhole(digits) && digits >= 1 && digits <= 6 : digits === undefined;
  return isDigits && orNone(isFlag)(long) && orNone((value) => value === "small" || value === "capital")(letters);
}

/** FormatError, with the column and the field, for what is no schema. */
export function checkSchema(schema: unknown, name: string): void {
  const fail = (text: string): never => {
    throw new FormatError(`${name}: ${text}`);
  };
  const checked = (rules: Rules, fields: Fields, where: string): void => {
    for (const [field, [is, holds]] of Object.entries(rules)) {
      const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
      if (!holds(value, fields)) fail(`${field} of ${where} ${is}, got ${shown(value)}`);
    }
  };
  if (!isPlain(schema)) return fail(`a schema is an object, got ${shown(schema)}`);
  checked(TABLE, schema, "a schema");
  const names = new Map<string, number>();
  (schema["columns"] as unknown[]).forEach((column, c) => {
    const number = `column ${c + 1} of a schema`;
    if (!isPlain(column)) return fail(`${number} is an object, got ${shown(column)}`);
    checked(COLUMN, column, isText(column["name"]) ? `column ${c + 1}, ${quoted(column["name"], 60)}, of a schema` : number);
    const own = column["name"] as string;
    const where = `column ${c + 1}, ${quoted(own, 60)}, of a schema`;
    checked(KINDS[column["kind"] as Kind], column, where);
    const before = names.get(own);
    if (before !== undefined) fail(`name of ${where} is its own, got that of column ${before}`);
    names.set(own, c + 1);
  });
}
