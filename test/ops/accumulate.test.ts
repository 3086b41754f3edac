/** Gradients that arrive where others already are: every kernel that can add to its output adds what it would have written. */
import { describe, expect, it } from "vitest";
import { kernelNames, subjectOf } from "../../src/lab/subjects/catalogue.ts";
import type { Operands, Subject } from "../../src/lab/subjects/subject.ts";
import { unaryTable } from "../../src/ops/unary_rows.ts";
import { key } from "../../src/random.ts";

/** Params that say whether an output is overwritten or added to, 0 or 1. */
const isMode = (param: string): boolean => /^accumulate|_mode$/.test(param);

const adding = kernelNames()
  .map((name) => subjectOf(name))
  .filter(({ kernel }) => Object.keys(kernel.params).some(isMode))
  // a function has the Params of its gradient, which alone adds
  .filter(({ kernel }) => !Object.hasOwn(unaryTable, kernel.name));

/** Operands at the sizes at which the kernel adds, outputs holding normal numbers. */
function operandsOf(subject: Subject): Operands {
  const sizes = subject.edges.filter((edge) => edge["accumulate"] === 1);
  expect(sizes, "sizes at which it adds").not.toHaveLength(0);
  return subject.operands(sizes.at(-1)!, key(1));
}

/** What the CPU loop leaves of `before` in f64 with all its modes at 0 or 1. */
function outputsOf({ kernel }: Subject, operands: Operands, before: readonly Float64Array[], mode: 0 | 1): Float64Array[] {
  const modes = Object.fromEntries(Object.keys(kernel.params).filter(isMode).map((name) => [name, mode])); // prettier-ignore
  const outputs = before.map((values) => values.slice());
  const inputs = operands.inputs.map((x) => x ?? new Float64Array(0));
  kernel.cpu(inputs, outputs, { ...operands.params, ...modes }, { ...kernel.constants, ...operands.constants });
  return outputs;
}

describe("the CPU loops of kernels that add to what is there", () => {
  // What they write is compared with the oracle, op by op; here it is seen to be added, element by element, to numbers that it has nothing to do with.
  it.each(adding.map((subject) => [subject.kernel.name, subject] as const))("%s", (_, subject) => {
    const operands = operandsOf(subject);
    const before = operands.outputs.map((output) =>
      output === null || typeof output === "number" ? new Float64Array(output ?? 0) : Float64Array.from(output),
    );
    const nothing = before.map((values) => new Float64Array(values.length).fill(NaN));
    const [written, added] = [outputsOf(subject, operands, nothing, 0), outputsOf(subject, operands, before, 1)];
    let count = 0;
    added.forEach((values, o) => {
      values.forEach((value, i) => {
        const [was, own] = [before[o]![i]!, written[o]![i]!];
        const want = Number.isNaN(own) ? was : was + own;
        if (!Number.isNaN(own)) count++;
        expect(Math.abs(value - want), `output ${o}[${i}]: ${value}, want ${was} + ${own}`).toBeLessThanOrEqual(
          1e-12 * (Math.abs(was) + Math.abs(own)),
        );
      });
    });
    expect(count).toBeGreaterThan(0);
  });
});
