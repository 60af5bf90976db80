import type { Tensor } from "@tensorflow/tfjs-core";
import type { Classifier } from "./classifier.ts";
import type { OpenClassifier } from "./open_classifier.ts";
import type { Source } from "./source.ts";

/** What a fit may see beside the examples that it is made on. */
export interface Auxiliary {
  /** In-distribution examples kept apart, for detectors that calibrate themselves. @default {the in-distribution examples} */
  readonly validation?: Source;
  /**
   * Out-of-distribution examples, for detectors that are tuned with some; the others never look at them.
   * @default {none}
   */
  readonly outOfDistribution?: Source;
}

/** A detector as JSON: everything that it is but its classifier. */
export interface DetectorState {
  /** What this is. */
  readonly format: "jem-js/detector";
  /** The version of the format. */
  readonly version: 1;
  /** The name of the detector. */
  readonly name: string;
  /** Its options. */
  readonly options: object;
  /** What the fit had to do beside the method, such as features that were dropped. */
  readonly notes: readonly string[];
  /** What was fitted. */
  readonly state: object;
}

/**
 * An out-of-distribution detector. Its scores are larger for inputs that are more anomalous, always.
 *
 * `Tuned` says in the type whether a fit sees out-of-distribution examples: figures of a `Detector<true>` hold for what looks
 * like those, and are not to be compared with figures of a `Detector<false>`.
 */
export interface Detector<Tuned extends boolean = boolean> {
  /** The name of the method. */
  readonly name: string;
  /** Whether its fit takes out-of-distribution examples. */
  readonly tunedWithOutOfDistribution: Tuned;
  /** Whether it was fitted. */
  readonly fitted: boolean;
  /** What the last fit had to do beside the method, such as features that were dropped. */
  readonly notes: readonly string[];
  /**
   * Fits the detector, in one or more passes over the examples, and keeps the classifier to score with. The classifier, and
   * everything that is given, is borrowed. When it throws, the detector is what it was.
   */
  fit(classifier: Classifier | OpenClassifier, inDistribution?: Source, auxiliary?: Auxiliary): Promise<this>;
  /** Scores inputs `[batch, ...input]`: `[batch]`, larger for more anomalous ones. */
  score(x: Tensor): Promise<Float64Array>;
  /** What was fitted, for `detectorFromJson`: equal fits give equal bytes, and all numbers are exact. */
  toJSON(): DetectorState;
}
