import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { configFor, readOptions } from "./options.ts";
import { makeRunFolder, readRunFolder } from "./run_folder.ts";

const newFolder = (): string => mkdtempSync(join(tmpdir(), "run-"));

test("readRunFolder() gives back the options of a run, where it is now", () => {
  const out = newFolder();
  const config = configFor(readOptions(["--seed", "3", "--iterations", "7", "--out", out])!, "cpu");
  const warnings = vi.spyOn(console, "warn").mockImplementation(() => {});
  makeRunFolder(config);
  expect(readRunFolder(out)).toEqual(config);
  expect(warnings).not.toHaveBeenCalled();
  process.env.JEM_NATIVE_THREADS = "63";
  readRunFolder(out);
  delete process.env.JEM_NATIVE_THREADS;
  expect(warnings.mock.calls.map(String)).toEqual([expect.stringMatching(/^threads was \d+ and is 63/)]);
  warnings.mockRestore();
  expect(() => makeRunFolder(config)).toThrow("is not empty");
});

test("readRunFolder() refuses what is no run, or a complete one", () => {
  const out = newFolder();
  expect(() => readRunFolder(out)).toThrow(`Cannot resume ${out}: it has no config.json`);
  writeFileSync(join(out, "config.json"), "{}");
  writeFileSync(join(out, "results.json"), "{}");
  expect(() => readRunFolder(out)).toThrow(`Cannot resume ${out}: it is complete, see report.html`);
});
