import { key, normal } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  cast,
  dispose,
  fill,
  greater,
  mean,
  moments,
  mul,
  neg,
  square,
  sub,
  sum,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type DensityModel, mala, parallelTempering, run, sgld } from "./mod.ts";

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());
const gaussian: DensityModel = { logDensity: (x) => mul(sum(square(x), 1), -0.5), score: neg };
/** Modes at -3 and 3; `exp(-(x^2 - 9)^2 / 10 - x / 10)`. */
const twoModes: DensityModel = {
  logDensity: (x) => sum(sub(mul(square(sub(square(x), 9)), -0.1), mul(x, 0.1)), 1),
  score: (x) => sub(mul(mul(x, sub(square(x), 9)), -0.4), 0.1),
};
const temperatures = [1, 2.5, 6, 15];
const tempered = (head: DensityModel) =>
  parallelTempering(head, {
    temperatures,
    kernel: (temperature) => mala(head, { stepSize: 0.08 * Math.sqrt(temperature), temperature }),
  });

test("parallelTempering() weighs modes that one chain does not leave", async () => {
  const n = 500;
  const { x } = run(tempered(twoModes), fill([n, 1], 3), { key: key(0), steps: 800 });
  // The share of the right mode by quadrature.
  let [left, right] = [0, 0];
  for (let at = -6; at <= 6; at += 1e-3) {
    const density = Math.exp(-0.1 * (at * at - 9) ** 2 - 0.1 * at);
    if (at > 0) right += density;
    else left += density;
  }
  const share = right / (left + right);
  const found = (await read(mean(cast(greater(x, 0), "float32"))))[0]!;
  expect(Math.abs(found - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / n));
  const alone = run(mala(twoModes, { stepSize: 0.08 }), fill([n, 1], 3), { key: key(0), steps: 800 });
  expect((await read(mean(cast(greater(alone.x, 0), "float32"))))[0]).toBeGreaterThan(0.95);
});

test("parallelTempering() keeps each temperature's density, with the swap rate of Gaussians", async () => {
  const n = 4000;
  const kernel = parallelTempering(gaussian, {
    temperatures: [1, 4],
    kernel: (temperature) => mala(gaussian, { stepSize: 0.5 * temperature, temperature }),
  });
  expect(kernel.temperature).toBe(1);
  const state = run(kernel, normal(key(1), [n, 1]), { key: key(2), steps: 30 });
  expect(await read(state.x)).toEqual(await read(state.replicas[0]!.x));
  const found = await Promise.all(state.replicas.map(async ({ x }) => (await read(moments(x).variance))[0]!));
  expect(found).toBeAllclose([1, 4], { rtol: 4 * Math.sqrt(2 / n), atol: 0 });
  // With f = -x^2 / 2, E min(1, exp(3/4 (f_2 - f_1))) is 1 - (2 / pi) (atan 2 - atan 1/2): the angle of |x_1| < |x_2| in
  // the plane of independent normals, twice.
  expect(state.info!.swapAcceptance!.shape).toEqual([1, n]);
  const rate = (await read(mean(state.info!.swapAcceptance!)))[0]!;
  expect(Math.abs(rate - (1 - (2 / Math.PI) * (Math.atan(2) - Math.atan(0.5))))).toBeLessThan(4 * Math.sqrt(0.25 / n));
});

test("parallelTempering() swaps neighbours by turns and only every so often, and leaks nothing", async () => {
  const kernel = parallelTempering(gaussian, {
    temperatures: [1, 2, 3],
    kernel: (temperature) => sgld(gaussian, { eta: 0.1, temperature }),
    swapEvery: 2,
  });
  const infos: (number[] | undefined)[] = [];
  await leakFree(async () => {
    const start = normal(key(0), [5, 2]);
    const state = run(kernel, start, {
      key: key(1),
      steps: 4,
      trace: ({ info }) => infos.push(info?.swapAcceptance?.shape),
    });
    expect(state.step).toBe(4);
    dispose([start, state as object as Tensor]);
  });
  expect(infos).toEqual([undefined, [1, 5], undefined, [1, 5]]);
});

test("parallelTempering() goes on from a state as if it had not stopped", async () => {
  const kernel = tempered(gaussian);
  const start = normal(key(0), [3, 1]);
  const whole = run(kernel, start, { key: key(1), steps: 5 });
  const rest = run(kernel, run(kernel, start, { key: key(1), steps: 2 }), { key: key(1), steps: 3 });
  expect(await read(rest.x)).toEqual(await read(whole.x));
});

test("parallelTempering() refuses bad options", () => {
  const kernel = (): ReturnType<typeof sgld> => sgld(gaussian, { eta: 1 });
  expect(() => parallelTempering({} as DensityModel, { temperatures: [1, 2], kernel })).toThrow(
    "head must have a logDensity()",
  );
  expect(() => parallelTempering(gaussian, { temperatures: [1], kernel })).toThrow("at least two but found [1]");
  expect(() => parallelTempering(gaussian, { temperatures: [2, 1], kernel })).toThrow(
    "must rise and be at least two but found [2, 1]",
  );
  expect(() => parallelTempering(gaussian, { temperatures: [0, 1], kernel })).toThrow("greater than 0 but found 0");
  expect(() => parallelTempering(gaussian, { temperatures: [1, 2], kernel, swapEvery: 0 })).toThrow(
    "swapEvery must be an integer",
  );
  expect(() => parallelTempering(gaussian, { temperatures: [1, 2], kernel })).toThrow(
    "kernel(2) must have the temperature 2 but found 1",
  );
  const { init, step } = kernel();
  const bare = { init, step } as ReturnType<typeof kernel>;
  expect(() => parallelTempering(gaussian, { temperatures: [1, 2], kernel: () => bare })).toThrow(
    "kernel(1) must have the temperature 1 but found undefined",
  );
});
