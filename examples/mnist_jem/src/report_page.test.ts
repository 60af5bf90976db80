import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Evaluation } from "./evaluation.ts";
import { configFor, readOptions } from "./options.ts";
import { comparison, writeFigures, writeReport } from "./report_page.ts";

const folder = mkdtempSync(join(tmpdir(), "mnist_jem-"));
afterAll(() => rmSync(folder, { recursive: true }));

function evaluation(accuracy: number, error: number): Evaluation {
  const scores = {
    probabilities: { data: new Float32Array(20).fill(0.1), shape: [2, 10] },
    logDensity: Float32Array.of(1, 2),
    maxProbability: Float32Array.of(0.1, 0.2),
    approximateMass: Float32Array.of(-1, -2),
  } as const;
  const curve = {
    epsilons: [0, 0.1],
    accuracies: [accuracy, 0],
    cleanAccuracy: accuracy,
    intervals: [
      { lower: accuracy / 2, upper: 1 },
      { lower: 0, upper: 0.5 },
    ],
    smallestEpsilons: new Float64Array(2),
    brokenBy: [],
  };
  return {
    accuracy,
    calibrationError: error,
    negativeLogLikelihood: 1,
    bins: [{ lower: 0, upper: 1, count: 2, meanConfidence: 0.5, accuracy }],
    inScores: scores,
    outScores: scores,
    auroc: { logDensity: 0.5, maxProbability: 0.5, approximateMass: 0.5 },
    robustness: { linf: curve, l2: curve },
  };
}

test("comparison() says which model each figure favours", () => {
  const rows = comparison({ jem: evaluation(0.9, 0.2), control: evaluation(0.95, 0.01) });
  const of = (name: string): string => rows.find((row) => row.figure === name)!.verdict;
  expect(of("accuracy")).toBe("JEM worse");
  expect(of("ECE")).toBe("JEM worse");
  expect(of("negative log-likelihood")).toBe("equal");
  expect(of("accuracy under PGD, L2 ε = 0.1")).toBe("equal");
});

test("writeFigures() and writeReport() write a page with or without results", async () => {
  const config = { ...configFor(readOptions(["--iterations", "2"])!, "cpu"), out: folder };
  for (const part of ["figures", "jem"]) mkdirSync(join(folder, part));
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "jem", "metrics.jsonl"), '{"iteration":0,"loss":2}\n{"iteration":1,"loss":1}\n');
  const early = readFileSync(await writeReport(config, "The run was interrupted <early>."), "utf8");
  expect(early).toContain("The run was interrupted &lt;early&gt;.");
  expect(early).not.toContain("results.json</caption>");
  expect(early).toContain("Chains sample at temperature T = 0.000005");
  const results = { jem: evaluation(0.9, 0.2), control: evaluation(0.95, 0.01) };
  writeFigures(config, results);
  writeFileSync(join(folder, "results.json"), JSON.stringify(comparison(results)));
  const complete = readFileSync(await writeReport(config), "utf8");
  expect(complete).toContain("results.json</caption>");
  // Four of the evaluation and one of the training, each with what it says of itself.
  expect(complete.match(/<img /g)).toHaveLength(4 + 1);
  expect(complete).not.toContain('alt="Figure:');
});
