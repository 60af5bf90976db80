import { expect, test } from "vitest";
import { readOptions, usage } from "./options.ts";
import { presets } from "./presets.ts";

const script = { name: "calibration", claim: "A claim." };

test("readOptions() takes the settings of the scale, and changes those that are named", () => {
  const options = readOptions(script, ["--p_x_weight", "0.5", "--images", "50", "--seeds", "3,4"])!;
  expect(options.settings).toEqual({ ...presets.small.settings, pxWeight: 0.5 });
  expect(options.effort).toEqual({ ...presets.small.effort, images: 50 });
  expect(options.seeds).toEqual([3, 4]);
  expect(options.changed).toEqual({ p_x_weight: "0.5", images: "50" });
});

test("readOptions() has the paper's settings at its scale, and noise in the place of its data", () => {
  const { settings, seeds, run } = readOptions(script, ["--scale", "paper", "--synthetic"])!;
  expect(settings).toEqual({ ...presets.paper.settings, dataset: "synthetic", validation: 200 });
  expect(settings.iterations).toBe(105_450);
  expect(seeds).toEqual([0]);
  expect(run).toMatch(/synthetic$/);
});

test("readOptions() changes what is fine-tuned, too", () => {
  const { settings, tuning } = readOptions(script, ["--energy_l2", "0.2"])!;
  expect(tuning).toEqual({ ...settings, ...presets.small.tuning, energyL2: 0.2 });
  expect([tuning.learningRate, settings.learningRate]).toEqual([0.0005, 0.002]);
});

test("readOptions() takes paths from where npm was called", () => {
  const former = process.env.INIT_CWD;
  process.env.INIT_CWD = "/from/here";
  const { run, out } = readOptions(script, ["--run", "a", "--out", "/b"])!;
  if (former === undefined) delete process.env.INIT_CWD;
  else process.env.INIT_CWD = former;
  expect([run, out]).toEqual(["/from/here/a", "/b"]);
});

test("readOptions() throws on what it does not know", () => {
  expect(() => readOptions(script, ["--scale", "large"])).toThrow("--scale must be one of small, paper but is large");
  expect(() => readOptions(script, ["--n_iters", "0"])).toThrow("--n_iters must be an integer of at least 1 but is 0");
  expect(() => readOptions(script, ["--lr", "0"])).toThrow("--lr must be above 0 but is 0");
  expect(() => readOptions(script, ["--seeds", "1,x"])).toThrow("--seeds must be a number of at least 0 but is x");
  expect(() => readOptions(script, ["--backend", "gpu"])).toThrow(
    "--backend must be one of tfjs-node-gpu, native, tfjs-node, wasm, cpu but is gpu",
  );
  expect(() => readOptions(script, ["--what"])).toThrow("--what");
  expect(readOptions(script, ["--help"])).toBeUndefined();
  expect(usage(script)).toContain("--sgld_lr");
});
