/** A process that exits amid the opening or the closing of a run's folder: at none of the moments between two calls of the system is anything left. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { root, testFolder } from "../support/cli_run.ts";

const { path: folder } = testFolder();

/**
 * Opens and closes a run's folder, and before call n has been answered does what `process.exit` does; for each n until there are no more calls. Prints how
 * many there were, and what was left where.
 */
const script = `
  import { createHook } from "node:async_hooks";
  import { existsSync, readdirSync, rmSync } from "node:fs";
  const { RunFolder } = await import(${JSON.stringify(new URL("../../dist/cli/training/run_folder.js", import.meta.url).href)});
  const path = process.argv[1];
  const calls = new Set();
  let [left, found] = [Infinity, undefined];
  createHook({
    init: (id, type) => void (type === "FSREQPROMISE" && calls.add(id)),
    before(id) {
      if (!calls.delete(id) || --left !== 0) return;
      process.emit("exit", 0);
      found = existsSync(path) ? [".", ...readdirSync(path)] : [];
    },
  }).enable();
  const plan = { command: "train", path, outputs: ["model.safetensors"], signal: new AbortController().signal };
  const faults = [];
  let call = 1;
  for (; ; call++) {
    [left, found] = [call, undefined];
    await RunFolder.open(plan).then((run) => run.close()).catch(() => undefined);
    if (!found) break;
    if (found.length > 0) faults.push({ call, found });
    rmSync(path, { recursive: true, force: true });
  }
  // the system's own listener has set it
  process.exitCode = 0;
  console.log(JSON.stringify({ calls: call - 1, faults }));
`;

it("leaves no lock, no temporary file and no new folder", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script, join(folder, "run")], { cwd: root });
  const { calls, faults } = JSON.parse(stdout) as { calls: number; faults: unknown[] };
  expect(faults).toEqual([]);
  expect(calls).toBeGreaterThan(10);
});
