/**
 * The WebAssembly instructions that the kernels use, by their names in the text format. Each is a function from typed operands to a typed
 * expression. A number stands for a constant: of its own type for scalars, the same in all four lanes for vectors.
 */

export type Type = "i32" | "f32" | "v128";

/** Bytes, nested as the expressions are. */
export type Code = readonly (number | Code)[];

/** An expression: code that leaves one value of its type on the stack. */
export interface Value<T extends Type> {
  readonly type: T;
  readonly code: Code;
}

/** Operands: expressions, or numbers for constants. */
export type I32 = Value<"i32"> | number;
export type F32 = Value<"f32"> | number;
export type V128 = Value<"v128"> | number;

/** A whole number of up to 32 bits as signed LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    const last = rest >= -64 && rest < 64;
    bytes.push((rest & 0x7f) | (last ? 0 : 0x80));
    if (last) return bytes;
  }
}

/** A whole number of up to 32 bits as unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value >>> 0; ; rest >>>= 7) {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    if (rest <= 0x7f) return bytes;
  }
}

function littleEndian(...lanes: readonly number[]): number[] {
  return [...new Uint8Array(Uint32Array.from(lanes, (lane) => lane >>> 0).buffer)];
}

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}

/** The encoding of a SIMD instruction. */
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
/** Alignment is only a hint, and the constant offset is added to the address. */
const memory = (opcode: readonly number[], offset: number): number[] => [...opcode, 0, ...unsigned(offset)];

const value = <T extends Type>(type: T, ...code: Code): Value<T> => ({ type, code });

export function int(x: I32): Value<"i32"> {
  return typeof x === "number" ? value("i32", 0x41, signed(x)) : x;
}

export function float(x: F32): Value<"f32"> {
  return typeof x === "number" ? value("f32", 0x43, littleEndian(bitsOf(x))) : x;
}

/** Four constants, by their bits. */
export const vector = (...bits: readonly [number, number, number, number]): Value<"v128"> => value("v128", simd(12), littleEndian(...bits));
const constant = (bits: number): Value<"v128"> => vector(bits, bits, bits, bits);

function constantDouble(x: number): Value<"v128"> {
  const [low, high] = new Uint32Array(Float64Array.of(x).buffer) as unknown as [number, number];
  return vector(low, high, low, high);
}

const floats = (x: V128): Value<"v128"> => (typeof x === "number" ? constant(bitsOf(x)) : x);
const doubles = (x: V128): Value<"v128"> => (typeof x === "number" ? constantDouble(x) : x);
const ints = (x: V128): Value<"v128"> => (typeof x === "number" ? constant(x >>> 0) : x);

type Scalar2 = (a: I32, b: I32) => Value<"i32">;
type Vector1 = (a: V128) => Value<"v128">;
type Vector2 = (a: V128, b: V128) => Value<"v128">;
type Shift = (a: V128, bits: I32) => Value<"v128">;
type Load<T extends Type> = (address: I32, offset?: number) => Value<T>;

type Opcodes = Readonly<Record<string, number>>;
type Family<T extends Opcodes, F> = { readonly [K in keyof T]: F };

/** Instructions that differ in nothing but their opcodes. */
function family<T extends Opcodes, F>(opcodes: T, make: (opcode: number) => F): Family<T, F> {
  return Object.fromEntries(Object.entries(opcodes).map(([name, opcode]) => [name, make(opcode)])) as Family<T, F>;
}

const one =
  (lift: (x: V128) => Value<"v128">) =>
  (opcode: number): Vector1 =>
  (a) =>
    value("v128", lift(a).code, simd(opcode));

const two =
  (lift: (x: V128) => Value<"v128">) =>
  (opcode: number): Vector2 =>
  (a, b) =>
    value("v128", lift(a).code, lift(b).code, simd(opcode));

const shift =
  (opcode: number): Shift =>
  (a, bits) =>
    value("v128", ints(a).code, int(bits).code, simd(opcode));

const load =
  <T extends Type>(type: T, opcode: readonly number[]): Load<T> =>
  (address, offset = 0) =>
    value(type, int(address).code, memory(opcode, offset));

const I32 = {
  eq: 0x46,
  ne: 0x47,
  lt_u: 0x49,
  ge_u: 0x4f,
  add: 0x6a,
  sub: 0x6b,
  mul: 0x6c,
  div_u: 0x6e,
  rem_u: 0x70,
  and: 0x71,
  shl: 0x74,
  shr_u: 0x76,
} as const;

export const i32: Family<typeof I32, Scalar2> & { readonly load: Load<"i32">; readonly select: (a: I32, b: I32, condition: I32) => Value<"i32"> } = {
  ...family(
    I32,
    (opcode): Scalar2 =>
      (a, b) =>
        value("i32", int(a).code, int(b).code, opcode),
  ),
  load: load("i32", [0x28]),
  /** a where the condition is not 0, else b. */
  select: (a, b, condition) => value("i32", int(a).code, int(b).code, int(condition).code, 0x1b),
};

export const f32: { readonly load: Load<"f32">; readonly add: (a: F32, b: F32) => Value<"f32"> } = {
  load: load("f32", [0x2a]),
  add: (a, b) => value("f32", float(a).code, float(b).code, 0x92),
};

const V128_LOADS = { load: 0, load32_splat: 9, load32_zero: 92 } as const;
const V128 = { and: 78, andnot: 79, or: 80, xor: 81 } as const;

export const v128: Family<typeof V128_LOADS, Load<"v128">> &
  Family<typeof V128, Vector2> & {
    readonly bitselect: (a: V128, b: V128, mask: V128) => Value<"v128">;
    readonly any_true: (a: V128) => Value<"i32">;
  } = {
  ...family(V128_LOADS, (opcode) => load("v128", simd(opcode))),
  ...family(V128, two(ints)),
  /** Bit by bit: a where the mask is 1, else b, which are numbers of type f32. */
  bitselect: (a, b, mask) => value("v128", floats(a).code, floats(b).code, ints(mask).code, simd(82)),
  any_true: (a) => value("i32", ints(a).code, simd(83)),
};

const WIDEN = { extend_low_i8x16_u: 137 } as const;
const I4_ONE = { extend_low_i16x8_u: 169 } as const;
const I4_TWO = { eq: 55, lt_s: 57, add: 174, sub: 177 } as const;
const I4_SHIFT = { shl: 171, shr_s: 172, shr_u: 173 } as const;
const I64_TWO = { extmul_low_i32x4_u: 222, extmul_high_i32x4_u: 223 } as const;

export const i8x16: { readonly shuffle: (a: V128, b: V128, lanes: readonly number[]) => Value<"v128"> } = {
  /** Byte i of the result is byte lanes[i] of a, then b. */
  shuffle: (a, b, lanes) => value("v128", ints(a).code, ints(b).code, simd(13), lanes),
};

export const i16x8: Family<typeof WIDEN, Vector1> = family(WIDEN, one(ints));

export const i32x4: Family<typeof I4_ONE, Vector1> &
  Family<typeof I4_TWO, Vector2> &
  Family<typeof I4_SHIFT, Shift> & { readonly splat: (a: I32) => Value<"v128"> } = {
  ...family(I4_ONE, one(ints)),
  ...family(I4_TWO, two(ints)),
  ...family(I4_SHIFT, shift),
  splat: (a) => value("v128", int(a).code, simd(17)),
};

/** The 64-bit products of the two lower, or upper, lanes. */
export const i64x2: Family<typeof I64_TWO, Vector2> = family(I64_TWO, two(ints));

const F4_ONE = { abs: 224, neg: 225, sqrt: 227 } as const;
/** pmin is b < a ? b : a, and pmax a < b ? b : a: both are a where a is NaN; min and max are NaN where a or b is, and take −0 for less than 0. */
const F4_TWO = {
  eq: 65,
  ne: 66,
  lt: 67,
  gt: 68,
  le: 69,
  ge: 70,
  add: 228,
  sub: 229,
  mul: 230,
  div: 231,
  min: 232,
  max: 233,
  pmin: 234,
  pmax: 235,
} as const;

export const f32x4: Family<typeof F4_ONE, Vector1> &
  Family<typeof F4_TWO, Vector2> & {
    readonly splat: (a: F32) => Value<"v128">;
    readonly extract_lane: (a: V128, lane: number) => Value<"f32">;
    readonly convert_i32x4_s: Vector1;
    readonly demote_f64x2_zero: Vector1;
    readonly relaxed_madd: (a: V128, b: V128, c: V128) => Value<"v128">;
  } = {
  ...family(F4_ONE, one(floats)),
  ...family(F4_TWO, two(floats)),
  splat: (a) => value("v128", float(a).code, simd(19)),
  extract_lane: (a, lane) => value("f32", floats(a).code, simd(31), lane),
  convert_i32x4_s: one(ints)(250),
  /** The two f64 rounded to f32, and two zeros. */
  demote_f64x2_zero: one(doubles)(94),
  /** a·b + c, rounded once or twice, as the machine does it faster. */
  relaxed_madd: (a, b, c) => value("v128", floats(a).code, floats(b).code, floats(c).code, simd(0x105)),
};

const F8_ONE = { nearest: 148, sqrt: 239 } as const;
const F8_TWO = { eq: 71, ne: 72, lt: 73, add: 240, sub: 241, mul: 242, div: 243, pmin: 246, pmax: 247 } as const;

export const f64x2: Family<typeof F8_ONE, Vector1> & Family<typeof F8_TWO, Vector2> & { readonly promote_low_f32x4: Vector1 } = {
  ...family(F8_ONE, one(doubles)),
  ...family(F8_TWO, two(doubles)),
  /** The two lower f32. */
  promote_low_f32x4: one(floats)(95),
};

/** What stores a value of each type, and one lane of a vector. */
const stores: Readonly<Record<Type, readonly number[]>> = { i32: [0x36], f32: [0x38], v128: simd(11) };

export function store(address: I32, x: Value<Type>, offset: number): Code {
  return [int(address).code, x.code, memory(stores[x.type], offset)];
}

export function storeLane(address: I32, x: Value<"v128">, lane: number, offset: number): Code {
  return [int(address).code, x.code, memory(simd(90), offset), lane];
}
