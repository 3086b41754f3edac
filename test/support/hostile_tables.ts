/** Readers of tables of any kind, of their schemas, of archives and of pictures' headers, and what each is tried with. */
import jpeg from "jpeg-js";
import { FormatError } from "../../src/formats/format_error.ts";
import { parseJpegHeader } from "../../src/formats/jpeg_header.ts";
import { parseNpy } from "../../src/formats/npy.ts";
import { parsePng, pixelBytes } from "../../src/formats/png_chunks.ts";
import { openPicture } from "../../src/node/decode_picture.ts";
import { npyOfArchive } from "../../src/node/npz.ts";
import { encodePng } from "../../src/node/png.ts";
import { parseTable } from "../../src/table/parse_table.ts";
import { decodeRows, encodeRows, writtenColumns } from "../../src/table/rows.ts";
import { encodedColumns, readSchema } from "../../src/table/schema.ts";
import type { HostileReader, Mutator } from "./mutations.ts";
import { ONE_ARRAY, TWO_ARRAYS } from "./numpy_archives.ts";

const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

const LINES = Array.from({ length: 12 }, (_, i) => `${i}.50,${"xyz"[i % 3]!},${1 + i}/02/2024,5 May 2024,"a ""q"", ${i % 2}",k,`);
const TABLES = [
  `n,word,day,may,text,same,none\n${LINES.join("\n")}\n`,
  "when;x\n31.12.2023 10:00;1,5\n01.01.2024 11:30;2,25\n02.01.2024 23:59;NA\n",
  "# comment\nid\ttime\tzip\n1\t1700000000\t007\n2\t1700000100\t042\n3\t1700000200\t100\n",
  '"a","b"\r\n"1,000.5","x\r\ny"\r\n"2,000.5",""\r\n',
  "a b  c\n1 2  3\n4 5  6\n7 8  9\n",
];
const SCHEMAS = TABLES.map((text) => JSON.stringify(parseTable(text).schema));
const UTF16 = TABLES.map((text) => Uint8Array.from(Buffer.from(`\ufeff${text}`, "utf16le")));
const PNGS = [
  encodePng({ width: 3, height: 2, data: new Uint8Array(6) }),
  encodePng({ width: 1, height: 2, data: Uint8Array.from([1, 2, 3, 4, 5, 6]) }),
];
const JPEGS = [jpeg.encode({ width: 8, height: 8, data: Buffer.alloc(256, 90) }, 50).data];

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`wrong result: ${what}`);
}

/** What is read, with one line of what is said of a file: each of at most eleven begins with the file's name. */
function oneLine<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const lines = error.message.split("\n");
    check(lines.length <= 11 && lines.every((line, i) => line.startsWith("f: ") || (i === 10 && /^\(and \d+ more\)$/.test(line))), error.message);
    throw new FormatError(lines[0]);
  }
}

/** What a table holds goes into rows of numbers and out again, by its schema as JSON. */
function checkTable(file: Uint8Array): void {
  const table = oneLine(() => parseTable(file, { name: "f" }));
  try {
    const schema = readSchema(JSON.stringify(table.schema), "f");
    const { values, columns } = encodeRows(schema, table);
    const rows = [...decodeRows(schema, values)];
    check(rows.length === (columns === 0 ? 0 : table.rows), "as many rows");
    check(
      rows.every((row) => row.length === writtenColumns(schema).length),
      "as many cells",
    );
  } catch (error) {
    throw new Error(`a table that was read is not written: ${(error as Error).message}`, { cause: error });
  }
}

function checkSchema(text: string, m: Mutator): void {
  const schema = readSchema(text, "f");
  const { length } = encodedColumns(schema);
  const cell = m.pick([0, 1, NaN, -1e6, 1e9, 0.5]);
  const rows = [...decodeRows(schema, new Float64Array(2 * length).fill(cell), { clip: m.once(2) })];
  check(
    rows.every((row) => row.every((text) => typeof text === "string")),
    "cells of text",
  );
}

const damagedText = (m: Mutator, text: string): Uint8Array => (m.once(2) ? encoder.encode(m.text(text)) : m.bytes(encoder.encode(text)));

export const HOSTILE_TABLES: Readonly<Record<string, HostileReader>> = {
  tables: {
    make: (m) => (m.once(20) ? m.noise(64) : m.once(6) ? m.bytes(m.pick(UTF16)) : damagedText(m, m.pick(TABLES))),
    read: checkTable,
  },
  schema: {
    make: (m) => (m.once(4) ? damagedText(m, m.pick(SCHEMAS)) : encoder.encode(m.json(m.pick(SCHEMAS)))),
    read: (file, m) => checkSchema(decoder.decode(file), m),
  },
  npz: {
    make: (m) => (m.once(20) ? m.noise(64) : m.bytes(m.pick([ONE_ARRAY, TWO_ARRAYS]))),
    read: async (file, m) => {
      const { shape, data } = parseNpy(await npyOfArchive(file, "f", m.pick([undefined, "x", "the labels"]), 1 << 20), "f");
      check(data.length === shape.reduce((size, n) => size * n, 1), "an array's size");
    },
  },
  "headers of PNG": {
    make: (m) => (m.once(20) ? m.noise(64) : m.bytes(m.pick(PNGS))),
    read: (file) => {
      openPicture(file, "f");
      check(pixelBytes(parsePng(file, "f")) > 0, "a size");
    },
  },
  "headers of JPEG": {
    make: (m) => (m.once(20) ? m.noise(64) : m.bytes(m.pick(JPEGS))),
    read: (file) => {
      openPicture(file, "f");
      const { width, height } = parseJpegHeader(file, "f");
      check(width > 0 && height > 0, "a size");
    },
  },
};
