import { restore } from "./_method.ts";
import { METHODS } from "./_registry.ts";
import type { Classifier } from "./classifier.ts";
import { type CombineOptions, combine } from "./combine.ts";
import type { Detector, DetectorState } from "./detector.ts";
import type { OpenClassifier } from "./open_classifier.ts";

/**
 * Makes a fitted detector of what `JSON.stringify(detector)` wrote: its scores are the same to the last bit.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { detectorFromJson, energy } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => x as tf.Tensor2D;
 * const text = JSON.stringify(await energy({ temperature: 2 }).fit(classifier));
 * const detector = detectorFromJson(JSON.parse(text), classifier);
 * expect(JSON.stringify(detector)).toBe(text);
 * ```
 *
 * @param state What was written, parsed.
 * @param classifier What the detector was fitted on, with the same weights; borrowed for as long as the detector is used.
 * @returns The detector.
 * @throws {TypeError} When `state` is no detector, is of another version or of an unknown method, is incomplete, or the classifier
 * lacks what the detector reads.
 * @throws {RangeError} When an option that was written is out of range.
 */
export function detectorFromJson(state: DetectorState, classifier: Classifier | OpenClassifier): Detector {
  const action = "read a detector";
  const { format, version, name, options, notes, state: fitted } = Object(state) as DetectorState;
  if (format !== "jem-js/detector") {
    throw new TypeError(`Cannot ${action}: format must be jem-js/detector but found ${format}`);
  }
  if (version !== 1) throw new TypeError(`Cannot ${action}: version must be 1 but found ${version}`);
  if (typeof options !== "object" || typeof fitted !== "object" || !fitted || !Array.isArray(notes)) {
    throw new TypeError(`Cannot ${action}: options, notes and state of ${name} must be there`);
  }
  const detector = make(action, name, options);
  restore(detector, state, classifier);
  return detector;
}

/** Makes a detector that is not fitted. */
function make(action: string, name: string, options: object): Detector {
  if (name === "combine") {
    const { members, rule } = options as Required<CombineOptions> & { readonly members: readonly DetectorState[] };
    return combine(
      members.map((member) => make(action, member.name, member.options)),
      { rule },
    );
  }
  if (name === "refinement") throw new TypeError(`Cannot ${action}: refinement has a function: make it again`);
  if (Object.hasOwn(METHODS, name)) return METHODS[name]!(options);
  throw new TypeError(`Cannot ${action}: name must be that of a method but found ${name}`);
}
