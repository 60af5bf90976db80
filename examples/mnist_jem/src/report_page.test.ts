import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Evaluation } from "./evaluation.ts";
import { configFor, readOptions } from "./options.ts";
import { comparison, verdict, writeReport } from "./report_page.ts";

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
    smallestEpsilons: new Float64Array(2),
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
  const of = (name: string): string => verdict(rows.find((row) => row.figure === name)!);
  expect(of("accuracy")).toBe("JEM worse");
  expect(of("ECE")).toBe("JEM worse");
  expect(of("negative log-likelihood")).toBe("equal");
  expect(of("accuracy under PGD, L2 ε = 0.1")).toBe("equal");
});

test("writeReport() writes a page with or without results", () => {
  const config = { ...configFor(readOptions(["--iterations", "2"])!, "cpu"), out: folder };
  mkdirSync(join(folder, "figures"));
  const rows = { JEM: [0, 1].map((iteration) => ({ iteration, loss: 2, energyGap: 1, accuracy: 0.5 })), control: [] };
  const page = (): string => readFileSync(join(folder, "report.html"), "utf8");
  writeReport({ config, iterations: 2, rows, ended: "The run was interrupted <early>." });
  expect(page()).toContain("The run was interrupted &lt;early&gt;.");
  expect(page()).not.toContain("JEM against control");
  expect(page()).toContain("Chains sample at temperature T = 0.000005");
  const results = { jem: evaluation(0.9, 0.2), control: evaluation(0.95, 0.01) };
  writeReport({ config, iterations: 2, rows, results });
  expect(page()).toContain("JEM against control");
  expect(readdirSync(join(folder, "figures"))).toContain("robustness_linf.svg");
});
