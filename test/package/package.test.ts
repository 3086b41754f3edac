/** The package as its users get it, from dist: entries, dependencies, size and public types. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const dist = join(root, "dist");

/** Runs a module in a plain Node, without the conditions of the test runner, and returns what it prints. */
function node(code: string): string {
  return execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd: root, encoding: "utf8" });
}

/** What the files reachable from `entry` by relative imports import besides: `[file, specifier]`. */
function importsOutside(entry: string): [file: string, specifier: string][] {
  const outside: [string, string][] = [];
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { fileName } of ts.preProcessFile(readFileSync(file, "utf8"), true, true).importedFiles) {
      if (fileName.startsWith(".")) visit(join(dirname(file), fileName));
      else if (fileName.startsWith("#")) ["node", "browser"].forEach((where) => visit(join(dist, "device", `${fileName.slice(1)}.${where}.js`)));
      else outside.push([relative(dist, file), fileName]);
    }
  };
  visit(entry);
  return outside;
}

describe("the package", () => {
  it("resolves each of its entries to a file of dist", () => {
    const entries = ["elbograd", "elbograd/node", "elbograd/formats", "elbograd/tables", "elbograd/wgsl/matmul.wgsl"];
    const resolved = JSON.parse(
      node(`console.log(JSON.stringify(${JSON.stringify(entries)}.map((entry) => import.meta.resolve(entry))))`),
    ) as string[];
    expect(resolved.map((url) => relative(dist, fileURLToPath(url)))).toEqual([
      "index.js",
      "node/index.js",
      "formats/index.js",
      "tables.js",
      "wgsl/matmul.wgsl",
    ]);
  });

  it("imports in a plain Node and runs", () => {
    const printed = node(`
      import { openDevice, matmul, tensor } from "elbograd";
      await import("elbograd/node");
      const device = await openDevice("cpu");
      const a = tensor(device, [1, 2, 3, 4], [2, 2]);
      console.log((await matmul(a, a).read()).join(" "));
      await device.close();`);
    expect(printed).toBe("7 10 15 22\n");
  });

  it("ships every shader whole: its formula, then the text with the library files that it uses", () => {
    const text = readFileSync(join(dist, "wgsl/matmul.wgsl"), "utf8");
    expect(text).toMatch(/^\/\/ .+\n/);
    expect(text).toContain("@compute");
    expect(text).not.toContain("// uses");
  });

  it("has a core that depends on nothing but, in Node, on Node's threads and on the optional package webgpu", () => {
    expect(importsOutside(join(dist, "index.js")).sort()).toEqual([
      ["device/gpu.node.js", "webgpu"],
      ["device/threads.node.js", "node:os"],
      ["device/threads.node.js", "node:worker_threads"],
    ]);
  });

  describe("bundled for browsers, minified and compressed", () => {
    /** Bytes of each chunk of a program that uses these names, but for what is loaded only where kernels are replaced. */
    async function sizes(names: string): Promise<{ core: number; wasm: number; webgpu: number }> {
      const program = join(dist, "program.js");
      const bundle = await rolldown({
        input: program,
        platform: "browser",
        resolve: { conditionNames: ["browser", "import"] },
        plugins: [
          {
            name: "program",
            resolveId: (id) => (id === program ? id : null),
            load: (id) => (id === program ? `export ${names} from "./index.js";` : null),
          },
        ],
        onLog: (level, log) => {
          throw new Error(`${level}: ${log.message}`);
        },
      });
      const { output } = await bundle.generate({ format: "esm", minify: true, comments: { annotation: false } });
      await bundle.close();
      const chunks = output.filter((file) => file.type === "chunk");
      const files = new Set(chunks.map(({ fileName }) => fileName));
      expect(chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]).filter((file) => !files.has(file))).toEqual([]);
      const sizes = Object.fromEntries(chunks.map(({ name, code }) => [name, gzipSync(code).length]));
      const { wasm = 0, adapter: webgpu = 0, check_replacements: replacing, ...core } = sizes;
      expect(replacing).toBeLessThanOrEqual(1_000);
      return { core: Object.values(core).reduce((a, b) => a + b), wasm, webgpu };
    }

    it.each([
      ["a program of tensors and gradients", "{ openDevice, tensor, grad, matmul, add, mul, sum, exp }", 13_800],
      ["one that samples from a model file", "{ openDevice, load, key }", 34_500],
      ["one that trains", "{ openDevice, dataset, Vae, bernoulli, train, key }", 41_400],
      ["all of it together", "*", 65_400],
    ])("%s stays within its size, and the devices within 21.8 kB for wasm and 18.5 for webgpu, loaded when one is opened", async (_, names, most) => {
      const { core, wasm, webgpu } = await sizes(names);
      expect(core).toBeLessThanOrEqual(most);
      expect(wasm).toBeLessThanOrEqual(21_800);
      expect(webgpu).toBeLessThanOrEqual(18_500);
    });
  });

  it.each(["index", "lab/index", "node/index", "formats/index", "tables"])(
    "has public types in %s that compile where neither Node's nor WebGPU's types are installed",
    (entry) => {
      const options: ts.CompilerOptions = {
        strict: true,
        noEmit: true,
        types: [],
        lib: ["lib.es2023.d.ts", "lib.dom.d.ts"],
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
      };
      const program = ts.createProgram([join(dist, `${entry}.d.ts`)], options);
      const messages = ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
      expect(messages).toEqual([]);
      expect(program.getSourceFiles().length).toBeGreaterThan(10);
    },
  );

  it("has a file of the core alone that exports all that the core does, for pages without a build", () => {
    const file = join(dist, "elbograd.min.js");
    const [one, core] = JSON.parse(
      node(`console.log(JSON.stringify([Object.keys(await import("./dist/elbograd.min.js")), Object.keys(await import("elbograd"))]))`),
    ) as [string[], string[]];
    expect(one).toEqual(core);
    const text = readFileSync(file, "utf8");
    expect(ts.preProcessFile(text, true, true).importedFiles).toEqual([]);
    expect(gzipSync(text).length).toBeLessThanOrEqual(106_600);
  });
});
