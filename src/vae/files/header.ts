/** The metadata of our files: a format, its version, and JSON texts. */
import { FormatError } from "../../formats/format_error.ts";

/** Throws unless the metadata is of this format and of the version that is known; `outdated` says what to make of earlier ones. */
export function checkHeader(metadata: ReadonlyMap<string, string>, format: string, version: string, file: string, outdated?: string): void {
  const found = metadata.get("format");
  if (found !== format) throw new FormatError(`load: ${file} is no ${format}, its format is ${found ?? "not stated"}`);
  const got = metadata.get("version");
  if (got === version) return;
  const advice = outdated !== undefined && Number(got) < Number(version) ? outdated : " (update elbograd)";
  throw new FormatError(`load: ${file} has format version ${got ?? "none"}, this program knows ${version}${advice}`);
}

/** The object that a text of the metadata holds, if `fits` says that it is one of the wanted kind. */
export function metadataJson<T>(metadata: ReadonlyMap<string, string>, name: string, file: string, fits: (value: Partial<T>) => boolean): T {
  try {
    const value: unknown = JSON.parse(metadata.get(name) ?? "");
    if (typeof value === "object" && value !== null && fits(value)) return value as T;
  } catch {
    // said below, as for every other text that does not fit
  }
  throw new FormatError(`load: the ${name} in ${file} cannot be read (the file is damaged)`);
}
