/** tables: what is done with tables on disk, a part for each option. */
import type { OptionName, Options } from "../options.ts";
import { runRead } from "./read.ts";

export const TABLES_TAKE: readonly OptionName[] = ["read", "megabytes", "rounds"];

export function runTables(options: Options): void {
  if (!options.read) throw new RangeError("bench: tables takes what is measured, --read, got nothing");
  runRead(options);
}
