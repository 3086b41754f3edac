/** The library's kernels by name, each with what it is checked and timed on. */
import { shown } from "../../check.ts";
import type { Kernel } from "../../kernel.ts";
import { elementwise } from "./elementwise.ts";
import { layers } from "./layers.ts";
import { moves, random, reductions } from "./moves.ts";
import { objectives } from "./objectives.ts";
import { optimizers } from "./optimizers.ts";
import { products } from "./products.ts";
import type { Subject } from "./subject.ts";
import { tables } from "./tables.ts";
import { vae } from "./vae.ts";

const all: readonly Subject[] = [
  ...products,
  ...layers,
  ...vae,
  ...tables,
  ...objectives,
  ...optimizers,
  ...elementwise,
  ...reductions,
  ...moves,
  ...random,
];
const subjects: ReadonlyMap<string, Subject> = new Map(all.map((subject) => [subject.kernel.name, subject]));

/** The names of the library's kernels: matmul, dense, dense_relu, adam … */
export function kernelNames(): readonly string[] {
  return [...subjects.keys()];
}

/** What a kernel of the library is checked and timed on. */
export function subjectOf(name: string): Subject {
  const subject = subjects.get(name);
  if (!subject) throw new RangeError(`subjectOf: no kernel is called ${shown(name)} (there are ${kernelNames().join(", ")})`);
  return subject;
}

/** A kernel of the library. */
export function kernelNamed(name: string): Kernel {
  return subjectOf(name).kernel;
}

/** A kernel that is not the library's gets a name that no device knows: what runs is this one, and nothing that a device has in its place. */
export function nobodyElse(kernel: Kernel): Kernel {
  const known = kernelNames().includes(kernel.name) && kernelNamed(kernel.name) === kernel;
  return known ? kernel : { ...kernel, name: `own ${kernel.name}` };
}
