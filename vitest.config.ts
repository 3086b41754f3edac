import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ["elbograd-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/setup_build.ts", "test/support/setup_devices.ts"],
    setupFiles: ["test/support/setup_properties.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // WebGPU in Node lives in the process, not the thread: forks keep test files apart.
    pool: "forks",
    maxWorkers: 2,
  },
});

export default config;
