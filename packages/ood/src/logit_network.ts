import type { Key } from "@jem-js/random";
import { checkChoice } from "./_check.ts";
import { readLogits, rowOf } from "./_logits.ts";
import { networkDetector } from "./_network_detector.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode logitNetwork}. */
export interface LogitNetworkOptions {
  /** The key of the initial weights and of the order of the examples. */
  readonly key: Key;
  /** What is learned from. @default {"logits"} */
  readonly inputs?: "logits" | "softmax" | "logSoftmax";
  /** Whether they are sorted, the largest first, so that classes do not matter. @default {true} */
  readonly sorted?: boolean;
  /** How often the examples are gone through. @default {30} */
  readonly epochs?: number;
  /** The learning rate of Adam. @default {0.001} */
  readonly learningRate?: number;
  /** The widths of the hidden layers. @default {[64, 64]} */
  readonly hidden?: readonly number[];
}

/**
 * A network that looks at logits (introspection): the score is its logit, of three dense layers on the sorted logits of an input.
 *
 * It is trained by binary cross-entropy and Adam to tell validation examples from `auxiliary.outOfDistribution`: it is *tuned with
 * out-of-distribution examples*. The same detector on `"softmax"` shows what the softmax takes away: it forgets a constant
 * added to the logits, and saturates. The widths are ours, those of the original are not known; `learnedLogit` is the linear
 * variant. A fit takes one pass, and no labels.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { logitNetwork } from "@jem-js/ood";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => x as tf.Tensor2D;
 * const outOfDistribution = { x: tf.tensor2d([[1, 0], [0, 2]]) };
 * const detector = logitNetwork({ key: key(0) });
 * await detector.fit(classifier, { x: tf.tensor2d([[9, 1], [0, 7]]) }, { outOfDistribution });
 * const [sure, unsure] = await detector.score(tf.tensor2d([[0, 8], [1, 1]]));
 * expect(unsure).toBeGreaterThan(sure!);
 * ```
 *
 * @see {@link https://openreview.net/forum?id=Hkxp3JHtPr | Aigrain and Detyniecki, How the softmax activation hinders the detection of adversarial and out-of-distribution examples}
 *
 * @param options The key, what is learned from, and the training.
 * @returns The detector, to be fitted on any classifier; scores are `[batch]`, the logarithms of odds.
 * @throws {TypeError} When `inputs` is unknown; from `fit`, when there are no out-of-distribution examples.
 * @throws {RangeError} When `epochs` or a width is not a positive integer, or `learningRate` not above 0.
 */
export function logitNetwork(options: LogitNetworkOptions): Detector<true> {
  const { key, inputs = "logits", sorted = true, epochs = 30, learningRate = 1e-3, hidden = [64, 64] } = options;
  checkChoice("create logitNetwork", "inputs", inputs, ["logits", "softmax", "logSoftmax"]);
  return networkDetector({
    name: "logitNetwork",
    options: { key: [...key], inputs, sorted, epochs, learningRate, hidden: [...hidden] },
    needs: {},
    inputsOf({ logits, size, classes }) {
      const data = new Float32Array(size * classes);
      for (let i = 0; i < size; i++) data.set(readLogits(rowOf(logits, i, classes), { inputs, sorted }), i * classes);
      return [{ shape: [classes], data }];
    },
  });
}
