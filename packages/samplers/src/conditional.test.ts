import { isAvailable } from "@jem-js/native";
import { key, normal } from "@jem-js/random";
import { leakFree, useBackend } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import {
  add,
  dispose,
  matMul,
  mean,
  mul,
  neg,
  slice,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tile,
  zeros,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { conditional, type DensityModel, hmc, type Kernel, mala, run, sample, sghmc, sgld } from "./mod.ts";

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

/** The Gaussian of this mean and precision: given x0, x1 is N(mean1 - q01 / q11 (x0 - mean0), 1 / q11). */
const MEAN = [0.5, -1];
const Q = [
  [2, 1.2],
  [1.2, 1.6],
];
const gaussian: DensityModel = {
  logDensity: (x) => {
    const centred = sub(x, tensor1d(MEAN)) as Tensor2D;
    return mul(sum(mul(matMul(centred, tensor2d(Q)), centred), 1), -0.5);
  },
  score: (x) => neg(matMul(sub(x, tensor1d(MEAN)) as Tensor2D, tensor2d(Q))),
};
const X0 = 2;
const EXPECTED = { mean: MEAN[1]! - (Q[0]![1]! / Q[1]![1]!) * (X0 - MEAN[0]!), variance: 1 / Q[1]![1]! };

const first = (): Tensor => tensor1d([1, 0], "bool");
const model = (): ReturnType<typeof conditional<DensityModel>> =>
  conditional(gaussian, { values: tensor1d([X0, 99]), known: first() });

const CHAINS = 20_000;
test.each([
  // The variance of uncorrected dynamics is larger by 1 / (1 - eta q / 2).
  ["sgld", (m: DensityModel): Kernel => sgld(m, { eta: 0.1 }), 60, 1 / (1 - (0.1 * Q[1]![1]!) / 2)],
  ["sghmc", (m: DensityModel): Kernel => sghmc(m, { eta: 0.02, friction: 0.4 }), 120, 1 / (1 - (0.02 * 1.6) / 3.2)],
  ["mala", (m: DensityModel): Kernel => mala(m, { stepSize: 0.4 }), 60, 1],
  ["hmc", (m: DensityModel): Kernel => hmc(m, { stepSize: 0.3, leapfrogSteps: 4 }), 30, 1],
] as const)("conditional() is the Gaussian of one value given another, by %s", async (_, kernelOf, steps, factor) => {
  const conditioned = model();
  const start = normal(key(0), [CHAINS, 2]);
  const { x } = run(kernelOf(conditioned), start, { key: key(1), steps });
  const [x0, x1] = [0, 1].map((column) => slice(conditioned.complete(x), [0, column], [CHAINS, 1])) as [Tensor, Tensor];
  expect(new Set(await read(x0))).toEqual(new Set([X0]));
  const variance = EXPECTED.variance * factor;
  const average = (await read(mean(x1)))[0]!;
  // Four standard errors of a mean and a variance.
  expect(Math.abs(average - EXPECTED.mean)).toBeLessThan(4 * Math.sqrt(variance / CHAINS));
  const found = (await read(mean(mul(sub(x1, average), sub(x1, average)))))[0]!;
  expect(Math.abs(found / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / CHAINS));
});

describe.each(["cpu", "wasm", ...(isAvailable() ? ["native"] : [])])("conditional() on %s", (backend) => {
  useBackend(backend);

  test("reads neither unknown values nor what chains hold of known ones", async () => {
    const a = model();
    const b = conditional(gaussian, { values: tensor2d([[X0, -7]]), known: tensor2d([[1, 0]], [1, 2], "bool") });
    const [x, other] = [tensor2d([[0, 3]]), tensor2d([[-4, 3]])];
    const expected = await read(gaussian.score(tensor2d([[X0, 3]])));
    for (const conditioned of [a, b]) {
      for (const at of [x, other]) {
        expect(await read(conditioned.score(at))).toEqual([0, expected[1]]);
        expect(await read(conditioned.logDensity(at))).toBeAllclose(
          await read(gaussian.logDensity(tensor2d([[X0, 3]]))),
        );
        expect(await read(conditioned.complete(at))).toEqual([X0, 3]);
      }
    }
  });

  test("takes a mask for each example and for parts of the input", async () => {
    const ones = { score: (x: Tensor) => add(zeros(x.shape), 1) };
    const known = tensor2d([1, 0, 0, 0, 1, 0], [2, 3], "bool");
    const each = conditional(ones, { values: tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), known });
    expect(await read(each.score(zeros([2, 3])))).toEqual([0, 1, 1, 1, 0, 1]);
    expect(await read(each.complete(zeros([2, 3])))).toEqual([1, 0, 0, 0, 5, 0]);
    // Rows of two images: the upper one is known.
    const rows = tensor2d([1, 0], [2, 1], "bool");
    const halves = conditional(ones, { values: tile(tensor1d([7]), [2]), known: rows });
    expect(await read(halves.complete(zeros([2, 2, 2])))).toEqual([7, 7, 0, 0, 7, 7, 0, 0]);
  });

  test("leaves no tensors, and frees none of the caller's", async () => {
    const [values, known, x] = [tensor1d([X0, 0]), first(), zeros([3, 2])];
    const conditioned = conditional(gaussian, { values, known });
    await leakFree(() => {
      const ends = [sgld(conditioned, { eta: 0.1 }), mala(conditioned, { stepSize: 0.1 })].map((kernel) =>
        run(kernel, x, { key: key(0), steps: 2 }),
      );
      dispose([...ends.map((end) => end.x), conditioned.complete(x)]);
      for (const end of ends) dispose(end as unknown as Record<string, Tensor>);
    });
    expect(await read(conditioned.complete(x))).toEqual([X0, 0, X0, 0, X0, 0]);
  });
});

test("conditional() passes labels on", async () => {
  const shifted = { score: (x: Tensor, y?: ArrayLike<number> | Tensor) => add(zeros(x.shape), (y as number[])[0]!) };
  const known = tensor1d([0, 1], "bool");
  const conditioned = conditional(shifted, { values: tensor1d([0, 0]), known });
  expect(await read(conditioned.score(zeros([1, 2]), [4]))).toEqual([4, 0]);
  expect("logDensity" in conditioned).toBe(false);
});

test("conditional() goes on through sample()", async () => {
  const conditioned = model();
  const { x } = await sample(mala(conditioned, { stepSize: 0.3 }), zeros([50, 2]), {
    key: key(3),
    samples: 40,
    burnIn: 20,
  });
  const free = slice(conditioned.complete(x!), [0, 0, 1], [40, 50, 1]);
  // 2,000 samples of chains that forget within a few steps: a twentieth of them would do.
  expect(Math.abs((await read(mean(free)))[0]! - EXPECTED.mean)).toBeLessThan(4 * Math.sqrt(EXPECTED.variance / 100));
});

test("conditional() refuses what does not fit", () => {
  const values = tensor1d([0, 0]);
  expect(() => conditional({} as DensityModel, { values, known: first() })).toThrow(
    "head must have a score() but found object",
  );
  expect(() => conditional(gaussian, { values, known: values })).toThrow("known must be bool but found float32");
  const long = conditional(gaussian, { values: tensor1d([0, 0, 0]), known: first() });
  expect(() => long.score(zeros([4, 2]))).toThrow("values must broadcast to [4, 2] but found [3]");
  const deep = conditional(gaussian, { values, known: zeros([1, 1, 2], "bool") });
  expect(() => deep.complete(zeros([4, 2]))).toThrow("known must broadcast to [4, 2] but found [1, 1, 2]");
});
