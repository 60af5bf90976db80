import type { Images, ResizeMode } from "./images.ts";
import type { FlatMatrix } from "./matrix.ts";

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
