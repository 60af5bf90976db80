import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAvailable } from "@jem-js/native";
import { registerWasmGradients } from "@jem-js/wasm-gradients";
import { leakFree, useBackend } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import { dispose, memory, type Optimizer, train } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { contents } from "../testing/contents.ts";
import { tinyJem } from "../testing/tiny_jem.ts";
import { type CheckpointOptions, earlyStopping, type FitOptions, fit, memoryCheckpoints } from "./mod.ts";
import { fileCheckpoints, jsonlMetrics } from "./node.ts";

registerWasmGradients();

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "resume-"));
}

/** Trains, as a process of its own would: everything is made anew. */
async function trainTo(
  folder: string,
  iterations: number,
  optimizer: Optimizer = train.adam(0.01),
  more: Partial<FitOptions> = {},
  convolutional: boolean = false,
): Promise<void> {
  const { procedure, batches, options, variables, average } = tinyJem(iterations, optimizer, convolutional);
  await fit(procedure, batches, {
    ...options,
    checkpoints: { store: fileCheckpoints(join(folder, "checkpoints")), every: 10, keep: 2 },
    ...more,
    listeners: [...options.listeners!, ...(more.listeners ?? []), jsonlMetrics(join(folder, "metrics.jsonl"))],
  });
  optimizer.dispose();
  average.dispose();
  dispose(variables);
}

test.each<[string, () => Optimizer]>([
  ["sgd", () => train.sgd(0.01)],
  ["momentum", () => train.momentum(0.01, 0.9)],
  ["adam", () => train.adam(0.01)],
  ["adamax", () => train.adamax(0.01, 0.9, 0.999, undefined, 0.01)],
  ["adagrad", () => train.adagrad(0.01)],
  ["adadelta", () => train.adadelta(0.01)],
  ["rmsprop", () => train.rmsprop(0.01)],
  ["centered rmsprop", () => train.rmsprop(0.01, 0.9, 0.5, undefined, true)],
])("fit() resumed equals fit() uninterrupted, byte for byte, with %s", async (_, optimizer) => {
  const [whole, halves] = [newFolder(), newFolder()];
  await trainTo(whole, 60, optimizer());
  await trainTo(halves, 27, optimizer());
  expect(readdirSync(join(halves, "checkpoints")).sort()).toEqual(["10", "20", "27"]);
  await trainTo(halves, 60, optimizer());
  expect(contents(halves)).toEqual(contents(whole));
  expect(readdirSync(join(whole, "checkpoints")).sort()).toEqual(["50", "60"]);
});

describe.each(["cpu", "wasm", ...(isAvailable() ? ["native"] : [])])("on %s", (backend) => {
  useBackend(backend);

  test("fit() of a convolutional network resumed equals fit() uninterrupted, byte for byte", async () => {
    const [whole, halves] = [newFolder(), newFolder()];
    const trainConvolutional = (folder: string, iterations: number): Promise<void> =>
      trainTo(folder, iterations, train.adam(0.01), {}, true);
    await trainConvolutional(whole, 60);
    await trainConvolutional(halves, 30);
    await trainConvolutional(halves, 60);
    const files = contents(whole);
    expect(contents(halves)).toEqual(files);
    const last = Object.keys(files).filter((path) => path.startsWith("/checkpoints/60/"));
    const parts = ["weights", "optimizer", "average", "buffer"].map((part) => `/checkpoints/60/${part}.bin`);
    expect(last).toEqual(expect.arrayContaining(parts));
  });
});

test("fit() sees what is missing from a resumed state: the test above can fail", async () => {
  const [whole, halves] = [newFolder(), newFolder()];
  const withoutAverage = (): Partial<FitOptions> => ({ state: { buffer: tinyJem(1).buffer } });
  await trainTo(whole, 40, train.adam(0.01), withoutAverage());
  await trainTo(halves, 20, train.adam(0.01), withoutAverage());
  await trainTo(halves, 40, train.adam(0.01), withoutAverage());
  // The chains that were trained with are not the ones that were saved.
  expect(contents(halves)).not.toEqual(contents(whole));
});

test("fit() resumed after an abort leaves no trace of it", async () => {
  const [whole, cut] = [newFolder(), newFolder()];
  await trainTo(whole, 40);
  for (const last of [3, 14, 14, 33]) {
    const controller = new AbortController();
    const abort: FitOptions["listeners"] = [
      (event) => void (event.type === "iteration" && event.iteration >= last && controller.abort()),
    ];
    await trainTo(cut, 40, train.adam(0.01), { listeners: abort, signal: controller.signal });
  }
  await trainTo(cut, 40);
  expect(contents(cut)).toEqual(contents(whole));
});

test("evaluations do not change the training, and are resumed too", async () => {
  const [plain, whole, halves] = [newFolder(), newFolder(), newFolder()];
  const lines = (folder: string): string[] => readFileSync(join(folder, "metrics.jsonl"), "utf8").trim().split("\n");
  const evaluation = { every: 7, evaluate: async ({ key }: { key: readonly number[] }) => ({ first: key[0]! }) };
  await trainTo(plain, 40);
  await trainTo(whole, 40, train.adam(0.01), { evaluation });
  await trainTo(halves, 21, train.adam(0.01), { evaluation });
  await trainTo(halves, 40, train.adam(0.01), { evaluation });
  expect(lines(whole).filter((line) => !line.includes("evaluation"))).toEqual(lines(plain));
  expect(lines(whole).filter((line) => line.includes("evaluation"))).toHaveLength(5);
  expect(contents(halves)).toEqual(contents(whole));
});

test("early stopping is resumed with what it has seen", async () => {
  const run = async (folder: string, iterations: number): Promise<string> => {
    const { procedure, batches, options } = tinyJem(iterations);
    // Best at the fourth evaluation, after 8 iterations.
    const evaluate = async ({ iteration }: { iteration: number }) => ({ distance: Math.abs(iteration - 7) });
    const stopping = earlyStopping({ metric: "distance", patience: 3 });
    const checkpoints = { store: fileCheckpoints(join(folder, "checkpoints")), every: 50 };
    const more = { checkpoints, evaluation: { every: 2, evaluate }, stopWhen: [stopping] };
    const { reason, iterations: made } = await fit(procedure, batches, {
      ...options,
      ...more,
      state: { ...options.state, stopping },
    });
    return `${reason} after ${made}`;
  };
  expect(await run(newFolder(), 40)).toBe("stopped after 14");
  const folder = newFolder();
  expect(await run(folder, 11)).toBe("completed after 11");
  expect(await run(folder, 40)).toBe("stopped after 14");
  expect(await run(folder, 40)).toBe("stopped after 15");
});

test("fit() refuses a checkpoint of another run, and says which part does not fit", async () => {
  const folder = newFolder();
  await trainTo(folder, 10);
  const attempt = (more: Partial<FitOptions>): Promise<void> => trainTo(folder, 20, train.adam(0.01), more);
  await expect(attempt({ key: [0, 7] })).rejects.toThrow(
    "Cannot use part run of checkpoint 10: Cannot restore the run: its key must be [0,7] but is [0,2]",
  );
  await expect(attempt({ state: {} })).rejects.toThrow(
    "its parts must be model, optimizer, remedies, run but are average, buffer, model, optimizer, remedies, run",
  );
  await expect(trainTo(folder, 20, train.sgd(0.01))).rejects.toThrow("it must be of the class SGD but found Adam");
  const fewer = tinyJem(1).variables.slice(1);
  await expect(attempt({ variables: fewer })).rejects.toThrow("there must be 2 weights but found 3");
});

test("fit() needs batches that can be started anew for checkpoints and recovery", async () => {
  const { procedure, batches, options } = tinyJem(5);
  for (const more of [{ checkpoints: { store: memoryCheckpoints() } }, { recovery: {} }]) {
    await expect(fit(procedure, batches(0), { ...options, ...more })).rejects.toThrow(
      "batches must be a function of the first iteration",
    );
  }
});

test("fit() keeps no tensors for its checkpoints", async () => {
  const optimizer = train.adam(0.01);
  const { procedure, batches, options } = tinyJem(20, optimizer);
  const checkpoints: CheckpointOptions = { store: memoryCheckpoints(), every: 5 };
  await fit(procedure, batches, { ...options, iterations: 1 });
  await leakFree(() => fit(procedure, batches, { ...options, checkpoints }));
  const before = memory().numTensors;
  await fit(procedure, batches, { ...options, checkpoints });
  expect(memory().numTensors).toBe(before);
});
