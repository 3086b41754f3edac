const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A key that occurs twice in one object of a valid JSON text, at any depth; `JSON.parse` would silently keep the last. */
export function repeatedKey(json: string): string | undefined {
  const objects: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === "{") objects.push(new Set());
    else if (character === "}") objects.pop();
    else if (character === '"') {
      const start = i;
      i = closingQuote(json, i);
      if (!isKey(json, i + 1)) continue;
      const key = JSON.parse(json.slice(start, i + 1)) as string;
      const keys = objects.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

/** The index of the quote that ends the string that starts at `open`. */
function closingQuote(json: string, open: number): number {
  let i = open + 1;
  while (json.charCodeAt(i) !== QUOTE) i += json.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

/** Whether a string that ends before `after` is a key: a colon follows. */
function isKey(json: string, after: number): boolean {
  let i = after;
  while (/\s/.test(json[i] ?? "")) i++;
  return json[i] === ":";
}
