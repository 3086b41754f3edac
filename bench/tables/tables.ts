/** tables: what is done with tables, a part for each option. */
import type { OptionName, Options } from "../options.ts";
import { runDensity } from "./density.ts";
import { runRead } from "./read.ts";

export const TABLES_TAKE: readonly OptionName[] = ["read", "megabytes", "rounds", "table"];

export async function runTables(options: Options): Promise<void> {
  if (!options.read && !options.table) throw new RangeError("bench: tables takes what is measured, --read or --table, got nothing");
  if (options.read) runRead(options);
  if (options.table) await runDensity(options.table, options.json);
}
