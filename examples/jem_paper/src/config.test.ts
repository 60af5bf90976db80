import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeConfig } from "./config.ts";

test("writeConfig() refuses a folder of other settings, and names them", () => {
  const folder = mkdtempSync(join(tmpdir(), "config-"));
  writeConfig(folder, { a: { b: 1, c: [1, 2] } }, "it was made with");
  writeConfig(folder, { a: { b: 1, c: [1, 2] } }, "it was made with");
  expect(() => writeConfig(folder, { a: { b: 2, c: [1, 2] } }, "it was made with")).toThrow(
    `In ${folder}, it was made with other settings: a.b 1, now 2. Choose another --run and --out.`,
  );
});
