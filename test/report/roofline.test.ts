/** What `elbograd bench` draws: points where their numbers are, names that can be read, and a page that asks no network. */
import { describe, expect, it } from "vitest";
import { barChart } from "../../src/report/bars.ts";
import { benchPage, type BenchPage } from "../../src/report/bench_page.ts";
import { type Box, freePlace } from "../../src/report/labels.ts";
import { roofline } from "../../src/report/roofline.ts";

const ROOFS = { gbPerSecond: 10, gflops: 100 };

/** The numbers of an attribute, for all elements of a class in order. */
function numbers(svg: string, kind: string, attribute: string): number[] {
  return [...svg.matchAll(new RegExp(`class="${kind}"[^>]* ${attribute}="([^"]+)"`, "g"))].map(([, value]) => Number(value));
}

describe("roofline", () => {
  const points = [
    { name: "on the flat", flops: 1000, bytes: 10, gflops: 100 },
    { name: "on the slope", flops: 10, bytes: 10, gflops: 10 },
    { name: "a tenth of it", flops: 10, bytes: 10, gflops: 1 },
  ];
  const svg = roofline(ROOFS, points);
  const [x, y] = [numbers(svg, "point", "cx"), numbers(svg, "point", "cy")];
  const roof = /class="roof" points="([^"]+)"/
    .exec(svg)![1]!
    .split(" ")
    .map((pair) => pair.split(",").map(Number));
  const [foot, ridge, end] = roof as [[number, number], [number, number], [number, number]];

  it("draws a kernel that reaches a roof on it, and equal factors as equal distances", () => {
    expect(y[0]).toBeCloseTo(ridge[1], 1);
    expect(y[0]).toBeCloseTo(end[1], 1);
    expect((y[1]! - ridge[1]) / (x[1]! - ridge[0])).toBeCloseTo((foot[1] - ridge[1]) / (foot[0] - ridge[0]), 2);
    expect(x[0]! - ridge[0]).toBeCloseTo(ridge[0] - x[1]!, 1);
    expect(y[2]! - y[1]!).toBeCloseTo(y[1]! - y[0]!, 1);
    expect(x[2]).toBe(x[1]);
  });

  it("draws from each kernel to the roof above it", () => {
    expect(numbers(svg, "reach", "y1")).toEqual(y);
    for (const [i, want] of [y[0]!, y[1]!, y[1]!].entries()) expect(numbers(svg, "reach", "y2")[i]).toBeCloseTo(want, 1);
  });

  it("numbers its axes at 1, 2 and 5 where they span few decades, each number where its value is", () => {
    const across = [...svg.matchAll(/text x="([\d.]+)" y="432" text-anchor="middle">([\d.]+)</g)].map(([, at, value]) => [Number(value), Number(at)]);
    expect(across.map(([value]) => value)).toEqual(expect.arrayContaining([1, 2, 5, 10, 20, 50, 100]));
    const perDecade = x[0]! - ridge[0];
    for (const [value, at] of across) expect(at! - ridge[0]).toBeCloseTo(perDecade * Math.log10(value! / 10), 0);
  });

  it("leaves out what computes nothing, whose place is infinitely far to the left", () => {
    const more = roofline(ROOFS, [...points, { name: "copy", flops: 0, bytes: 8, gflops: 0 }]);
    expect(more).toBe(svg);
    expect(roofline(ROOFS, [])).not.toMatch(/NaN|Infinity/);
  });
});

describe("freePlace", () => {
  it("puts the names of points that coincide beside and below each other, none on another, all inside", () => {
    const within = { left: 0, right: 400, top: 0, bottom: 300 };
    const taken: Box[] = [];
    for (let i = 0; i < 20; i++) freePlace(200, 150, "dense_grad", within, taken);
    expect(taken).toHaveLength(20);
    for (const [i, a] of taken.entries()) {
      expect(a.left >= within.left && a.right <= within.right && a.top >= within.top && a.bottom <= within.bottom).toBe(true);
      for (const b of taken.slice(0, i)) expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
    }
  });

  it("writes to the left of a point at the right edge", () => {
    expect(freePlace(390, 150, "dense_grad", { left: 0, right: 400, top: 0, bottom: 300 }, [])).toMatchObject({ x: "381", anchor: "end" });
  });
});

const BARS = [
  { name: "matmul", detail: "M 8", value: 2, lower: 1, upper: 4, text: "2.00 ms" },
  { name: "adam", detail: "", value: 1, lower: 1, upper: 1, text: "1.00 ms" },
];

describe("barChart", () => {
  it("draws bars from 0 on one scale, with a line from quartile to quartile", () => {
    const svg = barChart("times", BARS);
    const [first, second] = numbers(svg, "bar", "width") as [number, number];
    expect(first / second).toBeCloseTo(2, 2);
    const [from, to] = /class="whisker" d="M([\d.]+) .*?H([\d.]+)/.exec(svg)!.slice(1).map(Number) as [number, number];
    const zero = numbers(svg, "bar", "x")[0]!;
    expect([(from - zero) / second, (to - zero) / second].map((n) => Math.round(100 * n) / 100)).toEqual([1, 4]);
  });
});

describe("benchPage", () => {
  const about: BenchPage = {
    title: "kernels",
    adapter: "<adapter> & driver",
    software: false,
    roofs: ROOFS,
    points: [{ name: "matmul", flops: 8, bytes: 4, gflops: 3 }],
    bars: BARS,
    table: [
      ["kernel", "sizes"],
      ["matmul", "M 8"],
    ],
    environment: [["device", "webgpu"]],
    command: "elbograd bench",
  };
  const LABEL = "software: not a GPU’s speed";
  const labels = (page: string): number => page.split(`>${LABEL}<`).length - 1;

  it("says that an adapter is software above the page and below the table, and of no other", () => {
    expect(labels(benchPage(about))).toBe(0);
    expect(labels(benchPage({ ...about, software: true }))).toBe(2);
  });

  it("is one file that asks no network for anything, with the adapter's own words as text", () => {
    const page = benchPage(about);
    expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|src=|@import|url\(/);
    expect(page).toContain("&#60;adapter&#62; &#38; driver");
    expect(page.match(/<svg/g)).toHaveLength(2);
  });
});
