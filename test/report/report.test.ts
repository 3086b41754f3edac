/** Charts and report.html: what they show, that they hold together as markup, and that nothing in them escapes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodePng } from "../../src/node/png.ts";
import { intervalOf, ticks } from "../../src/report/axes.ts";
import { colourLabels } from "../../src/report/colours.ts";
import { curveChart } from "../../src/report/curves.ts";
import { textColumns } from "../../src/report/glyphs.ts";
import { type RunReport, runReport } from "../../src/report/html.ts";
import { type ColourImage, Raster } from "../../src/report/raster.ts";
import { scatterPixels, scatterSvg } from "../../src/report/scatter.ts";
import { escapeText } from "../../src/report/svg.ts";

const losses = (negElbo: number) => ({ negElbo, reconstruction: negElbo - 1, kl: 1 });
const report = (epoch: number) => ({ epoch, ...losses(10 / epoch), validation: losses(12 / epoch), device: "cpu", stepMs: 1 });
const png = encodePng({ width: 2, height: 1, data: Uint8Array.of(0, 255) });

const run: RunReport = {
  title: "a run",
  summary: "of rows",
  history: [report(1), report(2), report(3)],
  pictures: [{ caption: "samples", png }],
  configuration: [["hidden", "400"]],
  environment: [["device", "cpu"]],
  command: "elbograd train --data digits",
};

/** Throws unless every element is closed by its own name, in order; the elements without contents are those of HTML. */
function checkNesting(markup: string): void {
  const open: string[] = [];
  for (const [, close, name] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
    if (["meta", "link", "img"].includes(name!)) continue;
    if (!close) open.push(name!);
    else expect(open.pop()).toBe(name);
  }
  expect(open).toEqual([]);
}

describe("escapeText", () => {
  it("leaves no character that markup gives a meaning, and the text is read back by the characters' numbers", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.oneof(fc.constantFrom(..."&<>\"';#3\0\x1f"), fc.string({ unit: "binary", maxLength: 1 })) }), (text) => {
        const escaped = escapeText(text);
        expect(escaped).not.toMatch(/[<>"']|&(?!#\d+;)/);
        // eslint-disable-next-line no-control-regex
        const kept = text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd");
        expect(escaped.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))).toBe(kept);
      }),
    );
  });
});

describe("runReport", () => {
  const page = runReport(run);

  it("is one closed document with a chart for each loss, a curve for each set, and the pictures inside", () => {
    checkNesting(page.replace("<!doctype html>", ""));
    expect(page.match(/<svg /g)).toHaveLength(3);
    expect(page.match(/class="curve train"/g)).toHaveLength(3);
    expect(page.match(/class="curve validation"/g)).toHaveLength(3);
    expect(page).toContain(`src="data:image/png;base64,${Buffer.from(png).toString("base64")}"`);
    for (const text of ["a run", "of rows", "400", "elbograd train --data digits", ">3.33<", ">4.00<"]) expect(page).toContain(text);
  });

  it("asks no network for anything: every address in it is data, a name space or a part of the page", () => {
    const addresses = [...page.matchAll(/(?:src|href|url)\s*[=(]\s*"?([^"\s)]+)/g)].map(([, address]) => address!);
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) expect(address).toMatch(/^data:/);
    expect(page).toContain("default-src &#39;none&#39;");
    expect(page).not.toMatch(/<script|@import/);
  });

  it("shows hostile names as text", () => {
    const hostile = `<script>alert("1")</script>&'`;
    const hostilePage = runReport({
      ...run,
      title: hostile,
      summary: hostile,
      command: hostile,
      configuration: [[hostile, hostile]],
      environment: [[hostile, hostile]],
      pictures: [{ caption: hostile, png }],
    });
    expect(hostilePage).not.toContain("<script");
    checkNesting(hostilePage.replace("<!doctype html>", ""));
  });

  it("holds without validation, without pictures, after one epoch and after none", () => {
    const bare = { epoch: 1, ...losses(10), device: "cpu", stepMs: 1 };
    for (const history of [[bare], []]) {
      const small = runReport({ ...run, history, pictures: [] });
      checkNesting(small.replace("<!doctype html>", ""));
      expect(small).not.toContain("<img");
      expect(small).not.toMatch(/NaN|Infinity|undefined/);
      expect(small).not.toContain("</span>validation");
    }
  });
});

describe("curveChart", () => {
  it("draws a point alone as a dot, and leaves a gap where a value is missing or not finite", () => {
    const svg = curveChart("t", "u", [{ name: "train", values: [1, 2, undefined, NaN, 3] }]);
    expect(svg.match(/<polyline/g)).toHaveLength(1);
    expect(svg.match(/<circle/g)).toHaveLength(1);
    expect(svg).not.toContain("NaN");
  });

  it("draws greater values higher, and later epochs further to the right", () => {
    const [, points] = /points="([^"]+)"/.exec(curveChart("t", "u", [{ name: "train", values: [1, 3, 2] }]))!;
    const at = points!.split(" ").map((point) => point.split(",").map(Number));
    expect(at[1]![1]).toBeLessThan(at[2]![1]!);
    expect(at[2]![1]).toBeLessThan(at[0]![1]!);
    expect(at[0]![0]).toBeLessThan(at[1]![0]!);
  });
});

describe("axes", () => {
  it("marks round numbers inside of the interval, between 2 and 12 of them, whatever its place and size", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: -3, max: 6 }), (from, power) => {
        const to = from + 10 ** power;
        const marks = ticks({ from, to }, 6);
        const rounding = 1e-9 * (Math.abs(from) + to - from);
        expect(marks.length).toBeGreaterThanOrEqual(2);
        expect(marks.length).toBeLessThanOrEqual(12);
        for (const mark of marks) {
          expect(mark).toBeGreaterThanOrEqual(from - rounding);
          expect(mark).toBeLessThanOrEqual(to + rounding);
        }
      }),
    );
  });

  it("gives an interval of some length to a constant, to nothing, and to what is not finite", () => {
    for (const values of [[], [0], [5, 5], [NaN, Infinity]]) {
      const { from, to } = intervalOf(values, 0.1);
      expect(to - from).toBeGreaterThan(0);
      expect(Number.isFinite(to - from)).toBe(true);
    }
  });
});

describe("scatter plots", () => {
  const points = [0, 0, 1, 1, 2, 0];

  it("have a dot for each point and a legend entry for each kind, as closed markup", () => {
    const svg = scatterSvg({ points, labels: ["b", "a", "b"], names: { x: "<x>", y: "y" } });
    checkNesting(svg);
    expect(svg.match(/r="2.2"/g)).toHaveLength(3);
    expect(svg.match(/r="5"/g)).toHaveLength(2);
    expect(svg).toContain("&#60;x&#62;");
  });

  const colourAt = ({ width, data }: ColourImage, x: number, y: number): string => {
    const at = 3 * (Math.round(2 * y) * width + Math.round(2 * x));
    return data.subarray(at, at + 3).join(",");
  };

  it("have as pixels what they have as SVG: a dot for each point in its place, axes, and a legend", () => {
    // off the lines of the grid, which would show through
    const scatter = { points: [0.03, 0.07, 1.03, 0.94, 1.97, 0.13], labels: ["b", "a", "b"], names: { x: "x", y: "y" } };
    const picture = scatterPixels(scatter);
    expect(picture.data).toHaveLength(3 * picture.width * picture.height);
    const [a, b] = colourLabels(["b", "a"]).entries.map(({ colour }) => colour);
    const faint = (colour: readonly number[]): string => colour.map((c) => 255 + Math.round(0.75 * (c - 255))).join(",");
    const circles = [...scatterSvg(scatter).matchAll(/cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"/g)].map(([, ...numbers]) => numbers.map(Number));
    const dots = circles.map(([x, y]) => colourAt(picture, x!, y!));
    expect(dots).toEqual([faint(b!), faint(a!), faint(b!), a!.join(","), b!.join(",")]);
    const lines = [...scatterSvg(scatter).matchAll(/x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)"/g)].map(([, ...numbers]) => numbers.map(Number));
    expect(lines.length).toBeGreaterThan(8);
    for (const [x, y] of lines) expect(colourAt(picture, x!, y!)).not.toBe("255,255,255");
    // as wide as the names need, and without a legend where nothing has a name
    expect(picture.width).toBeLessThan(scatterPixels({ ...scatter, labels: ["b", "a rather long", "b"] }).width);
    expect(scatterPixels({ points, names: scatter.names })).toMatchObject({ width: 1280, height: 1120 });
  });
});

describe("words in pixels", () => {
  it("are columns of letters with a blank one between, and the same without accents; what has no letter is a box", () => {
    expect(textColumns("1l")).toEqual([0x42, 0x7f, 0x40, 0, 0x41, 0x7f, 0x40]);
    expect(textColumns("−é…")).toEqual(textColumns("-e..."));
    expect(textColumns("語")).toEqual([0x7f, 0x41, 0x41, 0x41, 0x7f]);
    expect(textColumns("")).toEqual([]);
  });

  it("have a letter for each character of ASCII, no two alike", () => {
    const letters = Array.from({ length: 94 }, (_, i) => textColumns(String.fromCharCode(33 + i)).join());
    expect(new Set(letters).size).toBe(94);
    expect(letters).not.toContain(textColumns("語").join());
  });

  it("are drawn upright as they are level, turned", () => {
    const level = new Raster(40, 40);
    const upright = new Raster(40, 40);
    const ink = { colour: [0, 0, 0] as const, opacity: 1 };
    level.text(20, 20, "middle", "Fe", ink);
    upright.text(20, 20, "middle", "Fe", ink, true);
    const side = level.width;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) expect(upright.data[3 * ((side - 1 - x) * side + y)]).toBe(level.data[3 * (y * side + x)]);
    }
    expect(level.data.filter((byte) => byte === 0).length).toBeGreaterThan(3 * 4 * 20);
  });
});

describe("colourLabels", () => {
  it("gives equal labels equal colours and different ones different colours, numbers in the order of size", () => {
    const { entries, colours } = colourLabels(["10", "9", "10", "2"]);
    expect(entries.map(({ label }) => label)).toEqual(["2", "9", "10"]);
    expect(colours[0]).toEqual(colours[2]);
    expect(new Set(colours.map(String)).size).toBe(3);
  });

  it("gives many numbers a scale, and the rarest of many words one grey", () => {
    const numbers = colourLabels(Array.from({ length: 50 }, (_, i) => String(i / 7)));
    expect(numbers.entries).toHaveLength(3);
    expect(new Set(numbers.colours.map(String)).size).toBeGreaterThan(40);
    const words = Array.from({ length: 14 }, (_, i) => `word ${i}`);
    const named = colourLabels([...words, ...words.slice(0, 11)]);
    expect(named.entries.at(-1)!.label).toBe("3 others");
    expect(named.colours.slice(11, 14)).toEqual([
      [128, 128, 128],
      [128, 128, 128],
      [128, 128, 128],
    ]);
  });
});
