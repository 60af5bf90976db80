import type { Row } from "./_logits.ts";
import { lacks } from "./_outputs.ts";
import type { LinearHead, OpenClassifier } from "./open_classifier.ts";

/** The last layer on the host. */
export interface HostHead {
  /** The weights, row-major `[width, classes]`. */
  readonly kernel: Float64Array;
  /** The biases, `[classes]`. */
  readonly bias: Float64Array;
  /** How many features it takes in. */
  readonly width: number;
  /** How many classes it has. */
  readonly classes: number;
}

/** The last layer of a classifier; throws when it is not known. */
export function headOf({ kind, head }: OpenClassifier): LinearHead {
  return head ?? lacks(kind, "its last layer", "give it: openClassifier(classifier, { head: { kernel, bias } })");
}

/** Reads the last layer, as it is now. */
export async function readHead({ kernel, bias }: LinearHead): Promise<HostHead> {
  const [width, classes] = kernel.shape;
  return {
    kernel: new Float64Array(await kernel.data()),
    bias: bias ? new Float64Array(await bias.data()) : new Float64Array(classes),
    width,
    classes,
  };
}

/** `features kernel + bias` of one example. */
export function applyHead({ kernel, bias, width, classes }: HostHead, features: Row): Float64Array {
  const logits = new Float64Array(bias);
  for (let i = 0; i < width; i++) {
    const value = features[i]!;
    if (value === 0) continue;
    for (let k = 0; k < classes; k++) logits[k]! += value * kernel[i * classes + k]!;
  }
  return logits;
}
