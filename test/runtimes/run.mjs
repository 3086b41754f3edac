/**
 * `npm run test:runtimes`: the packed package, installed as its users install it, in other runtimes and for other compilers than the tests' own. Each
 * trains a tiny model on each device, and compiles a program against the types. All of them come from npm, into build/runtimes; what cannot be had
 * is skipped, and the table says why. Exit code 1 if anything failed.
 */
import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const place = join(root, "build/runtimes");
const run = promisify(execFile);
const MINUTES = 60_000;

/** Packages of npm with a program in them, and how it is called with a module. */
const RUNTIMES = [
  { name: "node", command: () => process.execPath, args: [] },
  { name: "node22", package: "node@22", command: (bin) => join(bin, "node"), args: [] },
  { name: "node24", package: "node@24", command: (bin) => join(bin, "node"), args: [] },
  { name: "bun", package: "bun", command: (bin) => join(bin, "bun"), args: [] },
  { name: "deno", package: "deno", command: (bin) => join(bin, "deno"), args: ["run", "--allow-all", "--quiet"] },
];
const COMPILERS = ["typescript@5.9", "typescript@6", "typescript@7"];
const DEVICES = ["cpu", "wasm", "webgpu"];

/** What is the package's fault, and what the machine lacks. */
const LACKING = /no WebGPU adapter/;

const packageJson = (dependencies) => JSON.stringify({ private: true, type: "module", dependencies });

/** Installs into a folder of its own. */
async function install(folder, dependencies) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), packageJson(dependencies));
  await run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", "--no-package-lock"], { cwd: folder, timeout: 10 * MINUTES });
}

/** The package as a tarball beside the optional package for GPUs; where that is not to be had, without. */
async function installPackage() {
  mkdirSync(place, { recursive: true });
  for (const file of readdirSync(place)) if (file.endsWith(".tgz")) rmSync(join(place, file));
  rmSync(join(place, "node_modules/elbograd"), { recursive: true, force: true });
  execFileSync("npm", ["pack", "--silent", "--pack-destination", place], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const elbograd = `file:${readdirSync(place).find((file) => file.endsWith(".tgz"))}`;
  const { webgpu } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies;
  await install(place, { elbograd, webgpu }).catch(() => install(place, { elbograd }));
  for (const file of ["program.mjs", "program.ts"]) copyFileSync(join(here, file), join(place, file));
}

/** The line of an error that says what it is. */
function reason({ stderr = "", message, signal }) {
  if (signal) return `ended by ${signal}`;
  const lines = stderr.split("\n").map((line) => line.trim());
  return (lines.find((line) => /error/i.test(line)) ?? lines.find((line) => line !== "") ?? message.split("\n")[0]).replace(
    /^(?:error: )?(?:Uncaught )?/,
    "",
  );
}

async function tryDevices({ name, command, args, package: wanted }) {
  const folder = join(place, name);
  try {
    if (wanted !== undefined) await install(folder, { [wanted.split("@")[0]]: wanted.split("@")[1] ?? "latest" });
  } catch (error) {
    return [[name, "", "", "skipped", `npm install ${wanted}: ${reason(error)}`]];
  }
  const program = command(join(folder, "node_modules/.bin"));
  const version = (await run(program, ["--version"])).stdout.split("\n")[0].replace(/^deno |\s*\(.*$|^v/g, "");
  const rows = [];
  for (const device of DEVICES) {
    try {
      const { stdout } = await run(program, [...args, "program.mjs", device], { cwd: place, timeout: 5 * MINUTES });
      const { adapter, negElbo, file } = JSON.parse(stdout.trim().split("\n").at(-1));
      rows.push([name, version, device, "passed", `${negElbo.toFixed(4)} nats, file ${file}, ${adapter}`]);
    } catch (error) {
      const why = reason(error);
      rows.push([name, version, device, LACKING.test(why) ? "skipped" : "FAILED", why]);
    }
  }
  return rows;
}

/** Compiles for Node and for a bundler, with no types but the package's own and the browser's. */
async function tryTypes(compiler) {
  const name = compiler.replace("@", " ");
  const folder = join(place, compiler.replace("@", "-"));
  try {
    await install(folder, { typescript: compiler.split("@")[1] });
  } catch (error) {
    return [[name, "", "types", "skipped", `npm install ${compiler}: ${reason(error)}`]];
  }
  const { version } = JSON.parse(readFileSync(join(folder, "node_modules/typescript/package.json"), "utf8"));
  const rows = [];
  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    const compilerOptions = { target: "es2023", module, moduleResolution: resolution, types: [], strict: true, noEmit: true, skipLibCheck: false };
    writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    try {
      await run(process.execPath, [join(folder, "node_modules/typescript/bin/tsc"), "-p", place], { timeout: 5 * MINUTES });
      rows.push([name, version, "types", "passed", `${resolution}, without the types of Node and of WebGPU`]);
    } catch ({ stdout, message }) {
      rows.push([name, version, "types", "FAILED", `${resolution}: ${(stdout || message).split("\n")[0]}`]);
    }
  }
  return rows;
}

const widths = [16, 10, 7, 8];
const print = (row) =>
  console.log(
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );

await installPackage();
print(["with", "version", "on", "result", ""]);
for (const [attempt, subjects] of [
  [tryDevices, RUNTIMES],
  [tryTypes, COMPILERS],
]) {
  for (const subject of subjects) {
    const rows = await attempt(subject);
    rows.forEach(print);
    if (rows.some(([, , , result]) => result === "FAILED")) process.exitCode = 1;
  }
}
