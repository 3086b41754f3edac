/** Letters of 5 × 7 pixels, for pictures that bring no font along: the character set of the dot-matrix displays, blank columns left out. */

/** Columns from left to right of the characters from "!" to "~"; in each, bit 0 is the topmost pixel. */
const COLUMNS =
  "5f 07,00,07 14,7f,14,7f,14 24,2a,7f,2a,12 23,13,08,64,62 36,49,56,20,50 07 1c,22,41 41,22,1c 2a,1c,7f,1c,2a 08,08,3e,08,08 80,60 08,08,08,08,08 60,60 " +
  "20,10,08,04,02 3e,51,49,45,3e 42,7f,40 62,51,49,49,46 21,41,49,4d,33 18,14,12,7f,10 27,45,45,45,39 3c,4a,49,49,31 01,71,09,05,03 36,49,49,49,36 " +
  "46,49,49,29,1e 36,36 80,76,36 08,14,22,41 14,14,14,14,14 41,22,14,08 02,01,51,09,06 3e,41,5d,59,4e 7e,11,11,11,7e 7f,49,49,49,36 3e,41,41,41,22 " +
  "7f,41,41,22,1c 7f,49,49,49,41 7f,09,09,09,01 3e,41,49,49,7a 7f,08,08,08,7f 41,7f,41 20,40,41,3f,01 7f,08,14,22,41 7f,40,40,40,40 7f,02,0c,02,7f " +
  "7f,04,08,10,7f 3e,41,41,41,3e 7f,09,09,09,06 3e,41,51,21,5e 7f,09,19,29,46 46,49,49,49,31 01,01,7f,01,01 3f,40,40,40,3f 1f,20,40,20,1f 3f,40,38,40,3f " +
  "63,14,08,14,63 07,08,70,08,07 61,51,49,45,43 7f,41,41 02,04,08,10,20 41,41,7f 04,02,01,02,04 40,40,40,40,40 01,02,04 20,54,54,54,78 7f,48,44,44,38 " +
  "38,44,44,44,28 38,44,44,48,7f 38,54,54,54,18 08,7e,09,01,02 18,a4,a4,a4,7c 7f,08,04,04,78 44,7d,40 40,80,84,7d 7f,10,28,44 41,7f,40 7c,04,18,04,78 " +
  "7c,08,04,04,78 38,44,44,44,38 fc,24,24,24,18 18,24,24,24,fc 7c,08,04,04,08 48,54,54,54,24 04,3f,44,40,20 3c,40,40,20,7c 1c,20,40,20,1c 3c,40,30,40,3c " +
  "44,28,10,28,44 1c,a0,a0,a0,7c 44,64,54,4c,44 08,36,41 7f 41,36,08 08,04,08,10,08";

const GLYPHS: readonly (readonly number[])[] = COLUMNS.split(" ").map((glyph) => glyph.split(",").map((column) => parseInt(column, 16)));
const SPACE: readonly number[] = [0, 0, 0];
/** In the place of a character that is not among them. */
const UNKNOWN: readonly number[] = [0x7f, 0x41, 0x41, 0x41, 0x7f];
const LIKE: Readonly<Record<string, string>> = { "−": "-", "–": "-", "—": "-", "…": "...", "’": "'", "‘": "'", "“": '"', "”": '"', "×": "x" };

/** The rows of a line of text: 7 from the top to the base line, and one below. */
export const GLYPH_ROWS = 8;

/** The columns of a line of text, bit 0 topmost: letters with one blank column between them, accents left out. */
export function textColumns(text: string): number[] {
  const plain = [...text].map((character) => LIKE[character] ?? character).join("");
  const letters = [...plain.normalize("NFKD").replace(/\p{Mark}/gu, "")];
  return letters.flatMap((letter, i) => [...(i > 0 ? [0] : []), ...(letter === " " ? SPACE : (GLYPHS[letter.charCodeAt(0) - 33] ?? UNKNOWN))]);
}
