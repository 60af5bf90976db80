import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { readOptions, usage } from "./options.ts";

test("readOptions() has defaults, and others for a smoke run", () => {
  const now = new Date("2026-01-02T03:04:05Z");
  const options = readOptions([], now);
  expect(options).toMatchObject({
    run: undefined,
    images: 1000,
    fitted: 2000,
    iterations: 1000,
    seed: 0,
    smoke: false,
  });
  expect(options!.out).toMatch(/ood_benchmark-2026-01-02T03-04-05$/);
  expect(readOptions(["--smoke"])).toMatchObject({ images: 20, fitted: 200, smoke: true });
  expect(readOptions(["--help"])).toBe(undefined);
});

test("readOptions() takes paths from where npm was called", () => {
  const from = process.env.INIT_CWD ?? ".";
  expect(readOptions(["--run", "runs/a", "--out", resolve("b")])).toMatchObject({
    run: join(from, "runs/a"),
    out: resolve("b"),
  });
});

test("readOptions() gives reasons", () => {
  expect(() => readOptions(["--images", "1"])).toThrow("--images must be an integer from 2 to 10000 but is 1");
  expect(() => readOptions(["--backend", "gpu"])).toThrow("--backend must be one of native, wasm, cpu but is gpu");
  expect(() => readOptions(["--smoke", "--run", "runs/a"])).toThrow("--smoke needs no run");
  expect(usage).toContain("ood_benchmark");
});
