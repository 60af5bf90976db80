import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { subjectsOf } from "./models.ts";

const options = { images: 1, seed: 0, backend: undefined, out: "", smoke: false };

test("subjectsOf() says what to do without a finished run", async () => {
  const folder = mkdtempSync(join(tmpdir(), "robustness-"));
  try {
    await expect(subjectsOf({ ...options, run: folder })).rejects.toThrow(
      `${folder} is no finished run of the main job: it has no config.json. Make one with npm start`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
