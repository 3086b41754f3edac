/** Whether a rung is right. */
import type { Device } from "elbograd";
import { checkKernel, type CheckReport, type Subject } from "elbograd/lab";

/**
 * Checks a kernel at the edges of its subject. The operands are whole numbers, so that the specification in f64 and every order of sums in f32 give
 * the same numbers: nothing may be off.
 */
export function checkRung(device: Device, { kernel, edges, ...subject }: Subject): Promise<CheckReport> {
  return checkKernel(device, kernel, {
    sizes: edges,
    operands: (sizes, key) => subject.operands(sizes, key),
    ...(subject.oracle && { oracle: (operands) => subject.oracle!(operands) }),
    tolerance: 0,
  });
}
