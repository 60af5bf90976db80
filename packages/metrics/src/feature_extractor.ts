import { checkArray, checkChoice, checkCount } from "./_check.ts";
import { checkImages } from "./_check_images.ts";
import type { Images, ResizeMode } from "./images.ts";
import type { FlatMatrix } from "./matrix.ts";
import { resizeImages } from "./resize_images.ts";

/** The part of a TensorFlow.js tensor that extractors use. */
export interface TensorLike {
  /** Its shape. */
  readonly shape: readonly number[];
  /** Reads its values. */
  data(): Promise<ArrayLike<number>>;
  /** Frees it. */
  dispose(): void;
}

/** What an extractor gives for images. */
export interface ExtractedFeatures {
  /** The features, `[n, dimension]`. */
  readonly features: FlatMatrix;
  /** Class probabilities, `[n, classes]`, where the extractor has them. */
  readonly probabilities?: FlatMatrix | undefined;
}

/** What turns images into features. Its `id` states everything that changes them: results of different ids do not compare. */
export interface FeatureExtractor {
  /** The identity: name, weights, size and mode of resizing, range. */
  readonly id: string;
  /** Extracts the features of one batch of images; each row must not depend on the others. */
  extract(images: Images): Promise<ExtractedFeatures>;
}

/** How images are made ready for an extractor. */
export interface ExtractorInputOptions {
  /** The height and width that images are resized to. @default {undefined: they are left as they are} */
  readonly size?: readonly [height: number, width: number] | undefined;
  /** How they are resized. @default {"none"} */
  readonly resize?: ResizeMode;
  /** The range of the values that are given. @default {[0, 1]} */
  readonly inputRange?: readonly [low: number, high: number];
  /** The range of the values that the model takes. @default {[0, 1]} */
  readonly modelRange?: readonly [low: number, high: number];
  /** How many channels the model takes; grey images are repeated. @default {undefined: as many as there are} */
  readonly channels?: number | undefined;
}

/** Options of {@linkcode modelExtractor}. */
export interface ModelExtractorOptions extends ExtractorInputOptions {
  /** The name of the model, and of its weights (a hash), to tell results of different ones apart. */
  readonly name: string;
  /** Makes a tensor: `tf.tensor4d`. */
  readonly tensor4d: (data: Float32Array, shape: [number, number, number, number]) => TensorLike;
}

/**
 * Raw pixels as features: what needs no network, and a floor for what one adds.
 *
 * @example Usage
 * ```ts
 * import { pixelExtractor } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const { features } = await pixelExtractor().extract({ data: [0, 1, 1, 0], shape: [2, 1, 2, 1] });
 * expect(features.shape).toEqual([2, 2]);
 * ```
 *
 * @param options Resizing and range.
 * @returns An extractor.
 */
export function pixelExtractor(options: ExtractorInputOptions = {}): FeatureExtractor {
  return {
    id: identity("pixels", options),
    async extract(images) {
      const { data, shape } = prepare(images, options);
      return { features: { data, shape: [shape[0], data.length / shape[0]] } };
    },
  };
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
  options: Omit<ModelExtractorOptions, "tensor4d"> & {
    readonly tensor4d: (data: Float32Array, shape: [number, number, number, number]) => T;
  },
): FeatureExtractor {
  return {
    id: identity(options.name, options),
    async extract(images) {
      const { data, shape } = prepare(images, options);
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

/** The part of a GraphModel that {@linkcode inceptionExtractor} uses. */
export interface GraphModelLike<T extends TensorLike> {
  /** Runs the model up to the named nodes. */
  execute(x: T, outputs: string[]): TensorLike | TensorLike[];
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
  model: GraphModelLike<T>,
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

function identity(name: string, options: ExtractorInputOptions): string {
  const { size, resize = "none", inputRange = [0, 1], modelRange = [0, 1], channels } = options;
  if (size) {
    checkArray("make an extractor", "size", size);
    checkChoice("make an extractor", "resize", resize, [
      "none",
      "bilinear-tf1",
      "bilinear-half-pixel",
      "bicubic-antialias",
    ]);
  }
  if (channels !== undefined) checkCount("make an extractor", "channels", channels);
  const resized = size ? ` ${size.join("x")} ${resize}` : "";
  const repeated = channels === undefined ? "" : ` ${channels} channels`;
  return `${name}${resized}${repeated} [${inputRange.join(", ")}] to [${modelRange.join(", ")}]`;
}

function prepare(images: Images, options: ExtractorInputOptions): ReturnType<typeof resizeImages> {
  const { size, resize = "none", inputRange = [0, 1], modelRange = [0, 1], channels } = options;
  checkImages("extract features", images);
  const [count, height, width, given] = images.shape;
  const resized = resizeImages(images, size ?? [height, width], resize);
  const scale = (modelRange[1] - modelRange[0]) / (inputRange[1] - inputRange[0]);
  const scaled = resized.data.map((value) => modelRange[0] + scale * (value - inputRange[0]));
  if (channels === undefined || channels === given) return { data: scaled, shape: resized.shape };
  if (given !== 1) {
    throw new TypeError(`Cannot extract features: images must have 1 or ${channels} channels but found ${given}`);
  }
  const data = new Float64Array(scaled.length * channels);
  for (let i = 0; i < data.length; i++) data[i] = scaled[Math.floor(i / channels)]!;
  return { data, shape: [count, resized.shape[1], resized.shape[2], channels] };
}

async function rowsOf(tensor: TensorLike, count: number): Promise<FlatMatrix> {
  const data = await tensor.data();
  if (tensor.shape[0] !== count) {
    throw new TypeError(`Cannot extract features: the model must return ${count} rows but found ${tensor.shape[0]}`);
  }
  return { data, shape: [count, data.length / count] };
}
