/** What each reader is tried with: good files, how they are damaged, and how what comes is read and used. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fitScaling, unscaled } from "../../src/data/scaling.ts";
import { dataset } from "../../src/data/dataset.ts";
import { openDevice } from "../../src/device/open.ts";
import { parseIdx } from "../../src/formats/idx.ts";
import { parseNpy, writeNpy } from "../../src/formats/npy.ts";
import { readSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { parseCsv } from "../../src/node/csv.ts";
import { readNumbers } from "../../src/node/index.ts";
import { parseTable } from "../../src/node/numbers.ts";
import { key } from "../../src/random.ts";
import { load } from "../../src/vae/files/load.ts";
import { save } from "../../src/vae/files/save.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { gaussianLearned } from "../../src/vae/likelihoods/gaussian_learned.ts";
import { mixture } from "../../src/vae/priors/mixture.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "../../src/vae/training/checkpoint.ts";
import { train } from "../../src/vae/training/train.ts";
import { Vae } from "../../src/vae/vae.ts";
import { HOSTILE_TABLES } from "./hostile_tables.ts";
import type { HostileReader, Mutator } from "./mutations.ts";

const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

/** The header of a safetensors file as text, and its data. */
function split(file: Uint8Array): [header: string, data: Uint8Array] {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return [decoder.decode(file.subarray(8, 8 + length)), file.subarray(8 + length)];
}

function joined(header: string, data: Uint8Array): Uint8Array {
  const text = encoder.encode(header);
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

function headerDamaged(m: Mutator, file: Uint8Array): Uint8Array {
  const [header, data] = split(file);
  return joined(m.once(2) ? m.json(header) : m.text(header), m.once(3) ? m.bytes(data) : data);
}

/** A file of which one text of the metadata is damaged. */
function metadataDamaged(m: Mutator, file: Uint8Array, name: string): Uint8Array {
  const [header, data] = split(file);
  const parts = JSON.parse(header) as { __metadata__: Record<string, string> };
  const text = parts.__metadata__[name]!;
  parts.__metadata__[name] = m.once(3) ? m.text(text) : m.json(text);
  return joined(JSON.stringify(parts), data);
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`wrong result: ${what}`);
}

const product = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

const device = await openDevice("cpu");
const sizes = { input: 4, hidden: [3], latent: 2, seed: 0 };
const values = Float64Array.from({ length: 48 }, (_, i) => ((i * 7) % 11) / 11);
const data = dataset(device, values, { columns: 4 });
const about = { scaling: fitScaling("standard", values, 4), names: ["a", "b", "c", "d"] };
const models = [
  await save(new Vae(device, { ...sizes, likelihood: gaussianLearned() }), about),
  await save(new Vae(device, { ...sizes, likelihood: bernoulli(), prior: mixture({ components: 2 }), classes: 2 }), { width: 2, height: 2 }),
];
const options = { epochs: 3, batchSize: 4, seed: 1, earlyStopping: { patience: 2 } };
const trained = (): Vae => new Vae(device, { ...sizes, likelihood: gaussianLearned() });

/** The last checkpoint of two epochs. */
async function checkpointFile(): Promise<Uint8Array> {
  const kept: Checkpoint[] = [];
  const onCheckpoint = (checkpoint: Checkpoint): Promise<void> => Promise.resolve(void kept.push(checkpoint));
  const vae = trained();
  for await (const { epoch } of train(vae, data, { ...options, epochs: 2, checkpointEvery: 2, onCheckpoint })) check(epoch <= 2, "epochs");
  vae.dispose();
  return encodeCheckpoint(kept.at(-1)!);
}

const checkpoint = await checkpointFile();
const stored = writeSafetensors(
  new Map([
    ["a", { shape: [2, 3], data: new Float32Array(6) }],
    ["b", { shape: [], data: new Uint8Array(1) }],
    ["c", { shape: [0, 5], data: new Float64Array(0) }],
    ["d", { shape: [2], data: new BigInt64Array(2) }],
  ]),
  new Map([
    ["k", "v"],
    ["__proto__", "z"],
  ]),
);
const arrays = [writeNpy([3, 4], new Float32Array(12)), writeNpy([3, 2, 2], new Uint8Array(12)), writeNpy([5], new Float64Array(5))];
const images = [
  Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, ...new Uint8Array(12)),
  Uint8Array.of(0, 0, 14, 1, 0, 0, 0, 2, ...new Uint8Array(16)),
];
const tables = ["a,b,c\n1,2,3\n4,5,6\n", "1;2;3\n4;5;6\n7;8;9", "x\ty\tz\n1\t2\t3\n", '"a ""q""",b\n1,2\n"3","4"\n', "id,v,w\nfoo,1,2\nbar,3,4\n"];
const packed = writeNpy([3, 2], Uint8Array.of(1, 128, 2, 0, 255, 64));

/** An NPY file whose header is damaged as text. */
function npyDamaged(m: Mutator, file: Uint8Array): Uint8Array {
  const length = file[8]! | (file[9]! << 8);
  const header = encoder.encode(m.text(decoder.decode(file.subarray(10, 10 + length))));
  return Uint8Array.of(...file.subarray(0, 8), header.length & 255, header.length >> 8, ...header, ...file.subarray(10 + length));
}

const noiseOr = (m: Mutator, make: () => Uint8Array): Uint8Array => (m.once(20) ? m.noise(64) : make());

/** Every reader; those of files on disk write to the folder. */
export function hostileReaders(folder: string): Record<string, HostileReader> {
  return {
    safetensors: {
      make: (m) => noiseOr(m, () => (m.once(2) ? headerDamaged(m, m.pick([stored, models[0]!])) : m.bytes(m.pick([stored, models[1]!])))),
      read: (file) => {
        for (const { shape, data } of readSafetensors(file, "f").tensors.values()) check(data.length === product(shape), "a tensor's size");
      },
    },
    load: {
      make: (m) => (m.once(3) ? headerDamaged(m, m.pick(models)) : metadataDamaged(m, m.pick(models), m.pick(["config", "about"]))),
      read: async (file, m) => {
        const live = device.memory().live;
        const { vae, about } = load(device, file, { file: "f" });
        if (m.once(3)) {
          const rows = await vae.sample(1, key(1), vae.config.classes === undefined ? {} : { label: 0 });
          check(rows.every(Number.isFinite) && rows.length === 4, "a sample");
          if (about.scaling) unscaled(rows, 4, about.scaling);
        }
        vae.dispose();
        check(device.memory().live === live, "memory");
      },
    },
    checkpoint: {
      make: (m) => (m.once(3) ? headerDamaged(m, checkpoint) : metadataDamaged(m, checkpoint, "state")),
      read: async (file) => {
        const resume = decodeCheckpoint(file, "f");
        const vae = trained();
        try {
          await train(vae, data, { ...options, resume }).next();
        } finally {
          vae.dispose();
        }
      },
    },
    npy: {
      make: (m) => noiseOr(m, () => (m.once(2) ? m.bytes(m.pick(arrays)) : npyDamaged(m, m.pick(arrays)))),
      read: (file) => {
        const { shape, data } = parseNpy(file, "f");
        check(data.length === product(shape), "an array's size");
        parseTable(file, "npy", "f");
      },
    },
    idx: {
      make: (m) => noiseOr(m, () => m.bytes(m.pick(images))),
      read: (file) => {
        const { shape, data } = parseIdx(file, "f");
        check(data.length === product(shape), "an array's size");
        parseTable(file, "idx", "f");
      },
    },
    "packed bits": {
      make: (m) => (m.once(2) ? m.bytes(packed) : npyDamaged(m, packed)),
      read: (file, m) => parseTable(file, "npy", "f", { packed: m.pick([16, 15, 12, 1, 0, -1, 0.5, 2 ** 31, 2 ** 53, NaN]) }),
    },
    csv: {
      make: (m) => noiseOr(m, () => (m.once(2) ? encoder.encode(m.text(m.pick(tables))) : m.bytes(encoder.encode(m.pick(tables))))),
      read: (file, m) => {
        const table = parseCsv(
          file,
          "f",
          m.pick([{}, { header: true }, { header: false }, { labels: "a" }, { labels: 1 }, { drop: ["id"] }, { separator: "\t" }]),
        );
        check(table.values.length === table.rows * table.columns && table.values.every(Number.isFinite), "a table");
      },
    },
    gz: {
      make: (m) => {
        const good = encoder.encode(m.pick(tables));
        return m.once(3) ? gzipSync(m.bytes(good)) : m.bytes(gzipSync(good));
      },
      read: async (file) => {
        const path = join(folder, "a.csv.gz");
        writeFileSync(path, file);
        await readNumbers(path);
      },
    },
    ...HOSTILE_TABLES,
  };
}
