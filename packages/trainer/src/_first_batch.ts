import type { LabeledBatch, LogitsModel } from "@jem-js/objectives";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";

/** A classifier that may be able to check itself: an energy head is one. */
export interface CheckableModel extends LogitsModel {
  /** Rejects when the classifier is not fit for use on `x`. */
  validate?(x: LabeledBatch["x"]): Promise<void>;
}

/**
 * A check of the classifier and the labels on the first batch, by value, so that what can never work is an error with its
 * reason, not a divergence. Later calls do nothing.
 *
 * With `unlabeled` data in a batch the labelled part may be empty: the classifier is then checked on the former, and labels
 * in the first batch that has some.
 */
export function firstBatchCheck(
  head: CheckableModel,
): (batch: LabeledBatch & { readonly unlabeled?: Tensor }) => Promise<void> {
  let classes = 0;
  let labelsChecked = false;
  return async ({ x, labels, unlabeled }) => {
    if (classes === 0) {
      const probe = x.shape[0] === 0 && unlabeled ? unlabeled : x;
      if (probe.shape[0] === 0) {
        const name = unlabeled ? "unlabeled" : "x";
        throw new TypeError(`Cannot train: ${name} must hold examples but found [${probe.shape.join(", ")}]`);
      }
      await head.validate?.(probe);
      classes = tidy(() => head.logits(probe).shape[1]);
    }
    if (labelsChecked) return;
    const values = "dataId" in labels ? await labels.data() : labels;
    for (let i = 0; i < values.length; i++) checkLabel(values[i]!, i, classes);
    labelsChecked = values.length > 0;
  };
}

function checkLabel(label: number, at: number, classes: number): void {
  if (!Number.isInteger(label) || label < 0 || label >= classes) {
    throw new RangeError(`Cannot train: labels must be integers from 0 to ${classes - 1} but found ${label} at ${at}`);
  }
}
