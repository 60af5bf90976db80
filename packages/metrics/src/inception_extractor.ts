import type { FeatureExtractor, TensorLike } from "./feature_extractor.ts";
import { modelExtractor } from "./model_extractor.ts";

/** The part of a GraphModel that {@linkcode inceptionExtractor} uses. */
export interface GraphModelLike<T extends TensorLike> {
  /** Runs the model up to the named nodes. */
  execute(x: T, outputs: string[]): TensorLike | TensorLike[];
}

/** Options of {@linkcode inceptionExtractor}. */
export interface InceptionExtractorOptions<T extends TensorLike> {
  /** The name of the network and of its weights. */
  readonly name: string;
  /** Makes a tensor: `tf.tensor4d`. */
  readonly tensor4d: (data: Float32Array, shape: [number, number, number, number]) => T;
  /** The range of the values that are given. @default {[0, 255]} */
  readonly inputRange?: readonly [low: number, high: number];
  /** The node of the features. @default {"pool_3"} */
  readonly featuresNode?: string;
  /** The node of the probabilities. @default {"softmax"} */
  readonly probabilitiesNode?: string;
}

/**
 * A user's Inception network of 2015 (`tf.loadGraphModel(url)`) as an extractor, with the preparation of the original
 * FID: values in [-1, 1), 299 x 299 by `"bilinear-tf1"`, three channels. Weights are not supplied; only with the original
 * ones may a result be called FID.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { inceptionExtractor } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * // const model = await tf.loadGraphModel("file://inception/model.json");
 * const model = { execute: (x: tf.Tensor) => [tf.mean(x, [1, 2]), tf.max(x, [1, 2])] };
 * const extractor = inceptionExtractor(model, { name: "inception-2015-12-05", tensor4d: tf.tensor4d });
 * const { features } = await extractor.extract({ data: [0, 255, 0, 255], shape: [1, 2, 2, 1] });
 * expect(features.shape).toEqual([1, 3]);
 * ```
 *
 * @param model The network.
 * @param options Its name, how to make tensors, and its nodes.
 * @returns An extractor of features `[n, 2048]` and probabilities `[n, 1008]`.
 */
export function inceptionExtractor<T extends TensorLike>(
  model: GraphModelLike<NoInfer<T>>,
  options: InceptionExtractorOptions<T>,
): FeatureExtractor {
  const { name, tensor4d, inputRange = [0, 255], featuresNode = "pool_3", probabilitiesNode = "softmax" } = options;
  return modelExtractor<T>(
    (x) => {
      const outputs = model.execute(x, [featuresNode, probabilitiesNode]);
      const [features, probabilities] = Array.isArray(outputs) ? outputs : [outputs];
      return probabilities ? { features: features!, probabilities } : { features: features! };
    },
    // (x - 128) / 128 for x in [0, 255].
    { name, tensor4d, inputRange, modelRange: [-1, 127 / 128], size: [299, 299], resize: "bilinear-tf1", channels: 3 },
  );
}
