import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, sizeOf } from "../_backend.ts";
import { areIndices, indicesOf } from "./predicted.ts";

interface GramAttributes {
  /** The powers, positive integers. */
  readonly powers: readonly number[];
}

interface DeviationAttributes extends GramAttributes {
  /** Bounds of the statistics, `[count, powers * channels]`. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** The bounds of each class. */
  readonly boundsOf: Int32Array;
}

/** The statistics of Gram matrices. */
export const gramKernels: KernelTable = {
  /**
   * Of each map of `x`, `[batch, ...positions, channels]`, scaled to a largest size of 1, the row sums of the Gram matrices of its
   * powers, with the root of each power and its sign: `[batch, 1 + powers * channels]`, first what it was scaled by. Sums are in
   * float64.
   */
  GramRowSums: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    const { powers } = attrs as unknown as GramAttributes;
    if (!powers?.length || !powers.every((power) => Number.isInteger(power) && power > 0 && power < 2 ** 31)) {
      throw new RangeError(`Cannot sum Gram matrices: powers must be positive integers but found ${String(powers)}`);
    }
    if (x.shape.length < 2) {
      throw new TypeError(
        `Cannot sum Gram matrices: x must be [batch, ..., channels] but found [${x.shape.join(", ")}]`,
      );
    }
    const values = backend.floats(x);
    if (x.dtype !== "float32" || (values === null && sizeOf(x.shape) > 0)) {
      throw new TypeError(`Cannot sum Gram matrices: x must be float32 but found ${x.dtype}`);
    }
    const [batch, channels] = [x.shape[0]!, x.shape.at(-1)!];
    const out = backend.output([batch, 1 + powers.length * channels], "float32");
    if (values === null) out.values.fill(0);
    else {
      const positions = values.length / batch / channels;
      backend.addon.gram(batch, positions, channels, powers.length, Int32Array.from(powers), values, out.values);
    }
    return out.info;
  },

  /**
   * By how much those sums, times the square of what the map was scaled by, leave the bounds of the class with the largest of `logits`,
   * `[batch, classes]`: `sum (low - v)_+ / |low + 1e-6| + (v - high)_+ / |high + 1e-6|`, as the sum of two numbers, `[batch, 2]`.
   */
  GramDeviations: (inputs, attrs, backend) => {
    const { x, logits } = inputs as { x: TensorInfo; logits: TensorInfo };
    const { powers, low, high, boundsOf } = attrs as unknown as DeviationAttributes;
    const action = "Cannot measure deviations";
    const scores = backend.floats(logits);
    if (logits.shape.length !== 2 || logits.shape[0] !== x.shape[0] || scores === null) {
      throw new TypeError(
        `${action}: logits must be float32 [${x.shape[0]}, classes] but found [${logits.shape.join(", ")}]`,
      );
    }
    const rows = backend.run("GramRowSums", { x }, { powers });
    try {
      const [batch, width] = [rows.shape[0]!, rows.shape[1]! - 1];
      for (const [name, values] of Object.entries({ low, high })) {
        if (!(values instanceof Float64Array) || values.length % width !== 0 || values.length !== low.length) {
          throw new TypeError(`${action}: ${name} must be a Float64Array with ${width} numbers for each`);
        }
      }
      const classes = logits.shape[1]!;
      if (!areIndices(boundsOf, classes, low.length / width)) {
        throw new TypeError(
          `${action}: boundsOf must be ${classes} indices below ${low.length / width} of an Int32Array`,
        );
      }
      const out = backend.output([batch, 2], "float32");
      const which = indicesOf(scores, boundsOf, batch);
      backend.addon.deviations(batch, width, backend.floats(rows)!, low, high, which, out.values);
      return out.info;
    } finally {
      backend.disposeIntermediateTensorInfo(rows);
    }
  },
};
