import { foldIn, type Key, normalValues, uniformValues } from "@jem-js/random";
import { add, clipByValue, div, mul, sign, sqrt, square, sub, sum, type Tensor, tensor } from "@tensorflow/tfjs-core";
import type { Norm } from "./attack_options.ts";

/** What an attack needs to know of a norm. Tensors are `[batch, ...input]`, and each example is treated by itself. */
interface NormGeometry {
  /** The step of unit norm along which a linear function of gradient `gradient` rises most. */
  steepest(gradient: Tensor): Tensor;
  /** The point of the ball of radius `epsilon` around 0 that is nearest to `offset`. */
  project(offset: Tensor, epsilon: number): Tensor;
  /** An offset of `size` elements, uniform in the ball of radius `epsilon > 0`. */
  sample(key: Key, size: number, epsilon: number): Float32Array;
}

/** Norms below it are taken for it, so that nothing is divided by 0. */
const FLOOR = 1e-12;

// Numbers enter as attributes of clipByValue rather than as scalars: a scalar would be uploaded at every step.
const GEOMETRIES: Record<Norm, NormGeometry> = {
  linf: {
    steepest: (gradient) => sign(gradient),
    project: (offset, epsilon) => clipByValue(offset, -epsilon, epsilon),
    sample: (key, size, epsilon) => uniformValues(key, size, { min: -epsilon, max: epsilon }),
  },
  l2: {
    steepest: (gradient) => div(gradient, floored(euclidean(gradient))),
    project: (offset, epsilon) => {
      const length = euclidean(offset);
      return mul(offset, div(clipByValue(length, 0, epsilon), floored(length)));
    },
    // Of a point uniform on the sphere in size + 2 dimensions, the first `size` coordinates are uniform in the ball.
    sample: (key, size, epsilon) => {
      const point = normalValues(key, size + 2);
      const length = Math.sqrt(point.reduce((total, value) => total + value * value, 0));
      return point.subarray(0, size).map((value) => (epsilon * value) / length);
    },
  },
};

/** The step of unit norm along which a linear function of gradient `gradient` rises most. */
export function steepest(norm: Norm, gradient: Tensor): Tensor {
  return GEOMETRIES[norm].steepest(gradient);
}

/** Brings `x` into the ball around `origin`, then into `bounds`. If the origin is inside `bounds`, that stays in the ball. */
export function confine(
  norm: Norm,
  x: Tensor,
  origin: Tensor,
  epsilon: number,
  bounds: readonly [number, number],
): Tensor {
  const inBall = add(origin, GEOMETRIES[norm].project(sub(x, origin), epsilon));
  return clipByValue(inBall, bounds[0], bounds[1]);
}

/**
 * A random point of the ball around each example of `x`, not clipped to any bounds. Example `i` draws from
 * `foldIn(key, indices[i])`, so that it starts at the same point in whichever batch it comes.
 */
export function randomStart(
  norm: Norm,
  x: Tensor,
  epsilon: number,
  key: Key,
  indices: readonly number[] = Array.from({ length: x.shape[0]! }, (_, i) => i),
): Tensor {
  const size = x.size / indices.length;
  const offsets = new Float32Array(x.size);
  if (epsilon > 0) {
    indices.forEach((index, i) => {
      offsets.set(GEOMETRIES[norm].sample(foldIn(key, index), size, epsilon), i * size);
    });
  }
  return add(x, tensor(offsets, x.shape));
}

/** The Euclidean length of each example, `[batch, 1, ...]`. */
function euclidean(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis).slice(1);
  return sqrt(sum(square(x), axes, true));
}

function floored(length: Tensor): Tensor {
  return clipByValue(length, FLOOR, Number.POSITIVE_INFINITY);
}
