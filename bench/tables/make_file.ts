/** A large CSV file of eight columns of all sorts, always the same bytes. */
import { closeSync, openSync, writeSync } from "node:fs";

const CITIES = ["Berlin", "Köln", "New York", "São Paulo", "Tokyo", "Lagos", "Oslo", "Reykjavík"];

/** A row: whole numbers, decimals, money, words, codes, a date, yes or no, and one cell in fifty missing. */
function rowOf(random: () => number): string {
  const missing = random() < 0.02;
  const day = new Date(Date.UTC(2015, 0, 1 + Math.floor(3000 * random()))).toISOString().slice(0, 10);
  const cells = [
    Math.floor(90 * random()),
    missing ? "" : (60 + 30 * random()).toFixed(2),
    (1e5 * random() * random()).toFixed(2),
    CITIES[Math.floor(CITIES.length * random())],
    String(10_000 + Math.floor(400 * random())).padStart(5, "0"),
    day,
    random() < 0.3 ? "yes" : "no",
    (random() - 0.5).toFixed(6),
  ];
  return `${cells.join(",")}\n`;
}

/** Writes a file of about so many bytes; returns its rows and bytes. */
export function makeFile(path: string, bytes: number): { rows: number; bytes: number } {
  let state = 1;
  // Park and Miller's generator: the file needs no better one
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const file = openSync(path, "w");
  let [rows, written] = [0, 0];
  written += writeSync(file, "age,weight,income,city,zip,since,smoker,score\n");
  while (written < bytes) {
    let text = "";
    for (let i = 0; i < 5000; i++) text += rowOf(random);
    rows += 5000;
    written += writeSync(file, text);
  }
  closeSync(file);
  return { rows, bytes: written };
}
