/** tables: what is done with tables, a part for each option. */
import type { OptionName, Options } from "../options.ts";
import { runDensity } from "./density.ts";

export const TABLES_TAKE: readonly OptionName[] = ["table"];

export async function runTables(options: Options): Promise<void> {
  if (!options.table) throw new RangeError("bench: tables takes what is measured, --table, got nothing");
  await runDensity(options.table, options.json);
}
