import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { dispose } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { uciTable } from "./node.ts";
import { readCsv } from "./read_csv.ts";
import { regressionTable } from "./regression_table.ts";
import { foldRows, splitRows } from "./split_rows.ts";
import { standardizeRows } from "./standardize_rows.ts";

const table = readCsv("a,b,y\n1,5,10\n2,5,20\n3,5,\n4,5,40\n6,7,60\n");

describe("regressionTable()", () => {
  test("reads a table, leaves out rows with missing values, and takes the named features", () => {
    const all = regressionTable(table, { target: "y" });
    expect([all.shape, all.dropped, [...all.y]]).toEqual([[4, 2], 1, [10, 20, 40, 60]]);
    const one = regressionTable(table, { target: "a", features: ["b"] });
    expect([one.shape, one.dropped, [...one.x]]).toEqual([[5, 1], 0, [5, 5, 5, 5, 7]]);
  });

  test("refuses what is not there, text to predict, and nothing", () => {
    expect(() => regressionTable(table, { target: "z" })).toThrow("expected a column of a, b, y but found z");
    expect(() => regressionTable([{ a: 1, y: "x" }], { target: "y" })).toThrow(
      'expected numbers in column y but found "x"',
    );
    expect(() => regressionTable([{ a: 1, y: null }], { target: "y" })).toThrow("but found 0 and 1");
    expect(() => regressionTable([{ a: 1, y: 2 }], { target: "y", features: [] })).toThrow(RangeError);
    expect(() =>
      regressionTable(
        [
          { a: 1, y: 2 },
          { a: true, y: 2 },
        ],
        { target: "y" },
      ),
    ).toThrow("but found true");
  });
});

describe("splitRows() and foldRows()", () => {
  test("hold out each row once over the folds, by key", () => {
    const folds = foldRows(key(0), 23, 5);
    expect(folds.flatMap(({ test: held }) => [...held]).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 23 }, (_, i) => i),
    );
    for (const { train, test: held } of folds) expect(new Set([...train, ...held]).size).toBe(23);
    expect(foldRows(key(0), 23, 5)).toEqual(folds);
    expect(foldRows(key(1), 23, 5)).not.toEqual(folds);
    const { train, test: held } = splitRows(key(0), 10, { test: 3 });
    expect([train.length, held.length, new Set([...train, ...held]).size]).toEqual([7, 3, 10]);
    expect(() => splitRows(key(0), 3, { test: 3 })).toThrow(RangeError);
    expect(() => foldRows(key(0), 3, 4)).toThrow("folds must be an integer from 2 to 3 but found 4");
  });
});

describe("standardizeRows()", () => {
  test("uses the statistics of the training rows alone and leaves constant columns at 0", async () => {
    const regression = regressionTable(table, { target: "y" });
    await leakFree(async () => {
      const {
        train,
        test: held,
        scale,
      } = standardizeRows(regression, { train: Int32Array.of(0, 1), test: Int32Array.of(3) });
      expect([...(await train.x.data())]).toEqual([-1, 0, 1, 0]);
      expect([...(await held.x.data())]).toEqual([9, 2]);
      expect([...(await train.y.data())]).toEqual([-1, 1]);
      expect([scale, [...held.targets]]).toEqual([{ mean: 15, std: 5 }, [60]]);
      dispose([train.x, train.y, held.x]);
    });
    expect(() => standardizeRows(regression, { train: Int32Array.of(4), test: Int32Array.of(0) })).toThrow("below 4");
    expect(() => standardizeRows(regression, { train: new Int32Array(), test: Int32Array.of(0) })).toThrow(
      "found none",
    );
  });
});

describe("uciTable()", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "uci-"));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const text = " 1.5   2  3\t4 5 6 7 8 9.5 10\n\n 1 2 3 4 5 6 7 8 9 10  \n";
  const sha256 = createHash("sha256").update(text).digest("hex");

  test("reads columns between any spaces, and the right one as the target", async () => {
    const path = join(folder, "mine.data");
    await writeFile(path, text);
    const { shape, y, x, target } = await uciTable("energy", { path, sha256 });
    expect([shape, [...y], x[0], target]).toEqual([[2, 8], [9.5, 9], 1.5, "y"]);
  });

  test("uses a file in the folder without a network, and says what is missing or wrong", async () => {
    await writeFile(join(folder, "energy.data"), text);
    expect((await uciTable("energy", { folder, sha256 })).shape).toEqual([2, 8]);
    await expect(uciTable("energy", { folder })).rejects.toThrow("energy.data must have the SHA-256 e903f9b29f23");
    const url = "http://127.0.0.1:1/yacht.data";
    await expect(uciTable("yacht", { folder, url })).rejects.toThrow(
      `${url} could not be downloaded; put the file, of SHA-256 00dfecc0fc01`,
    );
    await expect(uciTable("energy", { path: join(folder, "energy.data") })).rejects.toThrow(
      `but found ${sha256}; to read it all the same, pass that as sha256`,
    );
    await expect(uciTable("other" as "yacht", { folder })).rejects.toThrow("name must be one of boston, concrete");
  });
});
