import { clone, customGrad, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import type { Classifier, ClassifierFunction, LogitsModel } from "./classifier.ts";

/** The classifier as a function whose logits are checked and are never its input, so that they can be disposed. */
export function asFunction(action: string, model: Classifier): ClassifierFunction {
  const classify = callOf(action, model);
  return (x) => tidy(() => clone(checkLogits(action, classify(x), x)));
}

/** A classifier that tells of each pass through it, forward or backward. */
export function countPasses(
  classify: ClassifierFunction,
): (x: Tensor, count: (passes: "queries" | "gradients") => void) => Tensor2D {
  return (x, count) => {
    count("queries");
    return tidy(() => {
      const counted = customGrad((...inputs) => ({
        value: clone(inputs[0] as Tensor),
        gradFunc: (dy: Tensor) => {
          count("gradients");
          return clone(dy);
        },
      }));
      return counted(classify(x)) as Tensor2D;
    });
  };
}

/** The bounds that an attack keeps to: those of its options, else those of the model, else [0, 1]. */
export function boundsOf(model: Classifier, bounds?: readonly [number, number]): readonly [number, number] {
  return bounds ?? (model as LogitsModel).bounds ?? [0, 1];
}

/** Logits as numbers, row by row. */
export interface Logits {
  readonly values: Float32Array;
  readonly classes: number;
}

/** Reads logits and disposes them. */
export async function readLogits(logits: Tensor2D): Promise<Logits> {
  try {
    return { values: (await logits.data()) as Float32Array, classes: logits.shape[1] };
  } finally {
    logits.dispose();
  }
}

/** The row of logits at this place. */
export function rowOf({ values, classes }: Logits, row: number): Float32Array {
  return values.subarray(row * classes, (row + 1) * classes);
}

function callOf(action: string, model: Classifier): ClassifierFunction {
  if (typeof model === "function") return model;
  if (model && "logits" in model && typeof model.logits === "function") return (x) => model.logits(x);
  // What a LayersModel does in predict(), but without cutting its input into batches.
  if (model && "apply" in model && typeof model.apply === "function") {
    const { apply } = model;
    return (x) => apply.call(model, x, { training: false });
  }
  if (model && "predict" in model && typeof model.predict === "function") {
    return (x) => model.predict(x, { batchSize: x.shape[0] });
  }
  throw new TypeError(
    `Cannot ${action}: model must be a function or an object with logits() or predict() but found ${typeof model}`,
  );
}

function checkLogits(action: string, logits: unknown, x: Tensor): Tensor2D {
  const shape = (logits as Tensor | undefined)?.shape;
  if (!Array.isArray(shape) || Array.isArray(logits)) {
    throw new TypeError(`Cannot ${action}: the model must return one tensor of logits [batch, classes]`);
  }
  const batch = x.shape[0];
  if (shape.length !== 2 || shape[0] !== batch) {
    throw new TypeError(
      `Cannot ${action}: logits must be [${batch}, classes] for inputs [${x.shape.join(", ")}] ` +
        `but found [${shape.join(", ")}]`,
    );
  }
  if (shape[1]! < 2) {
    throw new RangeError(`Cannot ${action}: logits must have at least 2 classes but found ${shape[1]}`);
  }
  return logits as Tensor2D;
}
