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
