import { memory } from "@tensorflow/tfjs-core";
import { expect } from "vitest";

/**
 * Runs `body` and fails unless it leaves exactly `results` more tensors than it found (0 when not given: `body`
 * disposes what it was given).
 */
export async function leakFree(body: () => unknown, results: number = 0): Promise<void> {
  const before = memory().numTensors;
  await body();
  expect(memory().numTensors - before, "tensors left behind").toBe(results);
}
