import { join } from "node:path";
import { expect, test } from "vitest";
import { readOptions, usage } from "./options.ts";

const script = { name: "linf", summary: "Attacks.", images: 100 };

test("readOptions() takes the script's number of images and a folder of its own", () => {
  const options = readOptions(script, [], new Date("2026-01-02T03:04:05Z"));
  expect(options).toMatchObject({ run: undefined, images: 100, seed: 0, smoke: false });
  expect(options!.out).toBe(join(process.env.INIT_CWD ?? ".", "runs/linf-2026-01-02T03-04-05"));
});

test("readOptions() takes few images for a smoke run", () => {
  expect(readOptions(script, ["--smoke"])!.images).toBe(20);
  expect(readOptions(script, ["--smoke", "--images", "3"])!.images).toBe(3);
});

test("readOptions() refuses what it does not know", () => {
  expect(() => readOptions(script, ["--norm", "l2"])).toThrow("--norm");
  expect(() => readOptions(script, ["--images", "0"])).toThrow("--images must be an integer from 1 to 10000 but is 0");
  expect(() => readOptions(script, ["--backend", "gpu"])).toThrow("--backend must be one of native, wasm, cpu");
  expect(() => readOptions(script, ["--smoke", "--run", "runs/a"])).toThrow("--smoke needs no run");
});

test("usage() names the script and its default", () => {
  expect(usage(script)).toContain("npm run linf");
  expect(usage(script)).toContain("(default 100)");
});
