import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const packages = fileURLToPath(new URL("../packages", import.meta.url));
const readmes = readdirSync(packages)
  .map((name) => join(packages, name, "README.md"))
  .filter((file) => existsSync(file));
/** `[yes](src/x.test.ts "the name of a test")`. */
const LINK = /\]\((\S+\.test\.ts) "([^"]+)"\)/g;
const tables = readmes.filter((file) => readFileSync(file, "utf8").match(LINK));

describe.each(tables)("%s", (file) => {
  const text = readFileSync(file, "utf8");

  test("what is said of the package links to tests that are there", () => {
    for (const [, path, title] of text.matchAll(LINK)) {
      const source = readFileSync(join(dirname(file), path!), "utf8");
      // Biome breaks no strings: a title is in one line.
      const isThere = source.split("\n").some((line) => line.includes(`"${title}`));
      expect(isThere, `${path} must have a test "${title}"`).toBe(true);
      expect(source, `${path} must run "${title}"`).not.toMatch(/\b(test|describe)\.(skip|todo)\b/);
    }
  });

  test("what is named in a row that says yes is exported, or an option in the sources", async () => {
    const source = join(dirname(file), "src");
    const exported = Object.keys(await import(join(source, "mod.ts")));
    const rows = text.split("\n").filter((line) => line.startsWith("| ") && line.match(LINK));
    for (const row of rows) {
      for (const [, name] of row.split("](")[0]!.matchAll(/`(\w+)`/g)) {
        const isOption = readdirSync(source).some(
          (one) => !one.includes(".test.") && readFileSync(join(source, one), "utf8").includes(`readonly ${name}?: `),
        );
        expect(exported.includes(name!) || isOption, `${name} of "${row.slice(0, 60)}"`).toBe(true);
      }
    }
  });
});

test("the attacks have a table", () => expect(tables.some((file) => file.includes("attacks"))).toBe(true));
