import { type DirichletMeasure, dirichlet, ufel } from "@jem-js/ood";
import { key, normal } from "@jem-js/random";
import { concat, mul, neg, relu, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { dirichletPrediction } from "./dirichlet_prediction.ts";
import { layerwiseNetwork } from "./layerwise_network.ts";
import { summarize } from "./summarize.ts";
import type { DirichletSummary } from "./summary.ts";

describe("summarize() of a Dirichlet prediction agrees in float32 with the detector of @jem-js/ood in float64:", () => {
  const logits = mul(normal(key(0), [200, 10]), 4) as Tensor2D;
  const summary = summarize(dirichletPrediction(logits));

  test.each<[DirichletMeasure, keyof DirichletSummary]>([
    ["mutualInformation", "epistemic"],
    ["entropy", "total"],
    ["differentialEntropy", "differentialEntropy"],
    ["pairwiseDivergence", "pairwiseDivergence"],
  ])("%s", async (measure, name) => {
    const detector = await dirichlet({ measure }).fit((x: Tensor) => x as Tensor2D);
    expect(await summary[name].data()).toBeAllclose(await detector.score(logits));
  });

  test("maxProbability and precision, of which the scores are negative", async () => {
    const scores = async (measure: DirichletMeasure) =>
      (await dirichlet({ measure }).fit((x: Tensor) => x as Tensor2D)).score(logits);
    expect(await neg(summary.maxProbability).data()).toBeAllclose(await scores("maxProbability"));
    expect(Array.from(await summary.precision.data(), (value) => -Math.log(value))).toBeAllclose(
      await scores("precision"),
    );
  });
});

test("ufel() of @jem-js/ood takes the outputs of layerwiseNetwork()", async () => {
  // The log-variance grows with the distance from the origin.
  const network = layerwiseNetwork([(x) => concat([x, mul(x, x)], -1), (x) => concat([relu(x), x], -1)]);
  const detector = await ufel({ logVariances: network.logVariances }).fit(
    network.outputs,
    { x: normal(key(1), [40, 2]) },
    { outOfDistribution: { x: mul(normal(key(2), [40, 2]), 9) } },
  );
  const [near, far] = await detector.score(
    tensor2d([
      [0.2, 0.1],
      [9, -8],
    ]),
  );
  expect(far).toBeGreaterThan(near!);
});
