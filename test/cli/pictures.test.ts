/** Folders of PNG and JPEG files as data: trained on, drawn in their colours, and read again by every command that takes a model. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { encodePng, readNumbers } from "../../src/node/index.ts";
import { jsonLines, testFolder } from "../support/cli_run.ts";

const { path: folder, run } = testFolder();
const words = (text: string): string[] => text.split(" ");
const file = (name: string): string => join(folder, name);

const SIDE = 8;
/** A square of one colour on black, somewhere. */
function square(i: number, colour: readonly number[]): Uint8Array {
  const data = new Uint8Array(SIDE * SIDE * colour.length);
  for (let y = 0; y < 4; y++) for (let x = 0; x < 4; x++) data.set(colour, ((y + (i % 5)) * SIDE + x + (i % 3)) * colour.length);
  return encodePng({ width: SIDE, height: SIDE, data });
}
async function pictures(name: string, count: number, colour: readonly number[]): Promise<void> {
  await mkdir(file(name), { recursive: true });
  for (let i = 0; i < count; i++) await writeFile(file(`${name}/${String(i).padStart(2, "0")}.png`), square(i, colour));
}

const TINY = "--hidden 16 --latent 2 --batch-size 12 --epochs 1 --device wasm";

beforeAll(async () => {
  await pictures("colours/orange", 20, [255, 128, 0]);
  await pictures("colours/grey", 20, [200]);
  await pictures("greys", 40, [255]);
  await writeFile(file("greys/.note"), "ignored");
  const conditional = `train --data colours --condition labels ${TINY} --epochs 60 --learning-rate 0.02 --out coloured`;
  for (const args of [conditional, `train --data greys ${TINY} --out grey`]) {
    const { code, err } = await run(words(args));
    expect({ code, err }).toEqual({ code: 0, err: "" });
  }
}, 120_000);

describe("train --data FOLDER of pictures", () => {
  it("writes size and channels into the model, values divided by 255, a tenth of the pictures held out", async () => {
    for (const [out, channels, input] of [
      ["coloured", 3, 192],
      ["grey", 1, 64],
    ] as const) {
      const { metadata, tensors } = readSafetensors(await readFile(file(`${out}/model.safetensors`)));
      expect(JSON.parse(metadata.get("about")!)).toMatchObject({ width: SIDE, height: SIDE, channels, scaling: "unit" });
      expect([...tensors.get("scaling.scale")!.data]).toEqual([1 / 255]);
      expect(JSON.parse(metadata.get("config")!)).toMatchObject({ input, likelihood: "bernoulli" });
    }
    const { out } = await run(words(`train --data colours --resize 6x4 ${TINY} --out small --json`));
    expect(jsonLines(out)[0]).toMatchObject({ data: { rows: 36, validation: 4, columns: 72, width: 6, height: 4, channels: 3 } });
  });

  it("draws its pictures in colour where the model has any, and else in grey", async () => {
    for (const name of ["samples", "reconstructions", "manifold"]) {
      const [coloured, grey] = [decode(await readFile(file(`coloured/${name}.png`))), decode(await readFile(file(`grey/${name}.png`)))];
      expect([coloured.channels, grey.channels]).toEqual([3, 1]);
      expect(coloured.width).toBe(grey.width);
    }
    const html = await readFile(file("coloured/report.html"), "utf8");
    expect(html).toContain("36 images of 8×8 in colour, 4 for validation");
  });

  it("samples the colour of the subfolder that is asked for", async () => {
    const sampled = async (label: string): Promise<number[]> => {
      const made = await run(words(`sample --model coloured/model.safetensors --label ${label} --count 9 --out made.png --device cpu`));
      expect(made).toMatchObject({ code: 0, err: "" });
      const { channels, data } = decode(await readFile(file("made.png")));
      const sums = [0, 0, 0];
      data.forEach((value, i) => (sums[i % channels]! += value));
      return sums.map((sum) => sum / sums[0]!);
    };
    const [, greenOfOrange, blueOfOrange] = await sampled("orange");
    const [, greenOfGrey, blueOfGrey] = await sampled("grey");
    expect(greenOfOrange! - blueOfOrange!).toBeGreaterThan(0.1);
    expect(blueOfOrange).toBeLessThan(0.8);
    expect(greenOfGrey).toBeGreaterThan(0.9);
    expect(blueOfGrey).toBeGreaterThan(0.9);
  });

  it("refuses options of pictures for other data, and labels where there are none", async () => {
    for (const [args, wrong] of [
      ["--data digits --resize 28", "data: --resize is of a folder of pictures, got --resize 28 for digits"],
      ["--data digits --colour no", "data: --colour is of a folder of pictures, got --colour no for digits"],
      ["--data greys --resize 0x4", 'train: --resize is a width and height in pixels, such as 28 or 32x24, got "0x4"'],
      ["--data greys --condition labels", "train: --condition labels needs images with labels, got greys without (a folder of pictures has them"],
      ["--data greys --validation colours", "train: validation has pictures like the training ones, 8×8 in grey, got colours of 8×8 in colour"],
    ]) {
      const { code, err } = await run(words(`train ${args} ${TINY} --out refused`));
      expect(code, args).not.toBe(0);
      expect(err).toContain(wrong);
    }
  });

  it("names a picture of another size and what makes it fit", async () => {
    await pictures("mixed", 2, [255]);
    await writeFile(file("mixed/99.png"), encodePng({ width: 9, height: 7, data: new Uint8Array(63) }));
    const { code, err } = await run(words(`train --data mixed ${TINY} --out refused`));
    expect(code).toBe(1);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(err).toContain("mixed/99.png: pictures have one size, got 9×7 after 8×8 of mixed/00.png (--resize 8x8 makes them equal)");
  });
});

describe("a model of pictures", () => {
  it("takes folders of pictures of its size: grey ones for colour too", async () => {
    for (const [model, data] of [
      ["grey", "greys"],
      ["coloured", "colours"],
    ] as const) {
      for (const command of ["evaluate", "encode --out z.csv", "encode --out z.png", "reconstruct --out back.png"]) {
        const { code, err } = await run(words(`${command} --model ${model}/model.safetensors --data ${data} --device cpu`));
        expect({ code, err }, `${command} ${model}`).toEqual({ code: 0, err: "" });
      }
      expect(decode(await readFile(file("back.png"))).channels).toBe(model === "grey" ? 1 : 3);
    }
    await pictures("only/grey", 5, [200]);
    expect(await run(words("reconstruct --model coloured/model.safetensors --data only --out back.csv --device cpu"))).toMatchObject({ code: 0 });
    expect(await readNumbers(file("back.csv"))).toMatchObject({ rows: 5, columns: 192 });
  });

  it("says how pictures of another size or kind are made to fit", async () => {
    await mkdir(file("large"));
    await writeFile(file("large/a.png"), encodePng({ width: 16, height: 16, data: new Uint8Array(256) }));
    for (const [data, wrong, more] of [
      ["large", "grey/model.safetensors is a model of pictures of 8×8 in grey, got large of 16×16 in grey (--resize 8x8)", "--resize 8x8"],
      ["colours", "grey/model.safetensors is a model of pictures of 8×8 in grey, got colours of 8×8 in colour (--colour no)", "--colour no"],
    ] as const) {
      const args = `encode --model grey/model.safetensors --data ${data} --out z.csv --device cpu`;
      const { code, err } = await run(words(args));
      expect({ code, err: err.trimEnd() }).toEqual({ code: 1, err: expect.stringContaining(wrong) as string });
      expect(await run(words(`${args} ${more}`))).toMatchObject({ code: 0, err: "" });
    }
  });
});
