/**
 * A table of one's own: read, scale, train, save, and sample back in the units that went in.
 *
 *     node own_data.js [table.csv] [column to leave out] [folder for what is written]
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dataset, evaluate, fitScaling, gaussianLearned, key, load, openDevice, save, scaled, train, unscaled, Vae } from "elbograd";
import { readNumbers, writeTable } from "elbograd/node";

const [file = "data/breast_cancer.csv", drop = "diagnosis", folder = "."] = process.argv.slice(2);

const device = await openDevice("cpu");
const { values, rows, columns, names } = await readNumbers(file, { drop: [drop] });

// Every fifth row is held out. The scaling knows the others alone, and goes into the model's file.
const part = (held: boolean): Float64Array => Float64Array.from(values).filter((_, i) => (Math.floor(i / columns) % 5 === 0) === held);
const scaling = fitScaling("standard", part(false), columns);
const data = dataset(device, scaled(part(false), columns, scaling), { columns });
const validation = dataset(device, scaled(part(true), columns, scaling), { columns });

const vae = new Vae(device, { input: columns, hidden: [64], latent: 4, likelihood: gaussianLearned(), seed: 0 });
for await (const { epoch, negElbo, validation: held } of train(vae, data, { epochs: 40, batchSize: 32, validation, seed: 1 })) {
  if (epoch % 10 === 0) console.log(`epoch ${epoch}: ${negElbo.toFixed(2)} nats per row, ${held!.negElbo.toFixed(2)} on held-out rows`);
}
const { activeUnits, klPerDimension } = await evaluate(vae, validation);
console.log(`${rows} rows; ${activeUnits} of ${klPerDimension.length} latents in use`);

await writeFile(join(folder, "table.safetensors"), await save(vae, { scaling, ...(names && { names }), data: file }));

// Another program would begin here.
const { vae: model, about } = load(device, await readFile(join(folder, "table.safetensors")));
const made = unscaled(await model.sample(100, key(2), { draw: "sample" }), columns, about.scaling!);
await writeTable(join(folder, "samples.csv"), { values: made, columns, ...(about.names && { names: about.names }) });
console.log("100 new rows in samples.csv");
await device.close();
