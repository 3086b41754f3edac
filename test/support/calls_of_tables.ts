/** A right call of every export of the entries of formats and of tables. */
import * as formats from "../../src/formats/index.ts";
import * as tables from "../../src/tables.ts";
import { Bag, type Call } from "./wrong_calls.ts";

const DIALECT = ["separator", "comment", "skipLines", "decimal", "header", "name"];

/** The calls by the names of what is called. */
export function callsOfFormats(): Record<string, Call> {
  const npy = formats.writeNpy([1], Float32Array.of(1));
  return {
    FormatError: { args: [] },
    cellsOf: { args: ["a,b\n1,2\n", new Bag({}, ...DIALECT)] },
    parseIdx: { args: [Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7), "name"] },
    parseNpy: { args: [npy, "name"] },
    readSafetensors: { args: [formats.writeSafetensors(new Map()), "name"] },
    textOf: { args: [[["a"]], new Bag({}, "separator", "safe")] },
    writeNpy: { args: [[1], Float32Array.of(1)] },
    writeSafetensors: { args: [new Map(), new Map()] },
  };
}

/** The calls by the names of what is called. */
export function callsOfTables(): Record<string, Call> {
  const table = tables.parseTable("a,b\n1.5,x\n2.5,y\n");
  const { values } = tables.encodeRows(table.schema, table);
  return {
    FormatError: { args: [] },
    categorical: { args: [3] },
    gaussianMixture: { args: [new Bag({ components: 2 }, "floor")] },
    mixed: { args: [[{ kind: "category", levels: 2 }]] },
    decodeRows: {
      args: [table.schema, values, new Bag({}, "clip")],
      run: (...args: Parameters<typeof tables.decodeRows>) => [...tables.decodeRows(...args)],
    },
    describe: { args: [table] },
    encodeRows: { args: [table.schema, table, "name"] },
    parseTable: { args: ["a\n1.5\n", new Bag({}, ...DIALECT, "types", "na")] },
    readSchema: { args: [JSON.stringify(table.schema), "name"] },
    typesOf: { args: [table.schema] },
  };
}
