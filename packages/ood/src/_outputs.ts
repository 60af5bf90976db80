import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { ClassifierOutputs } from "./open_classifier.ts";

/** Checks what a classifier gave for `x`: logits `[batch, classes]`, and features `[batch, ...]`. */
export function checkOutputs(
  x: Tensor,
  logits: unknown,
  features: ReadonlyMap<string, Tensor>,
  all: readonly string[],
): ClassifierOutputs {
  const batch = x.shape[0];
  if (!isTensor(logits)) {
    throw new TypeError("Cannot read classifier: it must return one tensor of logits [batch, classes]");
  }
  const { shape } = logits;
  if (shape.length !== 2 || shape[0] !== batch) {
    throw new TypeError(
      `Cannot read classifier: logits must be [${batch}, classes] for inputs [${x.shape.join(", ")}] but found [${shape.join(", ")}]`,
    );
  }
  if (shape[1]! < 2) {
    throw new RangeError(`Cannot read classifier: logits must have at least 2 classes but found ${shape[1]}`);
  }
  for (const [name, feature] of features) {
    if (!isTensor(feature) || feature.shape.length < 2 || feature.shape[0] !== batch) {
      throw new TypeError(
        `Cannot read classifier: feature "${name}" must be [${batch}, ...] but found ${isTensor(feature) ? `[${feature.shape.join(", ")}]` : typeof feature}`,
      );
    }
  }
  return { logits: logits as Tensor2D, features, all };
}

/** Throws a TypeError that names what a classifier lacks. */
export function lacks(kind: string, what: string, remedy: string): never {
  throw new TypeError(`Cannot read classifier: it must give ${what} but found a ${kind} without; ${remedy}`);
}

/** The names of features with what `"all"` stands for in its place. */
export function expand(names: readonly string[], all: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => (name === "all" ? all : [name])))];
}

/** Whether a value is a tensor. */
export function isTensor(value: unknown): value is Tensor {
  return Array.isArray((value as Tensor | undefined)?.shape) && !Array.isArray(value);
}
