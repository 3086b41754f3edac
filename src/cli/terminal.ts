/** What the command line prints: nothing of it makes a terminal act, whatever names are in files. */
import { harmless } from "../text.ts";

/** Text on stdout, and a line end. */
export function print(text: string): void {
  process.stdout.write(`${harmless(text)}\n`);
}

/** The same on stderr: what is not the command's result. */
export function warn(text: string): void {
  process.stderr.write(`${harmless(text)}\n`);
}

/** The most characters to a line that are easily read, and the fewest that words need. */
const WIDEST = 110;
const NARROWEST = 40;

/** Characters to a line of help: as many as the terminal has, within reason. */
export function lineWidth(columns: number | undefined = process.stdout.columns): number {
  return Math.min(Math.max(columns ?? WIDEST, NARROWEST), WIDEST);
}
