import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, sameShape } from "../_backend.ts";

interface LangevinAttributes {
  readonly stepSize: number;
  readonly noiseScale: number;
  /** The key of the noise, two unsigned 32-bit words: `Key` of `@jem-js/random`. */
  readonly key: readonly [high: number, low: number];
  /** Bounds each element of the gradient to `[-gradientClip, gradientClip]`. */
  readonly gradientClip?: number | undefined;
  /** Bounds of the result. */
  readonly clamp?: readonly [min: number, max: number] | undefined;
}

/** The step of Langevin dynamics. */
export const langevinKernels: KernelTable = {
  /**
   * `x + stepSize * gradient + noiseScale * normal(key)`, the gradient and the result within their bounds. The noise equals
   * `@jem-js/random`'s, bit for bit; none is made at a scale of 0.
   */
  LangevinStep: (inputs, attrs, backend) => {
    const { x, gradient } = inputs as { x: TensorInfo; gradient: TensorInfo };
    const {
      stepSize,
      noiseScale,
      key,
      gradientClip = Infinity,
      clamp = [-Infinity, Infinity],
    } = attrs as LangevinAttributes;
    if (!sameShape(x.shape, gradient.shape)) {
      throw new TypeError(
        `Cannot take a Langevin step: the gradient must be [${x.shape.join(", ")}] ` +
          `but found [${gradient.shape.join(", ")}]`,
      );
    }
    if (key?.length !== 2 || !key.every((word) => word >>> 0 === word)) {
      throw new TypeError(
        `Cannot take a Langevin step: key must be two unsigned 32-bit words but found ${String(key)}`,
      );
    }
    const values = backend.floats(x);
    const slope = backend.floats(gradient);
    if (x.dtype !== "float32" || gradient.dtype !== "float32") {
      throw new TypeError(`Cannot take a Langevin step: x must be float32 but found ${x.dtype}`);
    }
    const out = backend.output(x.shape, "float32");
    if (values !== null && slope !== null) {
      backend.addon.langevin(
        values.length,
        values,
        slope,
        stepSize,
        noiseScale,
        ...key,
        gradientClip,
        ...clamp,
        out.values,
      );
    }
    return out.info;
  },
};
