/** A right call of every export of the Node entry; folders are made anew for each run. */
import { mkdtempSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "../../src/formats/safetensors.ts";
import * as e from "../../src/node/index.ts";
import { Bag, type Call } from "./wrong_calls.ts";

/** The calls by the names of what is called. */
export async function callsOfNode(): Promise<Record<string, Call>> {
  const folder = mkdtempSync(join(tmpdir(), "arguments-"));
  const table = join(folder, "table.csv");
  await e.writeTable(table, { values: Float64Array.of(1, 2), columns: 1 });
  const pictures = join(folder, "pictures");
  await mkdir(pictures);
  await writeFile(join(pictures, "a.png"), e.encodePng({ width: 1, height: 1, data: new Uint8Array(1) }));
  const files = await e.AtomicFiles.open(folder);
  const checkpoint = { state: { step: 0, stepsPerEpoch: 1, epochs: 1, config: {}, history: [] }, tensors: new Map() };
  await e.writeFileAtomic(join(folder, e.CHECKPOINT_FILE), writeSafetensors(new Map()));
  return {
    AtomicFiles: { args: [folder], run: e.AtomicFiles.open.bind(e.AtomicFiles) },
    "AtomicFiles.append": { args: ["a", "b", new Bag({ mode: 0o600, uid: 0, gid: 0 })], run: files.append.bind(files) },
    "AtomicFiles.discard": { args: [], run: files.discard.bind(files) },
    encodePng: { args: [new Bag({ width: 1, height: 1, data: new Uint8Array(1) })] },
    readCheckpoint: { args: [folder] },
    readDigits: { args: [] },
    readIdxFolder: { args: [folder, "name", "advice"] },
    readMnist: { args: [folder] },
    readPictures: { args: [pictures, new Bag({}, "resize", "colour")] },
    readNumbers: { args: [table, new Bag({}, "header", "drop", "labels", "separator", "packed", "array", "maxBytes")] },
    readTable: { args: [table, new Bag({}, "separator", "comment", "skipLines", "decimal", "header", "types", "na", "maxBytes")] },
    removeStrayFiles: { args: [folder] },
    writeCheckpoint: { args: [folder, checkpoint] },
    writeFileAtomic: { args: [join(folder, "file"), "text", undefined] },
    writeTable: { args: [join(folder, "out.csv"), new Bag({ values: [1, 2], columns: 1 }, "names", "safe")] },
  };
}
