import { auroc } from "@jem-js/metrics";
import { foldIn, key, normal, split, uniform } from "@jem-js/random";
import {
  add,
  concat,
  cos,
  dispose,
  matMul,
  mul,
  relu,
  type Scalar,
  sin,
  type Tensor,
  type Tensor2D,
  tensor2d,
  tidy,
  train,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { dirichletPrediction } from "./dirichlet_prediction.ts";
import type { LogitsModel, PriorNetworkBatch } from "./model.ts";
import { precisionRegularizedLoss } from "./precision_regularized_loss.ts";
import { priorNetworkLoss } from "./prior_network_loss.ts";
import { summarize } from "./summarize.ts";

const centers = tensor2d([[1, 0], [-0.5, 0.9], [-0.5, -0.9]]); // biome-ignore format: a matrix
const labels = Array.from({ length: 90 }, (_, i) => i % 3);

/** Thirty points of each of three classes. */
function inside(seed: number): Tensor2D {
  return tidy(() => add(concat(Array(30).fill(centers)), mul(normal(key(seed), [90, 2]), 0.2)));
}

/** Points on a ring around them. */
function ring(seed: number): Tensor2D {
  return tidy(() => {
    const angle = mul(uniform(key(seed), [60, 1], { min: 0, max: 1 }), 2 * Math.PI);
    return mul(
      concat([cos(angle), sin(angle)], 1),
      add(mul(normal(foldIn(key(seed), 1), [60, 1]), 0.2), 2.5),
    ) as Tensor2D;
  });
}

test.each<[string, (network: LogitsModel, batch: PriorNetworkBatch) => Scalar]>([
  ["priorNetworkLoss(), reverse,", (...at) => priorNetworkLoss(...at)],
  ["priorNetworkLoss(), forward,", (...at) => priorNetworkLoss(...at, { divergence: "forward" })],
  ["precisionRegularizedLoss()", (...at) => precisionRegularizedLoss(...at, { outPrecision: -1 })],
])("%s teaches a network to know what is unlike its data", async (_, loss) => {
  const [first, second] = split(key(0)) as [ReturnType<typeof key>, ReturnType<typeof key>];
  const weights = [mul(normal(first, [2, 64]), 0.5), zeros([64]), mul(normal(second, [64, 3]), 0.1), zeros([3])].map(
    (w) => variable(w),
  ) as unknown as Tensor2D[];
  const [w, b, v, c] = weights as [Tensor2D, Tensor, Tensor2D, Tensor];
  const network = {
    logits: (x: Tensor) => add(matMul(relu(add(matMul(x as Tensor2D, w), b)) as Tensor2D, v), c) as Tensor2D,
  };
  const optimizer = train.adam(0.05);
  for (let step = 0; step < 80; step++) {
    const batch = { x: inside(step), labels, outOfDistribution: ring(step) };
    optimizer.minimize(() => loss(network, batch));
    dispose([batch.x, batch.outOfDistribution]);
  }
  const read = async (x: Tensor2D) => {
    const { epistemic, mean } = summarize(dirichletPrediction(network.logits(x)));
    return [await epistemic.data(), await mean.argMax(-1).data()] as const;
  };
  const [known, classes] = await read(inside(1000));
  const [unknown] = await read(ring(1001));
  expect(classes.filter((label, i) => label === labels[i]).length / 90).toBeGreaterThan(0.95);
  expect(auroc(unknown as Float32Array, known as Float32Array)).toBeGreaterThan(0.95);
  dispose(weights);
  optimizer.dispose();
});
