import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCsv } from "./mod.ts";

describe("readCsv()", () => {
  test("reads names, numbers, gaps, quotes and every end of a line", () => {
    const table = readCsv('\ufeff"a, ""b""",c ,d\r\n1,-2.5e3, +.5\r\n\r\n"7",,nan\n-inf,Infinity,0.');
    expect(table.columns).toEqual(['a, "b"', "c", "d"]);
    expect(table.shape).toEqual([3, 3]);
    const [nan, infinity] = [Number.NaN, Number.POSITIVE_INFINITY];
    expect([...table.data]).toEqual([1, -2500, 0.5, 7, nan, nan, -infinity, infinity, 0]);
  });

  test("reads other delimiters, no header, and an empty last field", () => {
    expect(readCsv("1\t2\n3\t", { header: false, delimiter: "\t" })).toEqual({
      columns: ["0", "1"],
      shape: [2, 2],
      data: Float64Array.of(1, 2, 3, Number.NaN),
    });
    expect([...readCsv("x\n5\n").data]).toEqual([5]);
  });

  test("reads back what is written", () => {
    const rows = fc
      .integer({ min: 1, max: 4 })
      .chain((width) =>
        fc.array(fc.array(fc.double({ noNaN: true }), { minLength: width, maxLength: width }), { minLength: 1 }),
      );
    fc.assert(
      fc.property(rows, fc.constantFrom("\n", "\r\n"), fc.boolean(), (values, end, quoted) => {
        const text = values.map((row) => row.map((v) => (quoted ? `"${v}"` : `${v}`)).join(";")).join(end);
        const { shape, data } = readCsv(text, { header: false, delimiter: ";" });
        expect(shape).toEqual([values.length, values[0]!.length]);
        // The text of -0 is "0".
        expect([...data]).toEqual(values.flat().map((v) => (v === 0 ? 0 : v)));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("reads or refuses any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("1", ",", '"', "\n", "\r", "e", ".", "-", " ", "x") }), (text) => {
        try {
          const { shape, data } = readCsv(text);
          expect(data.length).toBe(shape[0] * shape[1]);
        } catch (error) {
          expect((error as Error).message).toMatch(/^Cannot read CSV: /);
        }
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  test.each([
    ["", RangeError, "expected at least 1 row but found 0"],
    ["a,b\n", RangeError, "expected at least 1 row but found 0"],
    ["a,b\n1\n", RangeError, "row 0 must have 2 fields but found 1"],
    ["a\n1\n1,2", RangeError, "row 1 must have 1 fields but found 2"],
    ["a,b\n1,red", TypeError, 'expected a number in column b, row 0 but found "red"'],
    ["a\n0x10", TypeError, 'but found "0x10"'],
    ["a,a\n1,2", RangeError, 'names must differ but found "a" twice'],
    ['a\n"1', RangeError, "expected a closing quote"],
  ])("refuses %j", (text, type, message) => {
    expect(() => readCsv(text)).toThrow(type);
    expect(() => readCsv(text)).toThrow(message);
  });

  test("refuses what is no text and what can delimit nothing", () => {
    expect(() => readCsv(3 as never)).toThrow("text must be a string but found number");
    expect(() => readCsv("a", { delimiter: "ab" })).toThrow('delimiter must be one character but found "ab"');
  });
});
