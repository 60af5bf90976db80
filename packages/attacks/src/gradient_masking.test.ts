import { key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  add,
  cast,
  concat,
  customGrad,
  less,
  mul,
  ones,
  sin,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor2d,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { linearPair, pairInputs } from "../testing/linear_pair.ts";
import { eotModel, type GradientMaskingOptions, gradientMasking, noisyModel } from "./mod.ts";

const honest = linearPair(2);
const labels = [0, 0, 0, 0]; // the last is misclassified
const options = { norm: "linf", epsilon: 0.15, key: key(0), draws: 10 } as const;

test("gradientMasking() finds nothing suspicious in a linear classifier", async () => {
  const found = await gradientMasking(honest, pairInputs(), labels, options);
  const { gradientNorms, incompleteOptimization, ...indicators } = found;
  for (const [name, { suspicious }] of Object.entries(indicators)) expect([name, suspicious]).toEqual([name, false]);
  expect(found.randomLogits.value).toBe(0);
  expect(found.unboundedFailure.value).toBe(0);
  expect(found.lossGap.value).toBe(0);
  // The gradient of CE = log(1 + exp(-2 z)), z = 2 (a - b), is -4 sigmoid(-2 z) (1, -1).
  const expected = [0.6, 0.2, 0.15].map((d) => 8 / (1 + Math.exp(4 * d)));
  expect([...gradientNorms].slice(0, 3)).toBeAllclose(expected);
  // From x the attack is at the edge before its last steps.
  expect(incompleteOptimization.value).toBe(0);
});

test("gradientMasking() notices a loss that underflows", async () => {
  const saturated = (x: Tensor): Tensor2D => mul(honest(x), 1000) as Tensor2D;
  const found = await gradientMasking(saturated, pairInputs(), labels, options);
  // The gradient of the cross-entropy is 0 where the margin is above about 100; that of the margin is not.
  expect(found.zeroGradients).toEqual({ value: 1, threshold: 0, suspicious: true });
  expect(found.unboundedFailure).toEqual({ value: 1, threshold: 0, suspicious: true });
  expect(found.lossGap.suspicious).toBe(true);
  expect(found.lossGap.value).toBeCloseTo(2 / 3, 12);
});

test("gradientMasking() notices noise, and that an expectation has less of it", async () => {
  const rugged = noisyModel((x) => honest(add(x, mul(sin(mul(x, 20)), 0.15))), { noiseScale: 0.2 });
  const few = { ...options, draws: 2, steps: 4 };
  const one = await gradientMasking(eotModel(rugged, { key: key(1), draws: 1 }), pairInputs(), labels, few);
  expect(one.randomLogits.suspicious).toBe(true);
  expect(one.noisyGradients.suspicious).toBe(true);
  // The slope of the noise is 3 cos, that of what is under it 1: the cosine of two draws is about 1 / (1 + 4.5 / draws).
  const many = await gradientMasking(eotModel(rugged, { key: key(1), draws: 40 }), pairInputs(), labels, few);
  expect(many.noisyGradients.value).toBeLessThan(one.noisyGradients.value / 2);
});

test("gradientMasking() notices a success on the path, and a path that is too short", async () => {
  const inside = customGrad((...inputs) => {
    const offset = sub(inputs[0] as Tensor, 0.47);
    return { value: cast(less(mul(offset, offset), 0.0015), "float32"), gradFunc: (dy: Tensor) => mul(dy, 0) };
  });
  // Class 1 in a band that the attack, led by the logit of class 0, crosses and leaves behind.
  const band = (x: Tensor): Tensor2D => {
    const first = sum(mul(x, tensor2d([[1, 0]])), 1, true);
    return concat([mul(first, 0.5), mul(inside(first), 2)], 1) as Tensor2D;
  };
  const x = tensor2d([[0.6, 0.5]]);
  const found = await gradientMasking(band, x, [0], { ...options, epsilon: 0.3, steps: 20 });
  expect(found.silentSuccess).toEqual({ value: 1, threshold: 0.05, suspicious: true });

  // All of the rise is that of the last step.
  const short = await gradientMasking(honest, x, [0], { ...options, epsilon: 0.01, steps: 1 });
  expect(short.incompleteOptimization).toEqual({ value: 1, threshold: 0.05, suspicious: true });
});

test("gradientMasking() has NaN, which is not suspicious, where everything is misclassified", async () => {
  const found = await gradientMasking(honest, pairInputs(), [1, 1, 1, 0], options);
  expect(found.zeroGradients).toEqual({ value: Number.NaN, threshold: 0, suspicious: false });
});

test("gradientMasking() gives equal keys equal results and leaves no tensor", async () => {
  const x = pairInputs();
  await leakFree(async () => {
    const found = await gradientMasking(honest, x, labels, options);
    expect(await gradientMasking(honest, x, labels, options)).toEqual(found);
    await expect(gradientMasking(honest, x, [0, 0, 0, 2], options)).rejects.toThrow(RangeError);
  });
});

test("gradientMasking() rejects what it cannot look at", async () => {
  const cases: [Partial<GradientMaskingOptions>, string][] = [
    [{ epsilon: 0 }, "Cannot look for gradient masking: epsilon must be greater than 0 but found 0"],
    [{ steps: 0 }, "steps must be a positive integer but found 0"],
    [{ draws: 0 }, "draws must be a positive integer but found 0"],
    [{ bounds: [0.5, 1] }, "x must lie in the bounds [0.5, 1]"],
    // @ts-expect-error: no such norm
    [{ norm: "l0" }, 'norm must be "linf", "l2" or "l1" but found l0'],
  ];
  for (const [some, message] of cases) {
    await expect(gradientMasking(honest, pairInputs(), labels, { ...options, ...some })).rejects.toThrow(message);
  }
  await expect(gradientMasking(honest, ones([0, 2]), [], options)).rejects.toThrow("but found none");
});
