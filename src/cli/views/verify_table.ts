/** What `elbograd verify` prints: the device, a line for each op, VAE and optimizer, and a verdict. */
import type { VerifyKind, VerifyReport, VerifyRow } from "../../lab/verify/verify.ts";
import { alignedRows } from "../table.ts";

const TITLES: Readonly<Record<VerifyKind, string>> = { op: "op", vae: "VAE, one step", optimizer: "optimizer", random: "random numbers" };

export function describeReport(report: VerifyReport): string {
  const { device, adapter, software, note, rows } = report;
  const emulated = software ? " (a GPU emulated in software)" : "";
  const lines = [`${device}: ${adapter}${emulated}${note === undefined ? "" : ` (${note})`}`];
  for (const kind of Object.keys(TITLES) as VerifyKind[]) {
    const header = ["cases", "worst ulp", "of tolerance", ...(kind === "vae" ? ["gradient error"] : []), "where"];
    const cells = rows.filter((row) => row.kind === kind).map((row) => [row.name, ...cellsOf(row)]);
    // the first and last columns are words
    const words = [true, ...header.map((_, i) => i === header.length - 1)];
    lines.push("", ...alignedRows([[TITLES[kind], ...header], ...cells], words));
  }
  return lines.join("\n");
}

export function verifyVerdict({ device, cases, failed, rows, failures }: VerifyReport): string {
  if (failed > 0) return `${failed} of ${cases} cases failed on ${device}: ${[...new Set(failures.map(({ name }) => name))].join(", ")}`;
  const { share, name } = rows.reduce((most, row) => (row.share > most.share ? row : most));
  return `${device} passed all of ${cases} cases; the worst error is ${percent(share)} of its tolerance, in ${name}`;
}

function cellsOf({ cases, failed, ulps, share, where, gradientError }: VerifyRow): string[] {
  const error = gradientError === undefined ? [] : [gradientError.toExponential(1)];
  const miss = failed === 0 ? "" : `FAILED ${failed} of ${cases}: `;
  return [String(cases), ulp(ulps), percent(share), ...error, miss + where];
}

const ulp = (ulps: number): string => (ulps === 0 ? "0" : ulps < 1000 ? ulps.toFixed(1) : ulps.toExponential(1));
const percent = (share: number): string => (share === 0 ? "0" : share < 10 ? `${(100 * share).toFixed(1)} %` : `${share.toExponential(1)}×`);
