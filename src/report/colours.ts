/** Colours of labels: one for each of a few kinds, or a scale from blue to yellow for numbers. */

export type Colour = readonly [red: number, green: number, blue: number];

export interface Legend {
  readonly entries: readonly { readonly label: string; readonly colour: Colour }[];
  /** The colour of each label. */
  readonly colours: readonly Colour[];
}

/** Told apart by most readers, on white and on black (Okabe and Ito 2008, without black, and four more). */
const KINDS: readonly Colour[] = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [213, 94, 0],
  [86, 180, 233],
  [204, 121, 167],
  [148, 103, 189],
  [165, 142, 30],
  [140, 86, 75],
  [110, 190, 60],
  [200, 60, 60],
];
const OTHER: Colour = [128, 128, 128];

/** The scale's ends and middle. */
const SCALE: readonly Colour[] = [
  [40, 60, 150],
  [30, 150, 140],
  [240, 200, 40],
];

/** A colour for each label: its kind's, the rarest kinds sharing grey where there are more than eleven; numbers of more kinds than that get a scale. */
export function colourLabels(labels: readonly string[]): Legend {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const numbers = labels.map((label) => (label.trim() === "" ? NaN : Number(label)));
  if (counts.size > KINDS.length && numbers.every(Number.isFinite)) return scaled(numbers);
  const frequent = [...counts].sort(([, a], [, b]) => b - a).slice(0, KINDS.length);
  const kinds = frequent.map(([label]) => label).sort(naturally);
  const colourOf = new Map(kinds.map((label, i) => [label, KINDS[i]!]));
  const entries = kinds.map((label, i) => ({ label, colour: KINDS[i]! }));
  if (counts.size > KINDS.length) entries.push({ label: `${counts.size - KINDS.length} others`, colour: OTHER });
  return { entries, colours: labels.map((label) => colourOf.get(label) ?? OTHER) };
}

/** Numbers by size, before words by their letters; never by the reader's language, so that colours repeat. */
function naturally(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  if (!Number.isNaN(difference)) return difference;
  return a < b ? -1 : a > b ? 1 : 0;
}

function scaled(numbers: readonly number[]): Legend {
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const greatest = numbers.reduce((a, b) => Math.max(a, b));
  const colourAt = (value: number): Colour => {
    const position = ((value - least) / (greatest - least)) * (SCALE.length - 1);
    const at = Math.min(Math.floor(position), SCALE.length - 2);
    const mix = (channel: number): number => Math.round(SCALE[at]![channel]! * (at + 1 - position) + SCALE[at + 1]![channel]! * (position - at));
    return [mix(0), mix(1), mix(2)];
  };
  const marks = [least, (least + greatest) / 2, greatest];
  return { entries: marks.map((value) => ({ label: String(value), colour: colourAt(value) })), colours: numbers.map(colourAt) };
}
