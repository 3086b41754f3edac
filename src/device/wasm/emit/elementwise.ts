/** Routines that run over n elements, four at a time, and what this costs. */
import { type Body, type Local, type Locals, type Routine, routine } from "./assembler.ts";
import { type Code, type I32, i32, type Type, type Value } from "./instructions.ts";
import { storeFour } from "./vectors.ts";

export interface Elementwise<T extends readonly Type[]> {
  readonly routine: Routine<T>;
  /** The vector instructions that n elements take, about; known once the routine is compiled. */
  work(n: number): number;
}

export function elementwise<const T extends readonly Type[]>(
  name: string,
  parameters: T,
  emit: (body: Body, ...parameters: Locals<T>) => void,
): Elementwise<T> {
  let perFour = 0;
  return {
    routine: routine(name, parameters, (body, ...locals: Locals<T>) => {
      emit(body, ...locals);
      perFour = vectorInstructions(body.code);
    }),
    // the code has everything twice: in the loop, and for the rest
    work: (n) => (perFour * n) / 8,
  };
}

/** The prefix of all vector instructions. */
const VECTOR = 0xfd;

function vectorInstructions(code: Code): number {
  return code.reduce<number>((sum, part) => sum + (typeof part === "number" ? 0 : vectorInstructions(part)), code[0] === VECTOR ? 1 : 0);
}

/**
 * y[i] = value(i) for n elements, four at a time, by their offset in bytes. The loop stores whole vectors and the rest comes after it: a test in
 * the loop costs half as much again.
 */
export function storeEach(body: Body, y: I32, n: Local<"i32">, value: (offset: Local<"i32">) => Value<"v128">): void {
  const bytes = body.local(i32.shl(i32.and(n, -4), 2));
  body.range(0, bytes, 16, (offset) => body.store(i32.add(y, offset), value(offset)));
  const left = body.local(i32.and(n, 3));
  body.when(left, () => storeFour(body, y, { offset: bytes, left }, value(bytes)));
}
