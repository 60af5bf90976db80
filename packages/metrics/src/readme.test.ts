import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("README.md names tests that there are in each row of the features that says yes", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const table = readme.slice(readme.indexOf("| feature | ours"), readme.indexOf("Times of"));
  const rows = table
    .trim()
    .split("\n")
    .slice(2)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    const [feature, ours] = row;
    expect(row, feature).toHaveLength(8);
    const named = row
      .at(-1)!
      .split(",")
      .map((name) => name.trim().split(" ")[0]!)
      .filter((name) => name !== "");
    if (/yes|exact/.test(ours!)) expect(named, feature).not.toEqual([]);
    for (const name of named) {
      expect(existsSync(new URL(`./${name}.test.ts`, import.meta.url)), `${feature}: ${name}`).toBe(true);
    }
  }
});
