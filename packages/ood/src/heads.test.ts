import { key, normalValues } from "@jem-js/random";
import { expectNumericGradient, golden, leakFree } from "@jem-js-internal/testing";
import {
  matMul,
  mul,
  ones,
  softmax,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  train,
  zeros,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { decision, fitLogistic } from "./_logistic_regression.ts";
import { classGaussianHead, decomposedConfidence, generalizedOdin, mcdd, reparameterize, ufel } from "./mod.ts";

const { F13_godin: F13, F14_mcdd: F14, F3_maha: F3 } = golden("ood_fixtures");

function fixtureHead(similarity: "inner" | "euclidean" | "cosine") {
  const head = decomposedConfidence({ features: 3, classes: 3, key: key(0), similarity });
  const [kernel, ...others] = head.variables;
  kernel!.assign(tensor2d(F13.W).transpose());
  if (similarity === "inner") others.shift()!.assign(tensor1d(F13.b as number[]));
  const [gate, gateBias, gamma, beta] = others;
  gate!.assign(tensor2d(F13.wg, [3, 1]));
  gateBias!.assign(tensor1d([F13.bg]));
  gamma!.assign(tensor1d([F13.bn.gamma]));
  beta!.assign(tensor1d([F13.bn.beta]));
  head.statistics[0].assign(tensor1d([F13.bn.mean]));
  head.statistics[1].assign(tensor1d([F13.bn.var]));
  return head;
}

describe("decomposedConfidence()", () => {
  const feature = () => tensor2d([F13.feat]);

  test("numerators, denominator and logits of fixture F13", async () => {
    expect(await fixtureHead("inner").numerator(feature()).data()).toBeAllclose(F13.h_inner);
    expect(await fixtureHead("euclidean").numerator(feature()).data()).toBeAllclose(F13.h_euclid_paper);
    const head = fixtureHead("cosine");
    expect(await head.numerator(feature()).data()).toBeAllclose(F13.h_cos);
    expect(await head.denominator(feature()).data()).toBeAllclose([F13.g]);
    expect(await head.logits(feature()).data()).toBeAllclose(F13.f_cos);
    expect(await softmax(head.logits(feature())).data()).toBeAllclose(F13.p_cos);
  });

  test("in training normalises by the batch and moves its statistics", async () => {
    const head = decomposedConfidence({ features: 1, classes: 2, key: key(0) });
    head.variables[1]!.assign(tensor2d([[2]]));
    const g = await head.denominator(tensor2d([[1], [3]]), true).data();
    // 2 and 6 have the mean 4 and the variance 4.
    expect(g).toBeAllclose([1 / (1 + Math.E), Math.E / (1 + Math.E)]);
    expect(await head.statistics[0].data()).toBeAllclose([0.4]);
    expect(await head.statistics[1].data()).toBeAllclose([1.3]);
  });

  test.each(["inner", "euclidean", "cosine"] as const)("%s has the gradients of its values", async (similarity) => {
    const head = fixtureHead(similarity);
    const weights = tensor2d([[0.5, -1, 2]]);
    await expectNumericGradient((f) => mul(head.logits(f as Tensor2D), weights).sum(), tensor2d([[0.7, 1.2, -0.4]]));
  });

  test("a feature of 0 gives cosines of 0, and finite gradients", async () => {
    expect(
      await fixtureHead("cosine")
        .numerator(tensor2d([[0, 0, 0]]))
        .data(),
    ).toBeAllclose([0, 0, 0]);
  });

  test("frees its variables", async () => {
    await leakFree(async () => {
      const head = decomposedConfidence({ features: 3, classes: 2, key: key(1) });
      const f = tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
      head.logits(f, true).dispose();
      f.dispose();
      head.dispose();
    });
  });

  test("gives reasons", () => {
    expect(() => decomposedConfidence({ features: 0, classes: 2, key: key(0) })).toThrow(
      "features must be an integer of at least 1",
    );
    expect(() => decomposedConfidence({ features: 1, classes: 1, key: key(0) })).toThrow(
      "classes must be an integer of at least 2",
    );
  });
});

describe("generalizedOdin()", () => {
  const linear = (x: Tensor) => {
    const f = matMul(x as Tensor2D, tensor2d(F3.pre.A), false, true);
    return { logits: f as Tensor2D, features: { numerator: f } };
  };
  const x = tensor2d(F3.X);

  test("chooses the longest step where the confidence rises along it", async () => {
    const detector = await generalizedOdin().fit(linear, { x });
    expect(detector.toJSON().state).toEqual({ epsilon: 0.08 });
    // Of [2, 1] the second row of A, [-0.3, 2], gives 1.4 and the first, [1, 0.5], 2.5: the step adds 0.08 * 1.5.
    expect(await detector.score(tensor2d([F3.pre.x]))).toBeAllclose([-2.62]);
  });

  test("chooses no step where the gradient is 0", async () => {
    const constant = (input: Tensor) => ({ logits: input as Tensor2D, features: { numerator: mul(input, 0) } });
    const detector = await generalizedOdin().fit(constant, { x });
    expect(detector.toJSON().state).toEqual({ epsilon: 0 });
  });

  test("leaves no tensors behind", async () => {
    const identity = (input: Tensor) => ({ logits: input as Tensor2D, features: { numerator: input } });
    await leakFree(async () => {
      const detector = await generalizedOdin({ std: [1, 2] }).fit(identity, { x });
      await detector.score(x);
    });
  });

  test("gives reasons", async () => {
    expect(() => generalizedOdin({ epsilons: [] })).toThrow("epsilons must have at least 1 number but found 0");
    expect(() => generalizedOdin({ epsilons: [-1] })).toThrow(RangeError);
    await expect(generalizedOdin().fit((input: Tensor) => input as Tensor2D, { x })).rejects.toThrow(
      'it must give the feature "numerator" but found a function without',
    );
  });
});

describe("classGaussianHead() and mcdd()", () => {
  function fixture() {
    const head = classGaussianHead({ features: 2, classes: 2, key: key(0) });
    head.variables[0].assign(tensor2d(F14.centers));
    head.variables[1].assign(tensor1d(F14.logsigma as number[]));
    head.variables[2].assign(tensor1d(F14.bias as number[]));
    return head;
  }

  test("distances, probabilities, loss and score of fixture F14", async () => {
    const head = fixture();
    const f = tensor2d(F14.f);
    expect(await head.distances(f).data()).toBeAllclose(F14.D.flat());
    expect(await softmax(head.logits(f)).data()).toBeAllclose(F14.p.flat());
    expect(await head.loss(f, F14.y).data()).toBeAllclose([F14.loss_lam1]);
    expect(await head.loss(f, tensor1d(F14.y as number[], "int32")).data()).toBeAllclose([F14.loss_lam1]);
    const detector = await mcdd().fit((x: Tensor) => ({
      logits: head.logits(x as Tensor2D),
      features: { distances: head.distances(x as Tensor2D) },
    }));
    expect(await detector.score(f)).toBeAllclose(F14.conf.map((value: number) => -value));
  });

  test("the loss is the push alone without a pull, and has the gradients of its values", async () => {
    const head = classGaussianHead({ features: 2, classes: 2, key: key(0), pull: 0 });
    head.variables[0].assign(tensor2d(F14.centers));
    head.variables[1].assign(tensor1d(F14.logsigma as number[]));
    head.variables[2].assign(tensor1d(F14.bias as number[]));
    expect(await head.loss(tensor2d(F14.f), F14.y).data()).toBeAllclose([F14.push]);
    await expectNumericGradient((f) => fixture().loss(f as Tensor2D, F14.y), tensor2d(F14.f));
  });

  test("training moves centers to the classes, and what is far away scores more", async () => {
    // Two classes at (-4, 0) and (4, 0) of deviation 1/2; the features are the inputs.
    const noise = normalValues(key(2), 80).map((value) => value / 2);
    const labels = Array.from({ length: 40 }, (_, i) => i % 2);
    const x = tensor2d(
      noise.map((value, j) => value + (j % 2 === 0 ? 8 * labels[j >> 1]! - 4 : 0)),
      [40, 2],
    );
    const head = classGaussianHead({ features: 2, classes: 2, key: key(0) });
    const optimizer = train.adam(0.1);
    for (let step = 0; step < 150; step++) optimizer.minimize(() => head.loss(x, labels), false, [...head.variables]);
    // A class mean of 20 has a standard error of 0.5 / sqrt(20) = 0.11; the push moves centers apart by more than that.
    const centers = await head.variables[0].array();
    [
      [-4, 0],
      [4, 0],
    ].forEach((center, k) => {
      const found = (centers as number[][])[k]!;
      expect(Math.hypot(found[0]! - center[0]!, found[1]! - center[1]!)).toBeLessThan(0.5);
    });
    const detector = await mcdd().fit((input: Tensor) => ({
      logits: head.logits(input as Tensor2D),
      features: { distances: head.distances(input as Tensor2D) },
    }));
    const scores = await detector.score(x);
    const [far] = await detector.score(tensor2d([[0, 9]]));
    expect(far).toBeGreaterThan(Math.max(...scores));
  });

  test("frees its variables, and gives reasons", async () => {
    await leakFree(() => classGaussianHead({ features: 2, classes: 2, key: key(0) }).dispose());
    expect(() => classGaussianHead({ features: 2, classes: 2, key: key(0), pull: -1 })).toThrow(
      "pull must be finite and at least 0",
    );
  });
});

describe("reparameterize() and ufel()", () => {
  test("a log-variance of -60 gives the mean, one of log 4 a deviation of 2", async () => {
    const mean = tensor2d([1, -2, 3, 0.5], [2, 2]);
    expect(await reparameterize(mean, mul(ones([2, 2]), -60), { key: key(0) }).data()).toBeAllclose([1, -2, 3, 0.5]);
    const draws = await reparameterize(zeros([4000, 1]), mul(ones([4000, 1]), Math.log(4)), { key: key(1) }).data();
    const variance = Float64Array.from(draws).reduce((sum, value) => sum + value * value, 0) / 4000;
    // The standard error of a variance of normals is 4 sqrt(2 / n).
    expect(Math.abs(variance - 4)).toBeLessThan(4 * 4 * Math.sqrt(2 / 4000));
    expect(() => reparameterize(ones([2]), ones([3]), { key: key(0) })).toThrow(
      "logVariance must be [2] but found [3]",
    );
  });

  test("ufel() is a logistic regression on the largest probability and mean log-variances", async () => {
    const classifier = (x: Tensor) => ({ logits: x as Tensor2D, features: { a: mul(x, 2), b: x.add(1) } });
    const inside = [
      [2, 0],
      [0, 1],
      [1, -1],
    ];
    const outside = [
      [3, 2],
      [2, 3],
    ];
    const describe = ([a, b]: number[]): number[] => [
      1 / (1 + Math.exp(-Math.abs(a! - b!))),
      a! + b!,
      (a! + b!) / 2 + 1,
    ];
    const detector = await ufel({ logVariances: ["a", "b"], c: 2 }).fit(
      classifier,
      { x: tensor2d(inside) },
      { outOfDistribution: { x: tensor2d(outside) } },
    );
    const regression = fitLogistic([...inside, ...outside].map(describe), [false, false, false, true, true], 2);
    const probe = [
      [1, 1],
      [-1, 4],
    ];
    expect(await detector.score(tensor2d(probe))).toBeAllclose(
      probe.map((row) => decision(regression, describe(row))),
      { rtol: 1e-6 },
    );
    expect(() => ufel({ logVariances: [] })).toThrow("layers must be a list of at least one name");
  });
});
