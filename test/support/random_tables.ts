/** Random tables as files have them: columns of one form each, with odd texts, dates in many forms, missing cells, huge and tiny numbers. */
import fc from "fast-check";
import type { KindChoice } from "../../src/table/read_column.ts";

/** A table, and the text that it stands in. */
export interface RandomTable {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly text: string;
  readonly separator: string;
  readonly decimal: "." | ",";
  /** Of columns that are to be categories whatever they look like. */
  readonly types: ReadonlyMap<string, KindChoice>;
}

/** The cells of one column; `isWords` where they are to be read as words. */
interface RandomColumn {
  readonly cell: fc.Arbitrary<string>;
  readonly isWords?: true;
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const two = (n: number): string => String(n).padStart(2, "0");
const short = (name: string): string => name.slice(0, 3);

/** Every form of dates: year, month, day, hour, minute, second and a fraction to text. */
type Moment = readonly [year: number, month: number, day: number, hour: number, minute: number, second: number, micro: number];
const DATES: readonly (([y, m, d]: Moment) => string)[] = [
  ([y, m, d]) => `${y}-${two(m)}-${two(d)}`,
  ([y, m, d]) => `${y}/${m}/${d}`,
  ([y, m]) => `${y}-${two(m)}`,
  ([y, m, d]) => `${two(d)}/${two(m)}/${y}`,
  ([y, m, d]) => `${m}/${d}/${y}`,
  ([y, m, d]) => `${two(d)}.${two(m)}.${y % 100 < 10 ? `0${y % 100}` : y % 100}`,
  ([y, m, d]) => `${d} ${short(MONTHS[m - 1]!)} ${y}`,
  ([y, m, d]) => `${two(d)}-${short(MONTHS[m - 1]!).toUpperCase()}-${two(y % 100)}`,
  ([y, m, d]) => `${MONTHS[m - 1]} ${d}, ${y}`,
  ([y, m, d]) => `${d} ${MONTHS[m - 1]!.toLowerCase()} ${y}`,
];
const TIMES: readonly (([, , , h, min, s, us]: Moment) => string)[] = [
  () => "",
  ([, , , h, min]) => ` ${two(h)}:${two(min)}`,
  ([, , , h, min, s]) => `T${two(h)}:${two(min)}:${two(s)}Z`,
  ([, , , h, min, s]) => ` ${two(h)}:${two(min)}:${two(s)}+02:00`,
  ([, , , h, min, s, us]) => ` ${two(h)}:${two(min)}:${two(s)}.${String(Math.floor(us / 1000)).padStart(3, "0")}`,
  ([, , , h, min, s, us]) => `T${two(h)}:${two(min)}:${two(s)}.${String(us).padStart(6, "0")}`,
  ([, , , h, min]) => ` ${((h + 11) % 12) + 1}:${two(min)} ${h < 12 ? "AM" : "PM"}`,
  ([, , , h, min]) => ` ${two(((h + 11) % 12) + 1)}:${two(min)}${h < 12 ? "am" : "pm"}`,
];
const moment: fc.Arbitrary<Moment> = fc.tuple(
  fc.integer({ min: 1970, max: 2068 }),
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 28 }),
  fc.nat(23),
  fc.nat(59),
  fc.nat(59),
  fc.nat(999_999),
);
const dates: fc.Arbitrary<RandomColumn> = fc
  .tuple(fc.constantFrom(...DATES), fc.constantFrom(...TIMES))
  .map(([date, time]) => ({ cell: moment.map((m) => date(m) + (/^\d{4}-\d\d$/.test(date(m)) ? "" : time(m))) }));

/** Anything that a cell may hold, but for a byte 0 and what stands for nothing. */
const odd = fc.constantFrom(..."\"',;|\t\n\r\ufeff#=+-@% \u00a0é漢😀", '""', "\r\n", " ", "1", "0", "2024-01-05", "NA", "May", "e5", "$");
const anything = fc
  .oneof(
    fc.array(odd, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("")),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
  )
  .map((text) => text.replaceAll("\0", "~"));
const word = fc.oneof(
  anything.map((text) => `w${text}`),
  fc.constantFrom("red", "blue", 'a "quoted" word', "with, comma", "zwei\nZeilen", "naïve ✓ 漢字", "=1+1", " padded ", "# no comment"),
);
const STANDS_FOR_NOTHING = /^(?:[ \t]*|n\/?a|n\.a\.|#n\/a|#na|<na>|null|\(null\)|-?nan|\.|\?)$/i;

/** Numbers in a form; with a decimal comma where the file has that. */
const plain = (decimal: string) => (text: string) => text.replace(".", decimal);
const grouped = (text: string, group: string): string => text.replace(/\B(?=(\d{3})+(?:\D|$))/g, group);
const numbers = (decimal: "." | ","): fc.Arbitrary<RandomColumn> => {
  const cells = fc.oneof(
    fc.constant(fc.integer().map(String)),
    fc.constant(fc.maxSafeInteger().map(String)),
    fc.nat(6).map((places) => fc.integer({ min: -1e8, max: 1e8 }).map((n) => (n / 10 ** places).toFixed(places))),
    fc.constant(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)),
    fc.constant(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map(String)),
    fc.constant(fc.constantFrom("0", "1")),
    fc.constant(fc.constantFrom("0.5", "1.25")),
  );
  const money = fc.nat(1e9).map((n) => {
    const [whole, cents] = (n / 100).toFixed(2).split(".");
    return `$${grouped(whole!, decimal === "," ? "." : ",")}${decimal}${cents}`;
  });
  const share = fc.nat(1000).map((n) => plain(decimal)(`${(n / 10).toFixed(1)}%`));
  return fc.oneof(
    { weight: 5, arbitrary: cells.map((cell) => ({ cell: cell.map(plain(decimal)) })) },
    { weight: 1, arbitrary: fc.constantFrom({ cell: money }, { cell: share }) },
  );
};

const columns = (decimal: "." | ","): fc.Arbitrary<RandomColumn> =>
  fc.oneof(
    { weight: 3, arbitrary: numbers(decimal) },
    { weight: 3, arbitrary: dates },
    { weight: 1, arbitrary: fc.constant<RandomColumn>({ cell: word }) },
    { weight: 1, arbitrary: fc.array(word, { minLength: 1, maxLength: 4 }).map((levels) => ({ cell: fc.constantFrom(...levels) })) },
    {
      weight: 2,
      arbitrary: fc
        .oneof(dates, numbers(decimal), fc.constant({ cell: anything }))
        .map(({ cell }) => ({ cell: fc.oneof(cell, word).filter((text) => !STANDS_FOR_NOTHING.test(text)), isWords: true as const })),
    },
    { weight: 1, arbitrary: fc.constantFrom("x", "5.0", "0", "2024-01-31", "a\nb").map((text) => ({ cell: fc.constant(text) })) },
    { weight: 1, arbitrary: fc.constant({ cell: fc.constantFrom("007", "042", "100") }) },
    { weight: 1, arbitrary: fc.constant({ cell: fc.uuid() }) },
  );

/** What stands in the cells of a column that have nothing in them. */
const missing = fc.constantFrom("", "", "NA", "null", "n/a", ".");
const name = fc
  .oneof(fc.constantFrom("a", "b", "when", "time", "user_id", "__proto__", "constructor"), anything)
  .filter((text) => text.trim() !== "");

/** A cell in quotes where it must be, or may be. */
function written(cell: string, separator: string, always: boolean): string {
  const must = always || /["\r\n]|^[\s#]|\s$/.test(cell) || cell.includes(separator);
  return must ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Tables of 1 to 6 columns and 3 to 30 rows. */
export const randomTables: fc.Arbitrary<RandomTable> = fc
  .constantFrom<readonly [string, "." | ","]>([",", "."], [",", "."], [";", ","], [";", "."], ["\t", "."], ["|", "."], ["\t", ","])
  .chain(([separator, decimal]) =>
    fc
      .tuple(
        fc
          .uniqueArray(name, { minLength: 1, maxLength: 6 })
          .chain((names) =>
            fc.tuple(
              fc.constant(names),
              fc.tuple(...names.map(() => columns(decimal))),
              fc.tuple(...names.map(() => fc.option(missing, { freq: 2 }))),
            ),
          ),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.boolean(),
      )
      .chain(([[names, made, holes], lineEnd, isQuoted]) => {
        const row = fc.tuple(
          ...made.map(({ cell }, c) =>
            holes[c] === null ? cell : fc.oneof({ weight: 5, arbitrary: cell }, { weight: 1, arbitrary: fc.constant(holes[c]!) }),
          ),
        );
        const types = new Map<string, KindChoice>(names.flatMap((own, c) => (made[c]!.isWords ? [[own, { kind: "category" }] as const] : [])));
        return fc.array(row, { minLength: 3, maxLength: 30 }).map((rows) => ({
          ...{ names, rows, separator, decimal, types },
          text: [names, ...rows].map((cells) => cells.map((cell) => written(cell, separator, isQuoted)).join(separator) + lineEnd).join(""),
        }));
      }),
  );
