/** All that is wrong with a file, said at once. */
import { FormatError } from "./format_error.ts";

/** Problems of one file that are said. */
const MOST = 10;

export class Problems {
  readonly #name: string;
  readonly #said: string[] = [];
  #more = 0;

  /** `name` is what errors call the file. */
  constructor(name: string) {
    this.#name = name;
  }

  say(problem: string): void {
    if (this.#said.length < MOST) this.#said.push(`${this.#name}: ${problem}`);
    else this.#more++;
  }

  /** FormatError with all that was said, ten lines at most, if anything was. */
  throw(): void {
    if (this.#said.length === 0) return;
    throw new FormatError(this.#said.join("\n") + (this.#more > 0 ? `\n(and ${this.#more} more)` : ""));
  }
}
