import { isAvailable } from "@jem-js/native";
import { key, normal } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  dispose,
  engine,
  getBackend,
  mean,
  moments,
  mul,
  neg,
  ones,
  setBackend,
  square,
  sum,
  type Tensor,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test, vi } from "vitest";
import { type DensityModel, hmc, type Kernel, mala, nuts, psgld, run, sample, sghmc, sgld } from "./mod.ts";

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());
const gaussian: DensityModel = { logDensity: (x) => mul(sum(square(x), 1), -0.5), score: neg };
const kernels: [string, Kernel][] = [
  ["sgld", sgld(gaussian, { eta: 0.1 })],
  ["psgld", psgld(gaussian, { eta: 0.1 }) as Kernel],
  ["sghmc", sghmc(gaussian, { eta: 0.1 }) as Kernel],
  ["mala", mala(gaussian, { stepSize: 0.1, adaptationSteps: 3 }) as Kernel],
  ["hmc", hmc(gaussian, { stepSize: 0.1, adaptationSteps: 9 }) as Kernel],
  ["nuts", nuts(gaussian, { stepSize: 0.1, maxTreeDepth: 2 }) as Kernel],
];

test.each(kernels)("run() goes on from a state as if it had not stopped (%s)", async (_, kernel) => {
  const start = normal(key(0), [3, 2]);
  const whole = run(kernel, start, { key: key(1), steps: 6 });
  const half = run(kernel, start, { key: key(1), steps: 2 });
  const rest = run(kernel, half, { key: key(1), steps: 4 });
  expect(rest.step).toBe(6);
  expect(await read(rest.x)).toEqual(await read(whole.x));
  expect(half.x.isDisposed).toBe(false);
});

test.each(kernels)("run() and sample() leave nothing but what they return (%s)", async (_, kernel) => {
  const start = normal(key(0), [3, 2]);
  await leakFree(() => dispose(run(kernel, start, { key: key(1), steps: 4 }) as object as Tensor));
  await leakFree(async () => {
    const { x, info, state } = await sample(kernel, start, { key: key(1), samples: 2, burnIn: 1, thinning: 2 });
    dispose([x!, info as object as Tensor, state as object as Tensor]);
  });
  await leakFree(async () => {
    const failing: Kernel = {
      ...kernel,
      step: (stepKey, state) => {
        if (state.step === 2) throw new Error("no step");
        return kernel.step(stepKey, state);
      },
    };
    await expect(sample(failing, start, { key: key(1), samples: 5 })).rejects.toThrow("no step");
    expect(() => run(failing, start, { key: key(1), steps: 5 })).toThrow("no step");
    const trace = (): void => {
      throw new Error("no trace");
    };
    expect(() => run(kernel, start, { key: key(1), steps: 5, trace })).toThrow("no trace");
  });
});

test("run() reads nothing from the backend", () => {
  // What dataSync() and data() call.
  const spies = [vi.spyOn(engine(), "readSync"), vi.spyOn(engine(), "read")];
  for (const [, kernel] of kernels) run(kernel, ones([2, 2]), { key: key(0), steps: 3 });
  const reads = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  for (const spy of spies) spy.mockRestore();
  expect(reads).toBe(0);
});

test.each(["cpu", ...(isAvailable() ? ["native"] : [])])(
  "run() of sgld() uploads its noise and nothing else on %s",
  async (backend) => {
    const before = getBackend();
    await setBackend(backend);
    const x = ones([2, 3]);
    const spy = vi.spyOn(engine(), "makeTensor");
    const kernel = sgld(gaussian, { stepSize: 0.1, noiseScale: 0.2, clamp: [-1, 1], gradientClip: 1 });
    dispose([x, run(kernel, x, { key: key(0), steps: 4 }).x]);
    // What tensor() calls. Numbers, such as the step size, are tensors of one value.
    const sizes = spy.mock.calls.map(([values]) => values.length).filter((size) => size > 1);
    spy.mockRestore();
    await setBackend(before);
    expect(sizes).toEqual(backend === "native" ? [] : [6, 6, 6, 6]);
  },
);

test("sample() keeps every thinning-th state after the burn-in, with its info", async () => {
  const kernel = hmc(gaussian, { stepSize: 0.4 });
  const states: Tensor[] = [];
  const start = zeros([3, 2]);
  const { x, info, state, reason } = await sample(kernel, start, {
    key: key(0),
    samples: 2,
    burnIn: 1,
    thinning: 3,
    trace: (seen) => states.push(seen.x.clone()),
  });
  expect(states).toHaveLength(7);
  expect(x!.shape).toEqual([2, 3, 2]);
  expect(await read(x!)).toEqual([...(await read(states[3]!)), ...(await read(states[6]!))]);
  expect(info.acceptance!.shape).toEqual([2, 3]);
  expect(await read(state.x)).toEqual(await read(states[6]!));
  expect(await read(run(kernel, start, { key: key(0), steps: 7 }).x)).toEqual(await read(state.x));
  expect(reason).toBe("completed");
});

test("sample() ends at a signal and goes on from there", async () => {
  const kernel = sgld(gaussian, { eta: 0.1 });
  const signal = { aborted: false };
  const start = zeros([2, 1]);
  const trace = ({ step }: { step: number }): void => {
    signal.aborted = step === 3;
  };
  const first = await sample(kernel, start, { key: key(0), samples: 5, trace, signal });
  expect(first.reason).toBe("aborted");
  expect(first.x!.shape).toEqual([3, 2, 1]);
  const rest = await sample(kernel, first.state, { key: key(0), samples: 2 });
  const whole = await sample(kernel, start, { key: key(0), samples: 5 });
  expect([...(await read(first.x!)), ...(await read(rest.x!))]).toEqual(await read(whole.x!));
  await leakFree(async () => {
    const none = await sample(kernel, start, { key: key(0), samples: 5, signal: { aborted: true } });
    expect(none).toMatchObject({ info: {}, reason: "aborted", state: { step: 0 } });
    expect(none.x).toBeUndefined();
    dispose(none.state as object as Tensor);
  });
});

test("sample() hears a signal that is set by an event", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 30);
  const kernel = sgld(gaussian, { eta: 0.1 });
  const { reason, state } = await sample(kernel, zeros([1, 1]), {
    key: key(0),
    samples: 1e7,
    thinning: 1e3,
    signal: controller.signal,
  });
  expect(reason).toBe("aborted");
  expect(state.step).toBeGreaterThan(0);
});

test("sample() has the moments of its density", async () => {
  const { x } = await sample(hmc(gaussian, { stepSize: 0.3, leapfrogSteps: 5 }), zeros([200, 1]), {
    key: key(0),
    samples: 50,
    burnIn: 10,
  });
  // Draws of a chain are at an angle of 1.5, nearly independent.
  expect(Math.abs((await read(mean(x!)))[0]!)).toBeLessThan(4 / Math.sqrt(10_000 / 1.2));
  expect((await read(moments(x!).variance))[0]).toBeAllclose(1, { rtol: 4 * Math.sqrt(2.4 / 10_000), atol: 0 });
});

test("sample() refuses bad counts", async () => {
  const kernel = sgld(gaussian, { eta: 0.1 });
  const bad = async (
    options: { samples: number; burnIn?: number; thinning?: number },
    message: string,
  ): Promise<void> => expect(sample(kernel, zeros([1]), { key: key(0), ...options })).rejects.toThrow(message);
  await bad({ samples: 0 }, "Cannot sample: samples must be an integer of at least 1 but found 0");
  await bad({ samples: 1, burnIn: -1 }, "burnIn must be an integer of at least 0 but found -1");
  await bad({ samples: 1, thinning: 0 }, "thinning must be an integer of at least 1 but found 0");
});
