/** A line on a terminal that is drawn over itself: how far, how well, and how long still. */
import { harmless } from "../text.ts";
import type { WorkOptions } from "../turns.ts";

const CELLS = 24;
const REDRAW_MS = 100;
/** Work that is done sooner shows no bar. */
const PATIENCE_MS = 1000;

/** `0:07`, `12:30`, `3:05:00`. */
export function showDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** `█████░░░░░` with a fraction from 0 to 1 of the cells filled. */
export function bar(fraction: number, cells: number = CELLS): string {
  const filled = Math.round(fraction * cells);
  return "█".repeat(filled) + "░".repeat(cells - filled);
}

export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  readonly #started = performance.now();
  #drawn = -Infinity;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Draws `label`, the bar at `fraction` and the time that is left; does nothing where there is no terminal or the line is fresh enough. */
  update(fraction: number, label: string): void {
    const now = performance.now();
    if (!this.#stream.isTTY || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    this.show(`${bar(fraction)} ${Math.floor(100 * fraction)}%  ${label}  ETA ${this.remaining(fraction)}`);
  }

  /** Draws a line without a bar; does nothing where there is no terminal. */
  show(line: string): void {
    if (this.#stream.isTTY) this.#stream.write(`\r\x1b[K${harmless(line).slice(0, this.#stream.columns - 1)}`);
  }

  /** The time left at the speed so far. */
  remaining(fraction: number): string {
    return fraction > 0 ? showDuration(((performance.now() - this.#started) * (1 - fraction)) / fraction) : "?";
  }

  /** How long it has been there, in milliseconds. */
  get age(): number {
    return performance.now() - this.#started;
  }

  /** Takes the line away, so that other text can be printed. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\x1b[K");
    this.#drawn = -Infinity;
  }
}

/** Runs work that watches the signal, and where stderr is a terminal shows how far it is and the time left, once it has taken a second. */
export async function withProgress<T>(label: string, signal: AbortSignal, work: (options: WorkOptions) => Promise<T>): Promise<T> {
  const bar = new ProgressBar(process.stderr);
  try {
    return await work({
      signal,
      onProgress({ done, total }) {
        if (bar.age >= PATIENCE_MS) bar.update(done / total, label);
      },
    });
  } finally {
    bar.clear();
  }
}
