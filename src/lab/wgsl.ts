/** The declarations of a WGSL text: what it binds, its structs, overrides and functions, each with its file and line. */
import { checkValue, TEXT } from "../check.ts";

interface Place {
  readonly file: string;
  readonly line: number;
}

/** A variable that has a place in a bind group. */
export interface BindingDeclaration extends Place {
  readonly group: number;
  readonly binding: number;
  readonly name: string;
  /** What is between the angle brackets of `var<storage, read>`. */
  readonly space: string;
  readonly access: string;
  /** Without spaces: `array<f32>`. */
  readonly type: string;
}

/** An `override`. */
export interface OverrideDeclaration extends Place {
  readonly name: string;
  /** Undefined where it follows from the value. */
  readonly type: string | undefined;
  readonly value: string | undefined;
}

/** A struct and its fields, in order. */
export interface StructDeclaration extends Place {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: string; readonly line: number }[];
}

/** A function, or an entry point. */
export interface FunctionDeclaration extends Place {
  readonly name: string;
  /** Of an entry point of a compute shader, as written; empty for other functions. */
  readonly workgroupSize: readonly string[];
  readonly compute: boolean;
  /** Every name that its body mentions. */
  readonly mentions: ReadonlySet<string>;
}

/** What a text declares. */
export interface Declarations {
  readonly bindings: readonly BindingDeclaration[];
  readonly overrides: readonly OverrideDeclaration[];
  readonly structs: readonly StructDeclaration[];
  readonly functions: readonly FunctionDeclaration[];
  /** `const` and `alias`: name and what it stands for. */
  readonly constants: ReadonlyMap<string, string>;
  readonly aliases: ReadonlyMap<string, string>;
}

interface Token {
  readonly text: string;
  readonly line: number;
}

/** A text without its comments: blanks in their place, so that lines and columns stay what they are. Block comments nest. */
export function withoutComments(source: string): string {
  let depth = 0;
  let rest = false;
  return source.replace(/\/\/|\/\*|\*\/|\n|./g, (piece) => {
    if (piece === "\n") rest = false;
    else if (depth === 0 && piece === "//") rest = true;
    else if (!rest && piece === "/*") depth++;
    const comment = rest || depth > 0;
    if (!rest && depth > 0 && piece === "*/") depth--;
    return comment && piece !== "\n" ? " ".repeat(piece.length) : piece;
  });
}

function tokensOf(source: string): Token[] {
  return withoutComments(source)
    .split("\n")
    .flatMap((text, i) => (text.match(/[\p{L}_][\p{L}\p{N}_]*|[0-9][\w.]*|\S/gu) ?? []).map((word) => ({ text: word, line: i + 1 })));
}

/** Reads the declarations of one file; what is no WGSL is left for the compiler to complain about. */
export function parseWgsl(source: string, file: string): Declarations {
  checkValue("parseWgsl", "the text", source, TEXT);
  checkValue("parseWgsl", "the name of the file", file, TEXT);
  return new Parser(tokensOf(source), file).parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #file: string;
  #at = 0;
  readonly #found = {
    bindings: [] as BindingDeclaration[],
    overrides: [] as OverrideDeclaration[],
    structs: [] as StructDeclaration[],
    functions: [] as FunctionDeclaration[],
    constants: new Map<string, string>(),
    aliases: new Map<string, string>(),
  };

  constructor(tokens: readonly Token[], file: string) {
    this.#tokens = tokens;
    this.#file = file;
  }

  parse(): Declarations {
    while (this.#at < this.#tokens.length) this.#declaration();
    return this.#found;
  }

  get #peek(): string {
    return this.#tokens[this.#at]?.text ?? "";
  }

  #next(): Token {
    return this.#tokens[this.#at++] ?? { text: "", line: 0 };
  }

  #skip(text: string): boolean {
    if (this.#peek !== text) return false;
    this.#at++;
    return true;
  }

  /** Everything up to one of `ends` outside of brackets, which is not taken: the words, joined. In types, < and > are brackets. */
  #until(ends: string, brackets: readonly [open: string, close: string] = ["([{", ")]}"]): string {
    let taken = "";
    for (let depth = 0; this.#at < this.#tokens.length && !(depth === 0 && ends.includes(this.#peek)); taken += this.#next().text) {
      if (brackets[0].includes(this.#peek)) depth++;
      if (brackets[1].includes(this.#peek)) depth--;
    }
    return taken;
  }

  #type(ends: string): string {
    return this.#until(ends, ["([{<", ")]}>"]);
  }

  /** `@group(0) @binding(1)` → group: ["0"], binding: ["1"]. */
  #attributes(): ReadonlyMap<string, readonly string[]> {
    const attributes = new Map<string, readonly string[]>();
    while (this.#skip("@")) {
      const { text: name } = this.#next();
      const values: string[] = [];
      if (this.#skip("(")) {
        do values.push(this.#until(",)"));
        while (this.#skip(","));
        this.#skip(")");
      }
      attributes.set(name, values);
    }
    return attributes;
  }

  #declaration(): void {
    const attributes = this.#attributes();
    const { text: keyword, line } = this.#next();
    const place = { file: this.#file, line };
    if (keyword === "var") this.#variable(attributes, place);
    else if (keyword === "override") this.#override(place);
    else if (keyword === "struct") this.#struct(place);
    else if (keyword === "fn") this.#function(attributes, place);
    else if (keyword === "const" || keyword === "alias") this.#constant(keyword);
    else if (keyword !== ";") this.#end();
  }

  #end(): void {
    this.#until(";");
    this.#skip(";");
  }

  #variable(attributes: ReadonlyMap<string, readonly string[]>, place: Place): void {
    const words = this.#skip("<") ? this.#until(">").split(",") : [];
    this.#skip(">");
    const { text: name } = this.#next();
    const type = this.#skip(":") ? this.#type(";=") : "";
    this.#end();
    const [group, binding] = [attributes.get("group")?.[0], attributes.get("binding")?.[0]];
    if (group === undefined || binding === undefined) return;
    const [space = "", access = "read"] = words;
    this.#found.bindings.push({ ...place, group: parseInt(group), binding: parseInt(binding), name, space, access, type });
  }

  #override(place: Place): void {
    const { text: name } = this.#next();
    const type = this.#skip(":") ? this.#type(";=") : undefined;
    const value = this.#skip("=") ? this.#until(";") : undefined;
    this.#end();
    this.#found.overrides.push({ ...place, name, type, value });
  }

  #constant(keyword: "const" | "alias"): void {
    const { text: name } = this.#next();
    if (this.#skip(":")) this.#type("=;");
    this.#skip("=");
    (keyword === "const" ? this.#found.constants : this.#found.aliases).set(name, this.#until(";"));
    this.#end();
  }

  #struct(place: Place): void {
    const { text: name } = this.#next();
    const fields: { name: string; type: string; line: number }[] = [];
    this.#skip("{");
    while (this.#at < this.#tokens.length && this.#peek !== "}") {
      this.#attributes();
      const field = this.#next();
      this.#skip(":");
      fields.push({ name: field.text, type: this.#type(",}"), line: field.line });
      this.#skip(",");
    }
    this.#skip("}");
    this.#found.structs.push({ ...place, name, fields });
  }

  #function(attributes: ReadonlyMap<string, readonly string[]>, place: Place): void {
    const { text: name } = this.#next();
    const own = new Set<string>(); // parameters and local variables hide what has their name outside
    for (; this.#at < this.#tokens.length && this.#peek !== "{"; this.#at++) if (this.#tokens[this.#at + 1]?.text === ":") own.add(this.#peek);
    this.#skip("{");
    const mentions = new Set<string>();
    for (let depth = 1; depth > 0 && this.#at < this.#tokens.length;) {
      const { text } = this.#next();
      if (text === "{") depth++;
      if (text === "}") depth--;
      if (text === ".")
        this.#next(); // the name of a field
      else mentions.add(text);
      if (["let", "var", "const"].includes(text)) own.add(this.#peek);
    }
    own.forEach((hidden) => mentions.delete(hidden));
    this.#found.functions.push({
      ...place,
      name,
      compute: attributes.has("compute"),
      workgroupSize: attributes.get("workgroup_size") ?? [],
      mentions,
    });
  }
}

/** The declarations of several files as one, as the compiler sees them. */
export function joined(files: readonly Declarations[]): Declarations {
  return {
    bindings: files.flatMap(({ bindings }) => bindings),
    overrides: files.flatMap(({ overrides }) => overrides),
    structs: files.flatMap(({ structs }) => structs),
    functions: files.flatMap(({ functions }) => functions),
    constants: new Map(files.flatMap(({ constants }) => [...constants])),
    aliases: new Map(files.flatMap(({ aliases }) => [...aliases])),
  };
}
