/** Pages as a plain server serves them, with the one file of the core and no build: what they load, and what their policies leave of a device. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchOptions } from "./chromium.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { unpkg, jsdelivr } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, string>;
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** A page's program: opens the devices that the query names, trains a model on each, and leaves what came of it. */
const PROGRAM = `
import { bernoulli, dataset, key, load, openDevice, save, train, Vae } from "./elbograd.min.js";
const bytes = Uint8Array.from({ length: 256 * 64 }, (_, i) => (i % 64 < (i >> 6) % 64 ? 255 : 0));
async function run(name) {
  const device = await openDevice(name === "auto" ? undefined : name);
  const data = dataset(device, bytes, { columns: 64, scale: 1 / 255 });
  const vae = new Vae(device, { input: 64, hidden: [512], latent: 2, likelihood: bernoulli(), seed: 0 });
  const losses = [];
  for await (const { negElbo } of train(vae, data, { epochs: 3, batchSize: 64, seed: 1 })) losses.push(negElbo);
  const { vae: again } = load(device, await save(vae));
  const samples = (await again.sample(3, key(1))).length;
  await device.close();
  return { name: device.name, adapter: device.info.adapter, note: device.info.note, losses, samples };
}
const results = [];
for (const name of new URLSearchParams(location.search).get("devices").split(",")) {
  results.push(await run(name).catch(({ message }) => ({ error: message })));
}
const pre = document.body.appendChild(document.createElement("pre"));
pre.textContent = JSON.stringify({ isolated: crossOriginIsolated, results });
`;

interface Outcome {
  readonly name?: string;
  readonly adapter?: string;
  readonly note?: string;
  readonly losses?: readonly number[];
  readonly samples?: number;
  readonly error?: string;
}

let browser: Browser;
let server: Server;
let headers: Record<string, string> = {};
let asked: string[] = [];

const FILES: Record<string, readonly [type: string, text: () => string]> = {
  "/": ["text/html", () => '<!doctype html><body></body><script type="module" src="program.js"></script>'],
  "/program.js": ["text/javascript", () => PROGRAM],
  "/elbograd.min.js": ["text/javascript", () => readFileSync(join(root, unpkg!), "utf8")],
};

beforeAll(async () => {
  server = createServer(({ url = "/" }, response) => {
    const path = url.split("?", 1)[0]!;
    const [type, text] = FILES[path] ?? ["text/plain", () => ""];
    asked.push(path);
    response.writeHead(path in FILES ? 200 : 404, { ...headers, "Content-Type": type }).end(text());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  browser = await chromium.launch(launchOptions);
});

afterAll(async () => {
  await browser.close();
  server.close();
});

/** What the page comes to, served with these headers. */
async function visit(devices: string, sent: Record<string, string>): Promise<{ isolated: boolean; results: Outcome[] }> {
  headers = sent;
  asked = [];
  const page = await browser.newPage();
  try {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?devices=${devices}`);
    const text = await page.locator("pre").textContent({ timeout: 60_000 });
    return JSON.parse(text!) as { isolated: boolean; results: Outcome[] };
  } finally {
    await page.close();
  }
}

function expectTrained({ losses, samples, error }: Outcome): void {
  expect(error).toBeUndefined();
  expect(losses![2]).toBeLessThan(losses![0]!);
  expect(samples).toBe(3 * 64);
}

describe("the core as one file, from a script tag", () => {
  test("is what CDNs serve, and loads nothing else", async () => {
    expect(jsdelivr).toBe(unpkg);
    await visit("wasm,webgpu,cpu", {});
    expect(asked.filter((path) => path !== "/favicon.ico")).toEqual(Object.keys(FILES));
  });

  test("trains on wasm with threads and on webgpu where the page is isolated from other origins", async () => {
    const { isolated, results } = await visit("wasm,webgpu", ISOLATED);
    expect(isolated).toBe(true);
    results.forEach(expectTrained);
    expect(results.map(({ name }) => name)).toEqual(["wasm", "webgpu"]);
    expect(results[0]!.adapter).toMatch(/^WebAssembly SIMD128, \d+ threads$/);
    expect(results[1]!.adapter).toContain("swiftshader");
  });

  test("trains with one thread where the page is not, and says why", async () => {
    const { isolated, results } = await visit("wasm", {});
    expect(isolated).toBe(false);
    results.forEach(expectTrained);
    expect(results[0]!.adapter).toBe("WebAssembly SIMD128, 1 thread (threads were refused: no SharedArrayBuffer)");
  });
});

describe("a page's Content-Security-Policy", () => {
  const policy = (text: string): Record<string, string> => ({ ...ISOLATED, "Content-Security-Policy": text });

  test("that refuses workers of blobs leaves one thread, which the device says when it is opened", async () => {
    const { isolated, results } = await visit("wasm", policy("script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"));
    expect(isolated).toBe(true);
    results.forEach(expectTrained);
    expect(results[0]!.adapter).toBe("WebAssembly SIMD128, 1 thread (threads were refused: its script was refused)");
    expect(results[0]!.note).toBe("one thread: its script was refused (a Content-Security-Policy has to allow worker-src blob:)");
  });

  test("that allows them leaves threads", async () => {
    const { results } = await visit("wasm", policy("script-src 'self' 'wasm-unsafe-eval'; worker-src blob:"));
    results.forEach(expectTrained);
    expect(results[0]!.adapter).toMatch(/ threads$/);
  });

  test("that refuses WebAssembly is an error of wasm by name, and leaves the cpu device else", async () => {
    const { results } = await visit("wasm,auto", policy("script-src 'self'"));
    expect(results[0]!.error).toMatch(/^openDevice: wasm cannot be used here: .*Content.Security.Policy.* \(use "cpu"; /);
    expectTrained(results[1]!);
    expect([results[1]!.name, results[1]!.note]).toEqual(["cpu", expect.stringMatching(/^the cpu device: wasm cannot be used here: /)]);
  });
});
