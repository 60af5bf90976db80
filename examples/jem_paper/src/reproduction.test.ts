import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFigures, runStep, summaryTable } from "./reproduction.ts";

test("readFigures() reads the results of scripts and the rows of the four Gaussians", () => {
  const path = join(mkdtempSync(join(tmpdir(), "figures-")), "results.json");
  expect(readFigures(path)).toEqual({});
  const summary = { values: [1], mean: 1, margin: 2 };
  writeFileSync(path, JSON.stringify({ figures: { a: summary } }));
  expect(readFigures(path)).toEqual({ a: summary });
  const row = { expected: "", passes: true, figure: "kl" };
  writeFileSync(
    path,
    JSON.stringify({
      rows: [
        { ...row, seed: 0, got: 1 },
        { ...row, seed: 1, got: 3 },
      ],
    }),
  );
  expect(readFigures(path).kl).toMatchObject({ values: [1, 3], mean: 2 });
});

test("runStep() tells how a script ended, and summaryTable() which figures are not as expected", async () => {
  const out = mkdtempSync(join(tmpdir(), "step-"));
  const script = join(out, "script.ts");
  const results = JSON.stringify({ figures: { x: { values: [1, 1], mean: 1, margin: 0 } } });
  writeFileSync(
    script,
    `import { writeFileSync } from "node:fs";
    writeFileSync(process.argv[2]!, ${JSON.stringify(results)});
    process.exitCode = 3;`,
  );
  const outcome = await runStep({ name: "one", command: [script, join(out, "results.json")], out });
  expect(outcome.code).toBe(3);
  expect(summaryTable([outcome])).toContain("| one | x | 1 ± 0 | 2 | exit code 3 |");
});
