/**
 * The long forms of tests that the suite has in short: `npm run test:long -- fuzz kill soak signals`, several of them or, with none, all.
 * Of fuzz: `--cases 10000` files for each reader (default a million), `--seeds 1,2`. Of kill: `--kills 40` (default 200, and a quarter of them in pairs).
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The test files of each part. */
const PARTS = {
  fuzz: ["test/formats/hostile.test.ts", "test/formats/fuzz.test.ts", "test/table/rows.test.ts"],
  kill: ["test/cli/kills.test.ts", "test/node/kill.test.ts", "test/node/lock.test.ts"],
  soak: ["test/vae/training/soak.test.ts", "test/vae/training/faults.test.ts"],
  signals: ["test/cli/signals.test.ts"],
};

/** A whole number of at least 1, or the end. */
function count(name, text) {
  if (/^[1-9]\d{0,8}$/.test(text)) return text;
  return fail(`${name} is a whole number of at least 1, got ${JSON.stringify(text)}`);
}

function fail(rule) {
  console.error(`test:long: ${rule}`);
  process.exit(2);
}

function parsed() {
  try {
    return parseArgs({ allowPositionals: true, options: { cases: { type: "string" }, seeds: { type: "string" }, kills: { type: "string" } } });
  } catch (error) {
    return fail(`${error.message.split(".")[0]} (known are --cases N, --seeds N,N and --kills N)`);
  }
}

const { values, positionals } = parsed();
const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) fail(`a part is one of ${Object.keys(PARTS).join(", ")}, got ${JSON.stringify(unknown)}`);

const env = { ...process.env, TEST_LONG: "1" };
if (values.cases !== undefined) env.HOSTILE_CASES = count("--cases", values.cases);
if (values.kills !== undefined) env.KILLS = count("--kills", values.kills);
if (values.seeds !== undefined) {
  env.HOSTILE_SEEDS = values.seeds
    .split(",")
    .map((seed) => count("a seed", seed))
    .join(",");
}
const files = (positionals.length > 0 ? positionals : Object.keys(PARTS)).flatMap((part) => PARTS[part]);
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const { status } = spawnSync(process.execPath, [vitest, "run", ...files, "--reporter=verbose", "--maxWorkers=1"], {
  cwd: root,
  env,
  stdio: "inherit",
});
process.exit(status ?? 1);
