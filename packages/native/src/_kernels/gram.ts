import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, sizeOf } from "../_backend.ts";

interface GramAttributes {
  /** The powers, positive integers. */
  readonly powers: readonly number[];
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
};
