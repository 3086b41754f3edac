/** The product of packed operands: the one loop in which nearly all time is spent. */
import { assemble, type Body, type Local, type Routine, routine } from "../emit/assembler.ts";
import { f32x4, i32, v128, type Value } from "../emit/instructions.ts";

/** Rows and columns of the tile of C that is held in registers: 4×8 needs 14 of 15 vector registers, and larger ones spill. */
export const TILE_ROWS = 4;
export const TILE_COLUMNS = 8;

/** Terms between two tests whether the sum is complete. */
const UNROLLED = 4;

type Vector = Value<"v128">;

/** a·b + c. */
type MultiplyAdd = (a: Vector, b: Vector, c: Vector) => Vector;

/** sums[4i..] += a·b for one term, the operands `step` terms after x and y: 8 products and sums of four lanes each. */
function addTerm(body: Body, multiplyAdd: MultiplyAdd, sums: readonly Local<"v128">[], x: Local<"i32">, y: Local<"i32">, step: number): void {
  const left = body.local(v128.load(y, 32 * step));
  const right = body.local(v128.load(y, 32 * step + 16));
  for (let i = 0; i < TILE_ROWS; i++) {
    const factor = body.local(v128.load32_splat(x, 16 * step + 4 * i));
    body.set(sums[2 * i]!, multiplyAdd(factor, left, sums[2 * i]!));
    body.set(sums[2 * i + 1]!, multiplyAdd(factor, right, sums[2 * i + 1]!));
  }
}

/**
 * The sums of `terms` products of a panel of 4 rows at `a` and a panel of 8 columns at `b`. Each term is a basic block of its own: V8 would move the loads
 * of several above all arithmetic, and spill.
 */
function tile(body: Body, multiplyAdd: MultiplyAdd, terms: Local<"i32">, a: Local<"i32">, b: Local<"i32">, sums: readonly Local<"v128">[]): void {
  const [x, y] = [body.local(a), body.local(b)];
  const end = body.local(i32.add(a, i32.mul(terms, 16)));
  const ends = Array.from({ length: UNROLLED }, (_, step) => body.local(i32.sub(end, 16 * (step + 1))));
  for (const sum of sums) body.set(sum, v128.and(0, 0));
  body.block((done) => {
    body.branchIf(i32.eq(terms, 0), done);
    body.loop((again) => {
      for (let step = 0; step < UNROLLED; step++) {
        addTerm(body, multiplyAdd, sums, x, y, step);
        body.branchIf(i32.eq(x, ends[step]!), done);
      }
      body.advance(x, 16 * UNROLLED);
      body.advance(y, 32 * UNROLLED);
      body.branch(again);
    });
  });
}

/** Bytes of a packed panel: K terms, rounded up to four, which packing writes together. */
export function panelBytes(width: number, K: number): number {
  return 4 * width * Math.ceil(K / 4) * 4;
}

const PARAMETERS = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;

/** How many terms, K, a, b, c, row panels, column panels, stride. */
type Product = Routine<typeof PARAMETERS>;

/** What becomes of four sums in C. */
type Finish = (sums: Vector, inC: Vector) => Vector;

/**
 * C[m,n] = Σk A[m,k]·B[k,n] over some of the K terms of packed operands: `a` is the first of these terms in panels of 4 rows and `b` in panels of 8
 * columns, interleaved by k. C is written in whole tiles, `stride` bytes from row to row. Each sum is taken in the order of k, in f32.
 */
const productBy = (name: string, multiplyAdd: MultiplyAdd, finish?: Finish): Product =>
  routine(name, PARAMETERS, (body, terms, K, a, b, c, rowPanels, columnPanels, stride) => {
    const depth = body.local(i32.and(i32.add(K, 3), -4));
    const panelA = body.local(i32.mul(depth, 4 * TILE_ROWS));
    const panelB = body.local(i32.mul(depth, 4 * TILE_COLUMNS));
    const sums = Array.from({ length: 2 * TILE_ROWS }, () => body.variable("v128"));
    const store = (y: Local<"i32">, sum: Vector, offset: number): void => body.store(y, finish ? finish(sum, v128.load(y, offset)) : sum, offset);
    body.range(0, columnPanels, 1, () => {
      const [x, y] = [body.local(a), body.local(c)];
      body.range(0, rowPanels, 1, () => {
        tile(body, multiplyAdd, terms, x, b, sums);
        for (let i = 0; i < TILE_ROWS; i++) {
          store(y, sums[2 * i]!, 0);
          store(y, sums[2 * i + 1]!, 16);
          body.advance(y, stride);
        }
        body.advance(x, panelA);
      });
      body.advance(b, panelB);
      body.advance(c, 4 * TILE_COLUMNS);
    });
  });

/** A product of packed operands, and one that is added to what C holds already. */
interface Products {
  readonly first: Product;
  readonly next: Product;
}

const productsBy = (name: string, multiplyAdd: MultiplyAdd): Products => ({
  first: productBy(name, multiplyAdd),
  next: productBy(`next_${name}`, multiplyAdd, (sums, inC) => f32x4.add(inC, sums)),
});

/** The products as IEEE 754 defines them: each product and each sum is rounded, so their bits are the same on every machine. */
export const products: Products = productsBy("product", (a, b, c) => f32x4.add(c, f32x4.mul(a, b)));

/** The products with relaxed SIMD, where the machine rounds a·b + c once or twice, as it likes. */
export const relaxedProducts: Products = productsBy("relaxed_product", f32x4.relaxed_madd);

let relaxes: boolean | undefined;

/** Whether there is relaxed SIMD here. */
export function canRelax(): boolean {
  return (relaxes ??= WebAssembly.validate(assemble(relaxedProducts.first)));
}
