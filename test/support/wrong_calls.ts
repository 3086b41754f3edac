/** Calls with one argument, or one option, of a kind that is not wanted there, and what became of them. */

/** An argument that is an object of options: those given, and the names of all others that there are. */
export class Bag {
  readonly given: Readonly<Record<string, unknown>>;
  readonly names: readonly string[];

  constructor(given: Readonly<Record<string, unknown>>, ...others: readonly string[]) {
    this.given = given;
    this.names = [...Object.keys(given), ...others];
  }
}

/** A call with right arguments; `run` is what is called with them, by default the export of that name. */
export interface Call {
  readonly args: readonly unknown[];
  run?(...args: never[]): unknown;
}

/** What became of a call: who was called with what, and the error, or "taken". */
export interface Outcome {
  readonly call: string;
  readonly unknownOption: boolean;
  readonly error: unknown;
}

class Anything {}

/** A value of each kind, by what it is called. */
const WRONG: readonly (readonly [name: string, value: () => unknown])[] = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["-1.5", () => -1.5],
  ["NaN", () => NaN],
  ["1n", () => 1n],
  ["true", () => true],
  ["a text", () => "zzz"],
  ["an array", () => []],
  ["a nested array", () => [[1, 2], null]],
  ["an object", () => ({})],
  ["a function", () => () => undefined],
  ["a promise", () => Promise.resolve(1)],
  ["a symbol", () => Symbol("s")],
  ["an instance", () => new Anything()],
  ["a Map", () => new Map()],
  ["a DataView", () => new DataView(new ArrayBuffer(8))],
];

/** Runs a call with each wrong value in each place. */
export async function wrongCalls(name: string, { args, run }: Required<Call>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const plain = args.map((arg) => (arg instanceof Bag ? arg.given : arg));
  const attempt = async (i: number, value: unknown, what: string, unknownOption = false): Promise<void> => {
    const error = await errorOf(() => run(...(plain.with(i, value) as never[])));
    outcomes.push({ call: `${name}: argument ${i} ${what}`, unknownOption, error });
  };
  for (const [i, arg] of args.entries()) {
    for (const [kind, value] of WRONG) await attempt(i, value(), `is ${kind}`);
    if (!(arg instanceof Bag)) continue;
    await attempt(i, { ...arg.given, zzzzzz: 1 }, "has the option zzzzzz", true);
    for (const option of arg.names) {
      for (const [kind, value] of WRONG) await attempt(i, { ...arg.given, [option]: value() }, `has ${option} ${kind}`);
    }
  }
  return outcomes;
}

/** What a call throws, at once, later, or at the first step of a generator; undefined where it is taken. */
export async function errorOf(f: () => unknown): Promise<unknown> {
  try {
    const result = await f();
    if (typeof result === "object" && result !== null && Symbol.asyncIterator in result) {
      const steps = result as AsyncGenerator;
      await steps.next();
      await steps.return(undefined);
    }
    return undefined;
  } catch (error) {
    return error ?? "nothing";
  }
}

/** How JavaScript itself complains. */
const OWN = new RegExp(
  [
    "Cannot (read|destructure|convert|set|use|mix|assign|access)",
    "is not (a function|iterable|a constructor|defined|an? \\w*object|extensible|a number|callable)",
    "Invalid (typed )?array (length|buffer)|Invalid value used|invalid_argument",
    "First argument|must be of type|must be an? |must be one of|required in|not be converted|Reduce of empty|call stack|Spread syntax|BigInt",
  ].join("|"),
);

/** Why an error is not the library's: undefined for one of the form `function: rule, got value (what to do)`. */
export function complaint({ error, unknownOption }: Outcome): string | undefined {
  if (error === undefined) return unknownOption ? "it was taken" : undefined;
  if (!(error instanceof Error)) return `it throws ${typeof error}`;
  const form = /^[^:\n]+: .+/s.test(error.message) && !OWN.test(error.message.replace(/"(?:[^"\\]|\\.)*"/g, '""'));
  if (form && (error.constructor !== TypeError || error.message !== "")) return undefined;
  return error.stack ?? error.message;
}
