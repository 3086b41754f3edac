/** Bytes or text that do not follow their format: the only error that a parser throws. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}
