import { energyHead } from "@jem-js/energy";
import { wilsonInterval } from "@jem-js/metrics";
import { mlp } from "@jem-js/models";
import { foldIn, key } from "@jem-js/random";
import type { LearningSeries } from "@jem-js/report";
import { classifierProcedure, fit } from "@jem-js/trainer";
import * as tf from "@tensorflow/tfjs";
import { drawPoints } from "./plane.ts";

const SIZES = [4, 16, 64, 256];
const TESTED = 2000;

/** The accuracy in the plane of networks that learned from a few points, by cross-entropy, with intervals. */
export async function measureLearning(iterations: number): Promise<LearningSeries> {
  const [from, test] = [key(4), drawPoints(key(5), TESTED)];
  const all = drawPoints(foldIn(from, 0), SIZES.at(-1)!);
  const correct: number[] = [];
  for (const size of SIZES) {
    const model = mlp(foldIn(from, 1), { inputShape: [2], units: [64, 64], classes: 4, activation: "swish" });
    const head = energyHead(model);
    function* batches() {
      for (;;) {
        const x = tf.tensor2d(all.values.subarray(0, 2 * size), [size, 2]);
        yield { x, labels: tf.tensor1d(all.labels.subarray(0, size), "int32") };
      }
    }
    await fit(classifierProcedure(head), batches(), {
      optimizer: tf.train.adam(3e-3),
      variables: model.trainableWeights.map((weight) => weight.read() as tf.Variable),
      iterations,
      key: foldIn(from, 2),
    });
    const classes = tf.tidy(() => head.logits(tf.tensor2d(test.values, [TESTED, 2])).argMax(1));
    const predicted = await classes.data();
    classes.dispose();
    model.dispose();
    correct.push(test.labels.filter((label, i) => label === predicted[i]).length);
  }
  const values = correct.map((count) => count / TESTED);
  return { name: "cross-entropy", sizes: SIZES, values, intervals: correct.map((n) => wilsonInterval(n, TESTED)) };
}
