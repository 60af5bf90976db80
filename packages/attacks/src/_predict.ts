import type { Tensor } from "@tensorflow/tfjs-core";
import type { ClassifierFunction } from "./classifier.ts";

/** What a classifier says of a batch. */
export interface Predictions {
  /** The class with the largest logit, the first of equals; -1, which is no label, where a logit is NaN. */
  readonly classes: Int32Array;
  /** How many classes there are. */
  readonly numClasses: number;
}

/** Reads the predictions for `x`. */
export async function predict(classify: ClassifierFunction, x: Tensor): Promise<Predictions> {
  const logits = classify(x);
  const [batch, numClasses] = logits.shape;
  try {
    const values = await logits.data();
    const classes = Int32Array.from({ length: batch }, (_, i) =>
      firstLargest(values.subarray(i * numClasses, (i + 1) * numClasses)),
    );
    return { classes, numClasses };
  } finally {
    logits.dispose();
  }
}

function firstLargest(row: ArrayLike<number>): number {
  let largest = 0;
  for (let c = 0; c < row.length; c++) {
    if (Number.isNaN(row[c])) return -1;
    if (row[c]! > row[largest]!) largest = c;
  }
  return largest;
}
