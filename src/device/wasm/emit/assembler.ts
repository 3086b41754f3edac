/**
 * A small assembler for WebAssembly. A Routine is one function, written in TypeScript as the code that emits it, in a module of its own that
 * imports the memory: so nothing is compiled that is not used, and nothing of what is used takes long.
 */
import { type Code, type I32, i32, int, store, storeLane, type Type, unsigned, type Value } from "./instructions.ts";

/** A variable of a function; as a value, its contents. */
export interface Local<T extends Type> extends Value<T> {
  readonly index: number;
}

/** A place to branch to: the end of a block, or the start of a loop. */
export interface Label {
  readonly depth: number;
}

export type Locals<T extends readonly Type[]> = { readonly [K in keyof T]: Local<T[K]> };

const TYPE_CODES: Readonly<Record<Type, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };
const NO_RESULT = 0x40;
const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const BRANCH = 0x0c;
const BRANCH_IF = 0x0d;

/** The body of a function while it is being emitted, statement by statement. */
export class Body {
  readonly code: Code[] = [];
  readonly types: Type[] = [];
  #depth = 0;

  /** A new variable without a value yet. */
  variable<T extends Type>(type: T): Local<T> {
    const index = this.types.push(type) - 1;
    return { type, index, code: [0x20, unsigned(index)] };
  }

  /** A new variable that holds a value: an expression written twice would be computed twice. */
  local<T extends Type>(value: Value<T>): Local<T> {
    const local = this.variable(value.type);
    this.set(local, value);
    return local;
  }

  set<T extends Type>(local: Local<T>, value: Value<T>): void {
    this.code.push([value.code, 0x21, unsigned(local.index)]);
  }

  /** Adds to a variable that counts or points. */
  advance(local: Local<"i32">, by: I32): void {
    this.set(local, i32.add(local, by));
  }

  store(address: I32, value: Value<Type>, offset = 0): void {
    this.code.push(store(address, value, offset));
  }

  storeLane(address: I32, value: Value<"v128">, lane: number, offset = 0): void {
    this.code.push(storeLane(address, value, lane, offset));
  }

  block(body: (end: Label) => void): void {
    this.#nest(BLOCK, body);
  }

  loop(body: (again: Label) => void): void {
    this.#nest(LOOP, body);
  }

  #nest(opcode: number, body: (label: Label) => void): void {
    this.code.push([opcode, NO_RESULT]);
    this.#depth++;
    body({ depth: this.#depth });
    this.#depth--;
    this.code.push([END]);
  }

  when(condition: Value<"i32">, body: () => void, otherwise?: () => void): void {
    this.code.push(condition.code);
    this.#nest(IF, () => {
      body();
      if (!otherwise) return;
      this.code.push([ELSE]);
      otherwise();
    });
  }

  branch(to: Label): void {
    this.code.push([BRANCH, unsigned(this.#depth - to.depth)]);
  }

  branchIf(condition: Value<"i32">, to: Label): void {
    this.code.push([condition.code, BRANCH_IF, unsigned(this.#depth - to.depth)]);
  }

  /** Runs `body` for i = from, from + step, … while i < end, both unsigned. */
  range(from: I32, end: I32, step: I32, body: (i: Local<"i32">) => void): void {
    const i = this.local(int(from));
    const last = typeof end === "number" ? int(end) : this.local(end);
    this.block((done) => {
      this.loop((again) => {
        this.branchIf(i32.ge_u(i, last), done);
        body(i);
        this.advance(i, step);
        this.branch(again);
      });
    });
  }
}

/** A function of numbers in WebAssembly: parameters by type, results none; emitted when first used. */
export interface Routine<T extends readonly Type[] = readonly Type[]> {
  readonly name: string;
  readonly parameters: T;
  emit(body: Body, ...parameters: Locals<T>): void;
}

export function routine<const T extends readonly Type[]>(
  name: string,
  parameters: T,
  emit: (body: Body, ...parameters: Locals<T>) => void,
): Routine<T> {
  return { name, parameters, emit };
}

/** The most pages of a memory: 4 GiB. */
const MOST_PAGES = 65536;

/** The bytes of a module with one function, exported as "run", on an imported memory, which is shared or not. */
export function assemble<T extends readonly Type[]>({ name, parameters, emit }: Routine<T>, shared = false): Uint8Array<ArrayBuffer> {
  const body = new Body();
  const locals = parameters.map((type) => body.variable(type)) as unknown as Locals<T>;
  emit(body, ...locals);
  const declared = body.types.slice(parameters.length).map((type) => [1, TYPE_CODES[type]]);
  const code = flat([unsigned(declared.length), declared, body.code, END]);
  const types = parameters.map((type) => TYPE_CODES[type]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, unsigned(types.length), types, 0]),
    // one import: memory "m" of module "e", of any size; a shared one has a maximum
    ...section(2, [1, 1, 0x65, 1, 0x6d, 0x02, shared ? [0x03, 0, unsigned(MOST_PAGES)] : [0x00, 0]]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, [0x72, 0x75, 0x6e], 0x00, 0]),
    ...section(10, [1, unsigned(code.length), code]),
    // the function's name, for profilers
    ...section(0, [text("name"), section(1, [1, 0, text(name)])]),
  ]);
}

const text = (ascii: string): Code => [unsigned(ascii.length), [...ascii].map((letter) => letter.charCodeAt(0))];

function section(id: number, content: Code): number[] {
  const bytes = flat(content);
  return [id, ...unsigned(bytes.length), ...bytes];
}

function flat(code: Code, into: number[] = []): number[] {
  for (const part of code) {
    if (typeof part === "number") into.push(part);
    else flat(part, into);
  }
  return into;
}
