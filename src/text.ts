/** Texts of users and files as messages show them. */

/** The most characters of a text of somebody else's that a message repeats. */
const MOST = 100;

/** The text, or as much of it as fits a message. */
export function cut(text: string, most: number = MOST): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** `"text"`, cut to a length that fits a message, with every character that a terminal could act on escaped. */
export function quoted(text: string, most: number = MOST): string {
  return harmless(JSON.stringify(cut(text, most)));
}

/** Control characters but tab and line feed (C0, DEL, C1), and those that turn the direction of text around. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const ACTING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text with every character that a terminal could act on as `\u001b`: names in files may hold any. In JSON it stays the same string. */
export function harmless(text: string): string {
  return text.replace(ACTING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The known word that was probably meant: at most two characters changed, left out, added or swapped, and fewer than half of them. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let [least, found]: [number, string | undefined] = [Math.min(2, Math.ceil(word.length / 2) - 1) + 1, undefined];
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [least, found] = [distance, candidate];
  }
  return found;
}

/** ` (did you mean --epochs?)`, or nothing where nothing known is near; `prefix` stands before the known word. */
export function suggestion(word: string, known: Iterable<string>, prefix = ""): string {
  const meant = nearest(word, known);
  return meant === undefined ? "" : ` (did you mean ${prefix}${meant}?)`;
}

/** Characters to change, leave out, add, or swap with their neighbour (Damerau 1964, of adjacent characters once each). */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity;
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(changed, last[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
