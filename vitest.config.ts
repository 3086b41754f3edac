import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // WebGPU in Node lives in the process, not the thread: forks keep test files apart.
    pool: "forks",
    maxWorkers: 2,
  },
});
