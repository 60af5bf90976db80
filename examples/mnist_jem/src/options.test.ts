import { expect, test } from "vitest";
import { configFor, readOptions, readResume } from "./options.ts";

const now = new Date("2026-01-02T03:04:05Z");

test("readOptions() has defaults for everything", () => {
  const config = readOptions([], now)!;
  expect(config.out).toBe("runs/mnist_jem-2026-01-02T03-04-05");
  expect(config.seed).toBe(0);
  expect(configFor(config, "wasm")).toMatchObject({ backend: "wasm", preset: "small", iterations: 2000 });
  expect(configFor(config, "native")).toMatchObject({ backend: "native", preset: "base", iterations: 1000 });
  expect(configFor(readOptions(["--preset", "base"])!, "wasm").preset).toBe("base");
  expect(configFor(config, "wasm").temperature).toBeCloseTo(0.01 ** 2 / (2 * 10), 12);
  expect(configFor(readOptions(["--step-size", "1"])!, "wasm").temperature).toBeCloseTo(5e-5, 12);
});

test("readOptions() takes the flags, and smaller numbers for --smoke", () => {
  const config = readOptions(["--iterations", "7", "--seed", "3", "--out", "x", "--backend", "cpu", "--smoke"], now)!;
  expect(config).toMatchObject({ iterations: 7, seed: 3, out: "x", backend: "cpu" });
  expect(readOptions(["--smoke"], now)!.evaluation.images).toBeLessThan(readOptions([], now)!.evaluation.images);
  const recipe = readOptions([
    "--energy-l2",
    "0",
    "--sgld-steps",
    "20",
    "--step-size",
    "1",
    "--learning-rate",
    "1e-3",
  ])!;
  expect(recipe).toMatchObject({ energyL2: 0, learningRate: 1e-3, sgld: { steps: 20, stepSize: 1 } });
  expect(readOptions(["--help"], now)).toBeUndefined();
});

test("readOptions() refuses what it does not know, by value", () => {
  expect(() => readOptions(["--iterations", "0"])).toThrow("--iterations must be an integer of at least 1 but is 0");
  expect(() => readOptions(["--seed", "x"])).toThrow("--seed must be an integer of at least 0 but is x");
  expect(() => readOptions(["--preset", "huge"])).toThrow("--preset must be small or base but is huge");
  expect(() => readOptions(["--backend", "gpu"])).toThrow("--backend must be one of");
  expect(() => readOptions(["--step-size", "0"])).toThrow("--step-size must be a number above 0 but is 0");
  expect(() => readOptions(["--energy-l2", "-1"])).toThrow();
  expect(() => readOptions(["--energy-l2=-1"])).toThrow("--energy-l2 must be a number of at least 0 but is -1");
  expect(() => readOptions(["--epochs", "3"])).toThrow("Unknown option '--epochs'");
});

test("readResume() takes a folder, or none for the newest run, and stands alone", () => {
  expect(readResume(["--seed", "1"])).toBeUndefined();
  expect(readResume(["--resume"])).toBe("");
  expect(readResume(["--resume", "runs/a"])).toBe("runs/a");
  expect(readResume(["--resume=runs/a"])).toBe("runs/a");
  for (const args of [
    ["--resume", "--seed", "1"],
    ["--resume", "runs/a", "--smoke"],
    ["--seed", "1", "--resume"],
  ]) {
    expect(() => readResume(args)).toThrow(`all other options from the run but they are given: ${args.join(" ")}`);
  }
});
