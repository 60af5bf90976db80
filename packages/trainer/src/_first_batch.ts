import type { LabeledBatch, LogitsModel } from "@jem-js/objectives";
import { tidy } from "@tensorflow/tfjs-core";

/** A classifier that may be able to check itself: an energy head is one. */
export interface CheckableModel extends LogitsModel {
  /** Rejects when the classifier is not fit for use on `x`. */
  validate?(x: LabeledBatch["x"]): Promise<void>;
}

/**
 * Checks the classifier and the labels on the first batch, by value, so that what can never work is an error with its
 * reason, not a divergence.
 */
export async function checkFirstBatch(head: CheckableModel, { x, labels }: LabeledBatch): Promise<void> {
  await head.validate?.(x);
  let classes = 0;
  tidy(() => {
    classes = head.logits(x).shape[1];
  });
  const values = "dataId" in labels ? await labels.data() : labels;
  for (let i = 0; i < values.length; i++) {
    const label = values[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(`Cannot train: labels must be integers from 0 to ${classes - 1} but found ${label} at ${i}`);
    }
  }
}
