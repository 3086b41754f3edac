/** Cells that stand for nothing. */

/** Says "missing" in any column. */
const ALWAYS = /^(?:|n\/?a|n\.a\.|#n\/a|#na|<na>|null|\(null\)|-?nan|\.|\?)$/i;
/** Says so among numbers and dates; among words it may be one of them. */
const AMONG_NUMBERS = /^(?:-{1,3}|–|—|none|nil|missing|unknown|nd|n\/d|not available|[-+]?inf(?:inity)?|\*+|#value!|#div\/0!|#num!|#ref!)$/i;

/** Whether a cell is missing wherever it stands, only among numbers, or not at all. */
export function missingIn(text: string): "always" | "numbers" | undefined {
  if (ALWAYS.test(text)) return "always";
  return AMONG_NUMBERS.test(text) ? "numbers" : undefined;
}
