import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { type Experiment, runExperiment } from "./experiment.ts";

const figures = { "JEM: x": 2, "control: x": 1 };

/** An experiment that measures nothing, and how often it did. */
function pretend(measured: Readonly<Record<string, number>> = figures) {
  const measure = vi.fn<Experiment["measure"]>(async ({ seed, figure }) => {
    figure("dot", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>");
    return { ...measured, seed };
  });
  return { name: "pretend", claim: "A claim.", measure };
}

/** Runs it without a word, with noise in the place of data. */
async function run(experiment: Experiment, out: string, ...args: readonly string[]): Promise<number> {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    return await runExperiment(experiment, ["--smoke", "--synthetic", "--run", out, ...args]);
  } finally {
    log.mockRestore();
  }
}

test("runExperiment() measures each seed once and writes results, tables and figures", async () => {
  const out = mkdtempSync(join(tmpdir(), "experiment-"));
  const experiment = pretend();
  expect(await run(experiment, out, "--seeds", "3")).toBe(0);
  expect(await run(experiment, out, "--seeds", "3,5")).toBe(0);
  expect(experiment.measure.mock.calls.map(([{ seed }]) => seed)).toEqual([3, 5]);
  const results = JSON.parse(readFileSync(join(out, "pretend", "results.json"), "utf8"));
  expect(results.seeds).toEqual([3, 5]);
  expect(results.figures.seed).toMatchObject({ values: [3, 5], mean: 4 });
  expect(results.figures["JEM - control: x"]).toEqual({ values: [1, 1], mean: 1, margin: 0 });
  expect(readFileSync(join(out, "pretend", "table.md"), "utf8")).toContain("| x | 2 ± 0 | 1 ± 0 |  | 1 ± 0 |");
  for (const file of ["dot.svg", "dot.png"]) expect(existsSync(join(out, "pretend", "seed-5", file))).toBe(true);
});

test("runExperiment() refuses a folder of other settings", async () => {
  const out = mkdtempSync(join(tmpdir(), "experiment-"));
  await run(pretend(), out);
  await expect(run(pretend(), out, "--lr", "0.5")).rejects.toThrow("settings.learningRate 0.002, now 0.5");
});

test("runExperiment() keeps nothing of a seed whose figures are not numbers", async () => {
  const out = mkdtempSync(join(tmpdir(), "experiment-"));
  await expect(run(pretend({ "JEM: x": Number.NaN }), out)).rejects.toThrow("With seed 0, JEM: x is NaN");
  expect(existsSync(join(out, "pretend", "seed-0", "measured.json"))).toBe(false);
});
