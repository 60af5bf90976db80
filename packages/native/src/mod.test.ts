import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import {
  add,
  conv2d,
  getBackend,
  grad,
  matMul,
  memory,
  mul,
  registerBackend,
  removeBackend,
  setBackend,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor,
  tidy,
  train,
  type Variable,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { describeNative, expectSame, randn, runOn } from "../testing/compare.ts";
import {
  getThreads,
  instructionSet,
  isAvailable,
  memoryInfo,
  setExact,
  setMemoryLimit,
  setThreads,
  trimMemory,
  unavailableReason,
} from "./mod.ts";

const SOURCE = fileURLToPath(new URL("./mod.ts", import.meta.url));

/** Runs a module with the package's sources; returns what it prints. */
function runModule(code: string, env: Record<string, string> = {}): string {
  const args = ["--conditions=@jem-js/source", "--import", "tsx", "--input-type=module", "--eval", code];
  return execFileSync(process.execPath, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
    cwd: fileURLToPath(new URL("../", import.meta.url)),
  });
}

describeNative("the native backend", () => {
  test("isAvailable(), unavailableReason() and instructionSet() agree", () => {
    expect(isAvailable()).toBe(true);
    expect(unavailableReason()).toBeNull();
    expect(["avx512", "avx2", "baseline"]).toContain(instructionSet());
  });

  test("where there is no binary the package says so in one sentence and registers nothing", () => {
    // A copy of the sources without a build beside it.
    const copy = fileURLToPath(new URL("../build_test/without_binary/", import.meta.url));
    rmSync(copy, { recursive: true, force: true });
    cpSync(fileURLToPath(new URL("./", import.meta.url)), `${copy}src`, { recursive: true });
    const code = `
      import * as tf from "@tensorflow/tfjs-core";
      import { getThreads, isAvailable, memoryInfo, setThreads, trimMemory, unavailableReason } from "${copy}src/mod.ts";
      setThreads(2);
      trimMemory();
      console.log(JSON.stringify([isAvailable(), unavailableReason(), getThreads(), memoryInfo().used, tf.findBackend("native")]));`;
    const lines = runModule(code).trim().split("\n");
    const [available, reason, ...rest] = JSON.parse(lines.at(-1)!);
    expect(available).toBe(false);
    expect(reason).toContain("@jem-js/native has no binary for");
    expect(rest).toEqual([0, 0, null]);
  });

  test("setThreads() changes the number of threads and not the results", async () => {
    const threads = getThreads();
    for (const count of [1, 3, 8]) {
      setThreads(count);
      expect(getThreads()).toBe(count);
      await expectSame(
        () => conv2d(randn([8, 9, 9, 16], 1) as Tensor4D, randn([3, 3, 16, 16], 2) as Tensor4D, 1, 1),
        1e-4,
      );
    }
    setThreads(threads);
    for (const wrong of [0, -1, 1.5, 129, Number.NaN]) expect(() => setThreads(wrong)).toThrow(RangeError);
  });

  test("a tensor beyond the memory limit throws, and the next one works", async () => {
    await setBackend("native");
    const { limit, used } = memoryInfo();
    trimMemory();
    setMemoryLimit(used + 32e6);
    const small = zeros([1000]);
    expect(() => zeros([1e7])).toThrow("setMemoryLimit()");
    expect(() =>
      tidy(() => matMul(randn([5000, 1], 1) as Tensor2D, randn([1, 5000], 2) as Tensor2D).dataSync()),
    ).toThrow(RangeError);
    setMemoryLimit(limit);
    zeros([1e7]).dispose();
    small.dispose();
    for (const wrong of [0, -5, Number.NaN]) expect(() => setMemoryLimit(wrong)).toThrow(RangeError);
    await setBackend("cpu");
  });

  test("memory goes back when tensors are disposed and does not grow over many steps", async () => {
    await setBackend("native");
    const before = memoryInfo().used;
    const step = (i: number): void => {
      tidy(() => {
        const x = randn([4, 8, 8, 16], 1);
        const y = conv2d(x as Tensor4D, mul(randn([3, 3, 16, 16], 2), i) as Tensor4D, 1, "same");
        sum(add(y, x)).dataSync();
      });
    };
    for (let i = 0; i < 20; i++) step(i);
    const { idle } = memoryInfo();
    for (let i = 0; i < 500; i++) step(i);
    expect(memoryInfo().used).toBe(before);
    expect(memoryInfo().idle).toBe(idle);
    trimMemory();
    expect(memoryInfo().idle).toBeLessThan(2e6);
    await setBackend("cpu");
  });

  test("a tensor keeps its values although the caller reuses the array it was made from, or changes what it read", async () => {
    await setBackend("native");
    const values = Float32Array.of(1, 2, 3);
    const x = tensor(values);
    values.fill(9);
    const read = x.dataSync();
    expect(Array.from(read)).toEqual([1, 2, 3]);
    read.fill(7);
    x.dispose();
    const next = zeros([3]);
    expect(Array.from(read)).toEqual([7, 7, 7]);
    expect(Array.from(next.dataSync())).toEqual([0, 0, 0]);
    next.dispose();
    await setBackend("cpu");
  });

  test("tensors move between backends, also deferred ones", async () => {
    registerBackend("second_cpu", () => new MathBackendCPU());
    const before = memory().numTensors;
    await setBackend("native");
    const x = randn([2, 5, 5, 3], 1) as Tensor4D;
    const filter = randn([3, 3, 3, 4], 2) as Tensor4D;
    const y = conv2d(x, filter, 1, "same");
    await setBackend("cpu");
    const z = add(y, 1);
    await setBackend("native");
    const w = mul(z, y);
    const [expected] = await runOn("cpu", () => {
      const v = conv2d(randn([2, 5, 5, 3], 1) as Tensor4D, randn([3, 3, 3, 4], 2) as Tensor4D, 1, "same");
      return mul(add(v, 1), v);
    });
    expect(await w.data()).toBeAllclose(expected!.values, { rtol: 1e-4, atol: 1e-4 });
    for (const tensor of [x, filter, y, z, w]) tensor.dispose();
    expect(memory().numTensors).toBe(before);
    await setBackend("cpu");
    removeBackend("second_cpu");
    expect(getBackend()).toBe("cpu");
  });

  test("Adam takes the same steps as on cpu", async () => {
    const run = (backend: string) =>
      runOn(backend, () => {
        const weights = [variable(randn([3, 4], 1)), variable(randn([4], 2))];
        const optimizer = train.adam(0.05);
        const x = randn([8, 3], 3) as Tensor2D;
        const loss = () =>
          sum(
            mul(add(matMul(x, weights[0] as unknown as Tensor2D), weights[1]!), randn([8, 4], 4)).square(),
          ).asScalar();
        for (let i = 0; i < 12; i++) optimizer.minimize(loss, false, weights as Variable[]);
        const results: Tensor[] = weights.map((weight) => mul(weight, 1));
        optimizer.dispose();
        for (const weight of weights) weight.dispose();
        return results;
      });
    const [expected, actual] = [await run("cpu"), await run("native")];
    for (const [i, { values }] of actual.entries())
      expect(values).toBeAllclose(expected[i]!.values, { rtol: 1e-4, atol: 1e-5 });
  });

  test("the package works in several worker threads at once", async () => {
    const code = `
      const { parentPort } = await import("node:worker_threads");
      const { register } = await import("tsx/esm/api");
      register();
      const tf = await import("@tensorflow/tfjs-core");
      await import(${JSON.stringify(SOURCE)});
      await tf.setBackend("native");
      let last;
      for (let i = 0; i < 30; i++) {
        last = tf.tidy(() => Array.from(tf.sum(tf.conv2d(tf.ones([8, 9, 9, 16]), tf.ones([3, 3, 16, 16]), 1, "same"), [0, 1, 2]).dataSync()));
      }
      parentPort.postMessage(last);`;
    const expected = 8 * 16 * (3 * 9 - 2) ** 2; // taps inside the image
    const results = await Promise.all(
      [0, 1, 2].map(
        () =>
          new Promise<number[]>((resolve, reject) => {
            const worker = new Worker(`(async () => {${code}})()`, {
              eval: true,
              execArgv: ["--conditions=@jem-js/source"],
            });
            worker.once("message", resolve);
            worker.once("error", reject);
          }),
      ),
    );
    for (const sums of results) expect(sums).toEqual(new Array(16).fill(expected));
  });

  test("every instruction set of the machine gives the same to rounding", () => {
    const code = `
      import * as tf from "@tensorflow/tfjs-core";
      import { instructionSet } from "./src/mod.ts";
      await tf.setBackend("native");
      const x = tf.reshape(tf.sin(tf.range(0, 4 * 8 * 8 * 16)), [4, 8, 8, 16]);
      const w = tf.reshape(tf.cos(tf.range(0, 9 * 16 * 16)), [3, 3, 16, 16]);
      const y = tf.tanh(tf.mul(tf.conv2d(x, w, 1, "same"), 0.1));
      console.log(JSON.stringify({ set: instructionSet(), sum: tf.sum(tf.square(y)).dataSync()[0] }));`;
    const results = ["avx512", "avx2", "baseline"].map((isa) => JSON.parse(runModule(code, { JEM_NATIVE_ISA: isa })));
    for (const { sum: total } of results) expect(total).toBeCloseTo(results[0].sum, 1);
    expect(results[2].set).toBe("baseline");
  });

  test("filter gradients have equal bits from run to run, with and without Winograd's algorithm", async () => {
    const x = (): Tensor4D => randn([32, 14, 14, 32], 3) as Tensor4D;
    const body = () =>
      grad((w) =>
        conv2d(x(), w as Tensor4D, 1, "same")
          .square()
          .sum(),
      )(randn([3, 3, 32, 32], 4) as Tensor4D);
    for (const exact of [false, true]) {
      setExact(exact);
      const [first] = await runOn("native", body);
      for (let i = 0; i < 20; i++) expect((await runOn("native", body))[0]!.values).toEqual(first!.values);
    }
    setExact(false);
  });

  test("setExact(true) uses no Winograd convolution", async () => {
    const body = () => conv2d(randn([8, 16, 16, 64], 1) as Tensor4D, randn([3, 3, 64, 64], 2) as Tensor4D, 1, "same");
    const [fast] = await runOn("native", body);
    setExact(true);
    const [exact] = await runOn("native", body);
    const [again] = await runOn("native", body);
    setExact(false);
    expect(exact!.values).toEqual(again!.values);
    expect(exact!.values).not.toEqual(fast!.values);
    expect(exact!.values).toBeAllclose(fast!.values, { rtol: 0, atol: 24 * 1e-4 });
  });
});
