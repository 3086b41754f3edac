/** Numbers as people write them, read from bytes, and written back in the form that a column has. */

/** How a column writes its numbers: the shortest digits that give the number back, filled up with zeros to `decimals` places. */
export interface NumberForm {
  /** Places after the decimal sign that every cell has at least. */
  readonly decimals: number;
  readonly decimal?: ",";
  /** What stands between thousands. */
  readonly group?: string;
  readonly prefix?: string;
  readonly suffix?: string;
}

/** What is before and after a number, and between its thousands. */
export interface WrittenNumber extends Pick<NumberForm, "group" | "prefix" | "suffix"> {
  readonly value: number;
  readonly decimals: number;
  readonly exponent?: true;
}

const POWERS = Float64Array.from({ length: 23 }, (_, n) => Number(`1e${n}`));

const [ZERO, NINE, MINUS, PLUS] = [0x30, 0x39, 0x2d, 0x2b];

/**
 * Reads plain decimal numbers, a cell at a time: sign, digits, decimal sign, digits. Up to 15 digits are exact in a double, and so is the power of ten
 * that they are divided by (up to 10²²): the quotient is the correctly rounded number (Clinger 1990).
 */
export class PlainNumbers {
  /** Of the last number that was read. */
  decimals = 0;
  /** Whether zeros stand before a whole number: 07612. */
  padded = false;
  /** Whether the decimals end in 0. */
  endsInZero = false;
  readonly #point: number;

  constructor(decimal: "." | ",") {
    this.#point = decimal.charCodeAt(0);
  }

  /** The number that the bytes are, or NaN if they are none, or one with more than 15 digits. */
  read(bytes: Uint8Array, start: number, end: number): number {
    const point = this.#point;
    let i = start;
    const first = bytes[i];
    if (first === MINUS || first === PLUS) i++;
    const digits = i;
    let mantissa = 0;
    let byte = 0;
    for (; i < end; i++) {
      byte = bytes[i]!;
      if (byte < ZERO || byte > NINE) break;
      mantissa = 10 * mantissa + (byte - ZERO);
    }
    const whole = i - digits;
    let decimals = 0;
    if (i < end) {
      if (byte !== point) return NaN;
      for (i++; i < end; i++, decimals++) {
        byte = bytes[i]!;
        if (byte < ZERO || byte > NINE) return NaN;
        mantissa = 10 * mantissa + (byte - ZERO);
      }
    }
    const count = whole + decimals;
    if (count === 0 || count > 15) return NaN;
    this.decimals = decimals;
    this.padded = whole > 1 && decimals === 0 && bytes[digits] === ZERO;
    this.endsInZero = decimals > 0 && byte === ZERO;
    const value = decimals === 0 ? mantissa : mantissa / POWERS[decimals]!;
    return first === MINUS ? -value : value;
  }
}

/** A sign, a currency or nothing; digits in groups or not; a decimal part; an exponent; a unit. U+2212 is a minus sign. */
const MONEY = "\\p{Sc}|USD|EUR|GBP|CHF|JPY|kr";
const NUMBER = (point: string, groups: string): RegExp =>
  new RegExp(
    `^(?<sign>[-+\\u2212])?(?<prefix>(?:${MONEY}) ?)?(?<inner>[-+\\u2212])?(?<whole>\\d{1,3}(?<group>${groups})\\d{3}(?:\\k<group>\\d{3})*|\\d*)` +
      `(?:${point}(?<fraction>\\d*))?(?<exponent>[eE][-+]?\\d+)?(?<suffix>(?: ?)(?:%|${MONEY}))?$`,
    "u",
  );
const WITH = { ".": NUMBER("\\.", "[, '\\u2019\\u00a0\\u202f]"), ",": NUMBER(",", "[. '\\u2019\\u00a0\\u202f]") };

/** A number with anything around it that people put there, or undefined. */
export function readNumber(text: string, decimal: "." | ","): WrittenNumber | undefined {
  const groups = WITH[decimal].exec(text)?.groups;
  if (!groups) return undefined;
  const { sign = "", inner = "", prefix, whole = "", fraction = "", exponent = "", group, suffix } = groups;
  if (whole.length + fraction.length === 0 || (sign !== "" && inner !== "")) return undefined;
  const digits = group === undefined ? whole : whole.replaceAll(group, "");
  const value = Number(`${(sign + inner).replace("\u2212", "-")}${digits}.${fraction}${exponent}`);
  if (!Number.isFinite(value)) return undefined;
  return {
    value,
    decimals: exponent === "" ? fraction.length : 0,
    ...(exponent !== "" && { exponent: true }),
    ...(group !== undefined && { group }),
    ...(prefix !== undefined && { prefix }),
    ...(suffix !== undefined && { suffix }),
  };
}

/** A number in the form of its column. */
export function writeNumber(value: number, { decimals, decimal, group, prefix = "", suffix = "" }: NumberForm): string {
  const text = decimalText(Math.abs(value));
  const [whole = "0", fraction = "", exponent = ""] = /^(\d+)(?:\.(\d+))?(e.*)?$/.exec(text)!.slice(1);
  const grouped = group === undefined ? whole : whole.replace(/\B(?=(\d{3})+$)/g, group);
  const places = exponent === "" ? fraction.padEnd(decimals, "0") : fraction;
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return `${sign}${prefix}${grouped}${places === "" ? "" : `${decimal ?? "."}${places}`}${exponent}${suffix}`;
}

/** The shortest digits that give the number back: without an exponent as long as 15 places hold them. */
function decimalText(value: number): string {
  const text = String(value);
  if (!text.includes("e-")) return text;
  const places = value.toFixed(15).replace(/0+$/, "");
  return Number(places) === value ? places : text;
}
