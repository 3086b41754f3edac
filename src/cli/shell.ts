/** A command line as text. */

/** `elbograd …` so that a shell reads the same arguments again. */
export function commandLine(args: readonly string[]): string {
  const quoted = args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`));
  return ["elbograd", ...quoted].join(" ");
}

/** The same arguments without an option and its value. */
export function withoutOption(args: readonly string[], name: string): string[] {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  return at < 0 ? [...args] : args.toSpliced(at, args[at] === name ? 2 : 1);
}
