import { type Key, normal, uniform } from "@jem-js/random";
import { cast, greaterEqual, mul, sub, type Tensor, tensor } from "@tensorflow/tfjs-core";

/** Distributions of random directions `v` with `E v v^T = I`. */
export type ProbeDistribution = "rademacher" | "normal";

/** Throws unless `distribution` is one. */
export function checkDistribution(distribution: ProbeDistribution): void {
  if (distribution !== "rademacher" && distribution !== "normal") {
    throw new RangeError(
      `Cannot compute the loss: distribution must be "rademacher" or "normal" but found "${distribution}"`,
    );
  }
}

/** A random direction an example; within `tidy`. */
export function probe(key: Key, shape: number[], distribution: ProbeDistribution): Tensor {
  if (distribution === "normal") return normal(key, shape);
  return sub(mul(cast(greaterEqual(uniform(key, shape), 0.5), "float32"), 2), 1);
}

/** The unit vector of each coordinate, at each example: tensors of the shape of `x`; within `tidy`. */
export function axes({ shape, size }: Tensor): Tensor[] {
  const dimensions = size / shape[0]!;
  return Array.from({ length: dimensions }, (_, i) => {
    const unit = Float32Array.from({ length: size }, (_, j) => (j % dimensions === i ? 1 : 0));
    return tensor(unit, shape, "float32");
  });
}
