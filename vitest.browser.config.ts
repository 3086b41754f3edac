/**
 * The suite in headless Chromium, on webgpu (SwiftShader), wasm and cpu: every test that needs nothing of Node's, on dist, and the bundle's own; and,
 * from Node, pages that a server of their own serves.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import type { Plugin } from "vite";
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from "vitest/config";
import { launchOptions } from "./test/browser/chromium.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** What is tested is what is shipped: what a test imports of `src/x.ts` is `dist/x.js`, and `elbograd` is the bundle. Files are fetched, not read. */
const shipped: Plugin = {
  name: "shipped",
  enforce: "pre",
  resolveId(source) {
    if (source === "elbograd") return path("build/browser/elbograd.js");
    if (/(?:^|\/)files\.ts$/.test(source)) return path("test/browser/files.ts");
    const module = /^(?:\.\.\/)+src\/(.+)\.ts$/.exec(source)?.[1];
    return module === undefined ? undefined : path(`dist/${module}.js`);
  },
};

/** Tests on pages that are isolated from other origins, where threads can share memory, or on pages that are not. */
function pages(isolated: boolean, include: string[]): TestProjectInlineConfiguration {
  const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
  return {
    plugins: [shipped],
    ...(isolated && { server: { headers } }),
    test: {
      name: isolated ? "isolated" : "plain",
      include,
      env: { ISOLATED: isolated ? "1" : "0" },
      setupFiles: ["test/support/setup_properties.ts"],
      testTimeout: 120_000,
      hookTimeout: 120_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        api: { host: "127.0.0.1" },
        instances: [{ browser: "chromium" }],
        provider: playwright({ launchOptions }),
      },
    },
  };
}

const NODE = /from "(?:node:|(?:\.\.\/)+src\/(?:node|cli|report)\/|(?:\.\.\/)+support\/(?:all_kernels|cli_run)\.ts|eslint|fast-png)|\bBuffer\b/;
const portable = readdirSync(path("test"), { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".test.ts") && !NODE.test(readFileSync(path(`test/${file}`), "utf8")),
);
const BUNDLE = "test/browser/*.browser.ts";
const served: TestProjectInlineConfiguration = { test: { name: "served", include: ["test/browser/*.served.ts"], testTimeout: 120_000 } };

const config: ViteUserConfig = defineConfig({
  test: {
    globalSetup: ["test/support/setup_build.ts", "test/browser/setup_bundle.ts"],
    projects: [pages(true, [BUNDLE, ...portable.map((file) => `test/${file}`)]), pages(false, [BUNDLE]), served],
  },
});

export default config;
