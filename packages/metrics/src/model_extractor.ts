import { identityOf, prepareImages } from "./_prepare_images.ts";
import type { ExtractorInputOptions, FeatureExtractor, TensorLike } from "./feature_extractor.ts";
import type { FlatMatrix } from "./matrix.ts";

/** Options of {@linkcode modelExtractor}. */
export interface ModelExtractorOptions<T extends TensorLike> extends ExtractorInputOptions {
  /** The name of the model, and of its weights (a hash), to tell results of different ones apart. */
  readonly name: string;
  /** Makes a tensor: `tf.tensor4d`. */
  readonly tensor4d: (data: Float32Array, shape: [number, number, number, number]) => T;
}

/**
 * A model as an extractor: `run` gets the prepared images as a tensor `[n, height, width, channels]` and returns the
 * features and, if there are, the probabilities. All tensors are disposed.
 *
 * - A GraphModel: `(x) => ({ features: model.execute(x, "pool_3") })`.
 * - A LayersModel: `(x) => ({ features: inner.predict(x), probabilities: model.predict(x) })`, with `inner` a model of its
 *   penultimate layer.
 * - A classifier of one's own: any function.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { modelExtractor } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const run = (x: tf.Tensor) => ({ features: tf.mean(x, [1, 2]) });
 * const extractor = modelExtractor(run, { name: "average color", tensor4d: tf.tensor4d });
 * const { features } = await extractor.extract({ data: [0, 1, 1, 1], shape: [2, 1, 2, 1] });
 * expect([...(features.data as Float32Array)]).toEqual([0.5, 1]);
 * ```
 *
 * @param run The model.
 * @param options Its name, how to make tensors, resizing and range.
 * @returns An extractor.
 */
export function modelExtractor<T extends TensorLike>(
  run: (x: T) => { readonly features: TensorLike; readonly probabilities?: TensorLike },
  options: ModelExtractorOptions<T>,
): FeatureExtractor {
  return {
    id: identityOf(options.name, options),
    async extract(images) {
      const { data, shape } = prepareImages(images, options);
      const x = options.tensor4d(Float32Array.from(data), shape);
      const { features, probabilities } = run(x);
      const result = {
        features: await rowsOf(features, shape[0]),
        probabilities: probabilities && (await rowsOf(probabilities, shape[0])),
      };
      for (const tensor of new Set([x, features, probabilities])) tensor?.dispose();
      return result;
    },
  };
}

async function rowsOf(tensor: TensorLike, count: number): Promise<FlatMatrix> {
  const data = await tensor.data();
  if (tensor.shape[0] !== count) {
    throw new TypeError(`Cannot extract features: the model must return ${count} rows but found ${tensor.shape[0]}`);
  }
  return { data, shape: [count, data.length / count] };
}
