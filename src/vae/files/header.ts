/** The metadata of our files: a format, its version, and JSON texts. */
import { FormatError } from "../../formats/format_error.ts";
import { quoted } from "../../text.ts";

/** Throws unless the metadata is of this format and of the version that is known; `outdated` says what to make of earlier ones. */
export function checkHeader(metadata: ReadonlyMap<string, string>, format: string, version: string, file: string, outdated?: string): void {
  const found = metadata.get("format");
  if (found !== format) throw new FormatError(`load: ${file} is no ${format}, its format is ${found === undefined ? "not stated" : plain(found)}`);
  const got = metadata.get("version");
  if (got === version) return;
  const advice = outdated !== undefined && Number(got) < Number(version) ? outdated : " (update elbograd)";
  throw new FormatError(`load: ${file} has format version ${got === undefined ? "none" : plain(got)}, this program knows ${version}${advice}`);
}

/** A text of the file as part of a line. */
function plain(text: string): string {
  return quoted(text).slice(1, -1);
}

/** The object that a text of the metadata holds, if `fits` says that it is one of the wanted kind. */
export function metadataJson<T>(metadata: ReadonlyMap<string, string>, name: string, file: string, fits: (value: Partial<T>) => boolean): T {
  try {
    const text = metadata.get(name) ?? "";
    const value: unknown = depthOf(text) > DEEPEST ? undefined : JSON.parse(text);
    if (typeof value === "object" && value !== null && fits(value)) return value as T;
  } catch {
    // said below, as for every other text that does not fit
  }
  throw new FormatError(`load: the ${name} in ${file} cannot be read (the file is damaged)`);
}

/** Levels of a text of JSON: what walks through it may call itself so often. */
const DEEPEST = 2000;

function depthOf(text: string): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const mark = text[i]!;
    if (inString && mark === "\\") i++;
    else if (mark === '"') inString = !inString;
    else if (inString) continue;
    else if (mark === "[" || mark === "{") deepest = Math.max(deepest, ++depth);
    else if (mark === "]" || mark === "}") depth--;
  }
  return deepest;
}
