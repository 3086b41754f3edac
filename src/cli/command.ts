/** One command of the command line. */
export interface Command {
  readonly summary: string;
  /** What `--help` prints. */
  help(): string;
  /** Whether `--json` prints lines, of which an error is one. */
  readonly jsonLines?: boolean;
  /** Throws UsageError for a wrong command line, any other error for what goes wrong later. */
  run(args: readonly string[], signal: AbortSignal): Promise<void>;
}

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A signal came, and there is more to say than that nothing was written. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
