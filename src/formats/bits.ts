import { FormatError } from "./format_error.ts";

/**
 * Packed truth values, eight in a byte with the most significant bit first and each row beginning with a byte of its own, as numpy.packbits(x, axis=1)
 * leaves them: bytes [rows, ⌈columns/8⌉] to 0 and 1 [rows, columns]. `name` is said in errors: FormatError where the bytes are of other rows, and
 * where a bit after a row's last is set.
 */
export function unpackBits(bytes: Uint8Array, rows: number, columns: number, name: string): Uint8Array<ArrayBuffer> {
  const stride = Math.ceil(columns / 8);
  if (bytes.length !== rows * stride) {
    throw new FormatError(
      `${name}: ${columns} packed bits take ${stride} bytes a row, got ${bytes.length / rows} (give the number of columns that were packed)`,
    );
  }
  const values = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < 8 * stride; column++) {
      const bit = (bytes[row * stride + (column >> 3)]! >> (7 - (column & 7))) & 1;
      if (column < columns) values[row * columns + column] = bit;
      else if (bit)
        throw new FormatError(
          `${name}: bits after a row's ${columns} columns are 0, got 1 at row ${row} (give the number of columns that were packed)`,
        );
    }
  }
  return values;
}
