import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvText, type Table } from "../../src/formats/csv.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { type CsvOptions, parseCsv } from "../../src/node/csv.ts";

const read = (text: string, options?: CsvOptions): Table => parseCsv(new TextEncoder().encode(text), "t.csv", options);
const numbers = (...rows: number[][]): Partial<Table> => ({
  rows: rows.length,
  columns: rows[0]!.length,
  values: Float64Array.from(rows.flat()),
});

describe("parseCsv", () => {
  it("reads numbers, with any line ending and with or without blank lines at the end", () => {
    const table = numbers([1, -2.5], [300, 0.4]);
    for (const text of ["1,-2.5\n3e2,.4", "1,-2.5\n3e2,.4\n\n\n", "1, -2.5\r\n +3e2,.4\r\n", "1,-2.5\r3E+2,0.4\r", "1,-2.5\r\n3e2,.4\n"]) {
      expect(read(text)).toEqual(table);
    }
  });

  it("finds tabs, semicolons and commas by itself, and takes another separator as told", () => {
    for (const separator of ["\t", ";", ","]) expect(read(`a${separator}b\n1${separator}2`)).toEqual({ ...numbers([1, 2]), names: ["a", "b"] });
    expect(read('"a;b","c\td"\n1,2').names).toEqual(["a;b", "c\td"]);
    expect(read("1|2\n3|4", { separator: "|" })).toEqual(numbers([1, 2], [3, 4]));
    expect(() => read("1", { separator: "||" })).toThrow(RangeError);
  });

  it("reads quoted cells, with separators, quotes and line ends inside", () => {
    expect(read('"a,1","the ""b""","two\r\nlines"\r\n"1",2,"3"\r\n')).toEqual({ ...numbers([1, 2, 3]), names: ["a,1", 'the "b"', "two\nlines"] });
  });

  it("takes a byte-order mark for what it is", () => {
    expect(read("\ufeff1,2")).toEqual(numbers([1, 2]));
    expect(read('\ufeff"a",b\n1,2').names).toEqual(["a", "b"]);
  });

  it("takes a first line with text for names, and otherwise does as told", () => {
    expect(read("x,1\n2,3")).toEqual({ ...numbers([2, 3]), names: ["x", "1"] });
    expect(read(",a\n0,3").names).toEqual(["", "a"]);
    expect(read("1,2\n3,4", { header: true })).toEqual({ ...numbers([3, 4]), names: ["1", "2"] });
    expect(() => read("x,y\n1,2", { header: false })).toThrow(new FormatError('t.csv: values are finite numbers, got "x" at line 1, column 1'));
  });

  it("does not take a first row with a missing number for names", () => {
    for (const cell of ["", "nan", "-Inf", "NA", "null"]) {
      expect(() => read(`1,${cell},3\n4,5,6`)).toThrow(
        new FormatError(`t.csv: values are finite numbers, got ${JSON.stringify(cell)} at line 1, column 2`),
      );
    }
  });

  it("names line, column and name of a cell that is no finite number", () => {
    for (const cell of ["x", "", " ", "NaN", "Infinity", "1e999", "0x10", "1 2", "1_000", "--1", "1.2.3", "e5", "."]) {
      expect(() => read(`height,"shoe size"\n1,2\n3,${cell}\n`)).toThrow(
        new FormatError(`t.csv: values are finite numbers, got ${JSON.stringify(cell)} at line 3, column 2 ("shoe size")`),
      );
    }
    expect(() => read("1;2\n3;4,5")).toThrow('got "4,5" at line 2, column 2 (write the decimal comma as a point)');
    expect(() => read(`1\n${"x".repeat(101)}`)).toThrow(`got "${"x".repeat(100)}…" at line 2`);
  });

  it("counts lines as an editor does, line ends inside quotes included", () => {
    expect(() => read('"a\n\nb",c\n1,2\n3,x')).toThrow(/at line 5, column 2 \("c"\)/);
  });

  it("refuses ragged rows, blank lines between rows and tables without rows", () => {
    expect(() => read("1,2\n3")).toThrow(new FormatError("t.csv: rows are equally long, line 1 has 2 values and line 2 has 1"));
    expect(() => read("a,b\n1,2\n3,4,5")).toThrow("line 1 has 2 values and line 3 has 3");
    expect(() => read("1\n\n2")).toThrow(new FormatError("t.csv: blank lines stand at the end only, got one at line 2"));
    expect(() => read("\n1")).toThrow("got one at line 1");
    expect(() => read("a,b\n")).toThrow(new FormatError("t.csv: a table has at least one row of numbers, got only a line of names"));
    for (const text of ["", "\n", "\ufeff", " \n"]) {
      expect(() => read(text)).toThrow(new FormatError("t.csv: a table has at least one row of numbers, got no lines"));
    }
  });

  it("refuses quotes that do not close, text in the middle of a quoted cell and what is no UTF-8", () => {
    expect(() => read('1,2\n"3,4')).toThrow(/^t\.csv: a quoted cell ends .* record of line 2/);
    expect(() => read('1,2\n"3,4\n')).toThrow(/^t\.csv: a quoted cell ends .* record of line 2/);
    expect(() => read('1,2\n"3"4,5\n')).toThrow(/^t\.csv: a quoted cell ends .* record of line 2/);
    expect(() => parseCsv(Uint8Array.of(0x31, 0xff), "t.csv")).toThrow(/^t\.csv: the text is UTF-8, got other bytes at line 1/);
  });

  it("leaves out columns by name and by number, text in them included", () => {
    expect(read("id,a,b\nx,1,2\ny,3,4", { drop: ["id"] })).toEqual({ ...numbers([1, 2], [3, 4]), names: ["a", "b"] });
    expect(read("x,1,2\ny,3,4", { drop: [1] })).toEqual(numbers([1, 2], [3, 4]));
    expect(read("a,b,c\n1,2,3", { drop: [1, "c"] })).toEqual({ ...numbers([2]), names: ["b"] });
  });

  it("takes a text of digits for a name where a column has it, else for a number", () => {
    expect(read("2,b,c\nx,1,2\n", { drop: ["2"], header: true })).toEqual({ ...numbers([1, 2]), names: ["b", "c"] });
    expect(read("a,b,c\n1,2,3", { drop: ["2"] })).toEqual({ ...numbers([1, 3]), names: ["a", "c"] });
    expect(read("x,1,2\ny,3,4", { drop: ["1"] })).toEqual(numbers([1, 2], [3, 4]));
    expect(() => read("1,2", { drop: ["7"] })).toThrow('column "7" is one of its 2 columns');
  });

  it("keeps a column of labels as text", () => {
    expect(read("1,2,setosa\n3,4, virginica\n", { labels: 3 })).toEqual({ ...numbers([1, 2], [3, 4]), labels: ["setosa", "virginica"] });
    expect(read("label,a\n7,1\n", { labels: "label" })).toEqual({ ...numbers([1]), names: ["a"], labels: ["7"] });
  });

  it("refuses to leave out a column that is not there, and all of them", () => {
    expect(() => read("a,b\n1,2", { drop: ["c"] })).toThrow(
      new RangeError('t.csv: column "c" is one of its 2 columns named "a, b", got none such (they count from 1)'),
    );
    for (const drop of [0, 3, 1.5]) expect(() => read("1,2", { drop: [drop] })).toThrow(RangeError);
    expect(() => read("1,2", { drop: ["c"], header: false })).toThrow(RangeError);
    expect(() => read("1,2", { drop: [1, 2] })).toThrow(/at least one column is kept/);
  });

  it("reads a file of several blocks as one, line ends of two bytes and quotes at their borders included", () => {
    const rows = 100_000;
    const cell = (row: number): string => (row % 1000 === 0 ? `"${row}"` : `${row}`);
    const text = Array.from({ length: rows }, (_, row) => `${cell(row)},${row % 7}\r\n`).join("");
    expect(text.length).toBeGreaterThan(2 ** 19);
    const table = read(text);
    expect([table.rows, table.columns]).toEqual([rows, 2]);
    expect(table.values.every((value, i) => value === (i % 2 === 0 ? i / 2 : Math.floor(i / 2) % 7))).toBe(true);
    expect(() => read(`${text}1,x`)).toThrow(`at line ${rows + 1}, column 2`);
  });

  it("refuses a line that is too long or too wide for a table, as an open quote makes one", () => {
    expect(() => read("1,".repeat(2 ** 18))).toThrow(/a line has at most 262144 cells, got more/);
    expect(read("1,".repeat(2 ** 18 - 1) + "1").columns).toBe(2 ** 18);
    expect(() => read("1|".repeat(2 ** 18), { separator: "|" })).toThrow(/at most 262144 cells/);
    expect(() => read(`1,2\n"3,4\n${"567\n".repeat(5_000_000)}`)).toThrow(
      /a line has at most 16777216 bytes, got a longer one \(is a quote left open\?\)/,
    );
  });
});

describe("csvText", () => {
  const text = (...args: Parameters<typeof csvText>): string => [...csvText(...args)].join("");

  it("writes a line per row, after the names if there are any", () => {
    expect(text(Float64Array.of(1, -2.5, 1e-9, 4), 2)).toBe("1,-2.5\n1e-9,4\n");
    expect(text(Uint8Array.of(1, 2), 2, { names: ["a", 'b,"c"'], separator: "," })).toBe('a,"b,""c"""\n1,2\n');
  });

  it("writes an f32 with the fewest digits that give it back", () => {
    expect(text(Float32Array.of(0.1, 1 / 3, 16_777_216, -0.0001), 4)).toBe("0.1,0.33333334,16777216,-0.0001\n");
  });

  it("is read back as the same numbers, bit for bit", () => {
    const rows = fc.oneof(
      fc.float32Array({ minLength: 3, maxLength: 30, noNaN: true, noDefaultInfinity: true }),
      fc.float64Array({ minLength: 3, maxLength: 30, noNaN: true, noDefaultInfinity: true }),
    );
    const names = fc.option(fc.array(fc.string({ unit: "grapheme" }), { minLength: 3, maxLength: 3 }));
    fc.assert(
      fc.property(rows, names, fc.constantFrom(",", ";", "\t"), fc.nat(40), (values, header, separator, part) => {
        const whole = values.subarray(0, values.length - (values.length % 3));
        const written = text(whole, 3, { separator, part, ...(header && { names: header }) });
        const table = read(written, { separator, header: header !== null });
        // The text of −0 is "0", and adding 0 makes one of the other.
        const wanted = whole.map((value) => value + 0);
        expect(whole instanceof Float32Array ? Float32Array.from(table.values) : table.values).toEqual(wanted);
        expect(table.names).toEqual(header?.map((name) => name.replace(/\r\n?/g, "\n").trim()));
      }),
      { numRuns: 500 },
    );
  });
});

describe("text that a spreadsheet would run", () => {
  const names = ["=1+1", "+a", "-b", "@c", "\td", "\re", "f=g", "", "-1"];
  const line = (safe: boolean): string =>
    [
      ...csvText(
        names.map((_, i) => -i),
        names.length,
        { names, safe },
      ),
    ].join("");

  it("has a ' before it where the table is to be safe, and numbers never have", () => {
    expect(line(true)).toBe(`'=1+1,'+a,'-b,'@c,'\td,"'\re",f=g,,'-1\n0,-1,-2,-3,-4,-5,-6,-7,-8\n`);
  });

  it("is left alone elsewhere, so that the names stay what they are", () => {
    expect(line(false)).toBe(`=1+1,+a,-b,@c,"\td","\re",f=g,,-1\n0,-1,-2,-3,-4,-5,-6,-7,-8\n`);
  });
});
