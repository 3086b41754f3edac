/**
 * Every export of the entries, called with what it does not take: each argument and each option in turn is a value of another kind. What comes is the
 * library's own error, which says the rule and what it got, or the value is one that can be taken; an option that there is not is never taken.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as core from "../../src/index.ts";
import * as formats from "../../src/formats/index.ts";
import * as lab from "../../src/lab/index.ts";
import * as node from "../../src/node/index.ts";
import * as tables from "../../src/tables.ts";
import { callsOfCore, INNER_LOOPS } from "../support/calls_of_core.ts";
import { callsOfLab } from "../support/calls_of_lab.ts";
import { callsOfNode } from "../support/calls_of_node.ts";
import { callsOfFormats, callsOfTables } from "../support/calls_of_tables.ts";
import { type Call, complaint, wrongCalls } from "../support/wrong_calls.ts";

type Anything = (...args: unknown[]) => unknown;
type Class = new (...args: unknown[]) => unknown;

const isClass = (value: unknown): value is Class => /^class\b/.test(Function.prototype.toString.call(value));

/** What is wrong with the errors of an entry's exports: nothing, if all is well. */
async function complaints(entry: object, calls: Readonly<Record<string, Call>>): Promise<string[]> {
  const exported = Object.entries(entry).filter(([name, value]) => typeof value === "function" && !INNER_LOOPS.includes(name));
  const found = exported.filter(([name]) => !Object.hasOwn(calls, name)).map(([name]) => `${name}: an export has a call, got none`);
  const functions = new Map<string, unknown>(exported);
  for (const [name, { args, run }] of Object.entries(calls)) {
    const f = functions.get(name);
    const called = (...given: unknown[]): unknown => (isClass(f) ? new f(...given) : (f as Anything)(...given));
    for (const outcome of await wrongCalls(name, { args, run: run ?? called })) {
      const wrong = complaint(outcome);
      if (wrong !== undefined) found.push(`${outcome.call}: ${wrong}`);
    }
  }
  return found;
}

describe("what an export does not take is refused in the library's own words", () => {
  let device: core.Device;
  beforeAll(async () => (device = await core.openDevice("cpu")));
  afterAll(() => device.close());

  it("by the core", async () => {
    expect(await complaints(core, await callsOfCore(device))).toEqual([]);
  });

  it("by the Node entry", async () => {
    // paths such as "zzz" are taken, and written to
    const [here, folder] = [process.cwd(), mkdtempSync(join(tmpdir(), "elbograd-arguments-"))];
    try {
      process.chdir(folder);
      expect(await complaints(node, await callsOfNode())).toEqual([]);
    } finally {
      process.chdir(here);
      rmSync(folder, { recursive: true });
    }
  });

  it("by the formats", async () => {
    expect(await complaints(formats, callsOfFormats())).toEqual([]);
  });

  it("by the tables", async () => {
    expect(await complaints(tables, callsOfTables())).toEqual([]);
  });

  it("by the laboratory", async () => {
    expect(await complaints(lab, callsOfLab(device))).toEqual([]);
  });
});
