/** Archives that NumPy 2.4 wrote. */

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** numpy.savez(file, x=numpy.asfortranarray(numpy.arange(6, dtype="<f4").reshape(2, 3))): stored. */
export const ONE_ARRAY: Uint8Array<ArrayBuffer> = bytesOf(
  "UEsDBC0AAAAAAAAAIQDOLODT//////////8FABQAeC5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmNCcsICdmb3J0cmFuX29yZGVyJz" +
    "ogVHJ1ZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAAAAAAAAQEAAAIA/" +
    "AACAQAAAAEAAAKBAUEsBAi0DLQAAAAAAAAAhAM4s4NOYAAAAmAAAAAUAAAAAAAAAAAAAAIABAAAAAHgubnB5UEsFBgAAAAABAAEAMwAAAM8AAAAAAA==",
);

/** numpy.savez_compressed(file, x=numpy.arange(6, dtype=">i2").reshape(2, 3), **{"the labels": numpy.array([0.5, 1.5], dtype="<f2")}): deflated. */
export const TWO_ARRAYS: Uint8Array<ArrayBuffer> = bytesOf(
  "UEsDBC0AAAAIAAAAIQCQvN3C//////////8FABQAeC5ucHkBABAAjAAAAAAAAABSAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6XaaSuo6Cell9UUpSYF59flJIKEn" +
    "dLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYGBkYGJgZmBhYGVgBQSwMELQAAAAgAAAAhABpiClL//////////w4AFAB0aGUgbGFiZWxzLm5weQEAEACEAAAAAAAAAEgA" +
    "AAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmpK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjqaOgq1ChQALgYLBjsAUEsBAi0DLQAAAAgAAAAhAJC83c" +
    "JSAAAAjAAAAAUAAAAAAAAAAAAAAIABAAAAAHgubnB5UEsBAi0DLQAAAAgAAAAhABpiClJIAAAAhAAAAA4AAAAAAAAAAAAAAIABiQAAAHRoZSBsYWJlbHMubnB5UEsFBgAA" +
    "AAACAAIAbwAAABEBAAAAAA==",
);
