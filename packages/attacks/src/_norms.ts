import { foldIn, type Key, normalValues, uniformValues } from "@jem-js/random";
import {
  abs,
  add,
  cast,
  clipByValue,
  cumsum,
  div,
  equal,
  greater,
  greaterEqual,
  lessEqual,
  max,
  minimum,
  mul,
  range,
  relu,
  reshape,
  sign,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor,
  tensor1d,
  topk,
  where,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { isKeys } from "./_check.ts";
import { distanceOf } from "./_distance.ts";
import type { Norm } from "./attack_options.ts";

/** The radius of the balls around all examples, or `[batch, 1, ...]`. */
export type Radius = number | Tensor;

/** What an attack needs to know of a norm. Tensors are `[batch, ...input]`, and each example is treated by itself. */
interface NormGeometry {
  /** The step of unit norm along which a linear function of gradient `gradient` rises most. */
  steepest(gradient: Tensor): Tensor;
  /** The point of the ball of radius `epsilon` around 0 that is nearest to `offset` in Euclidean distance. */
  project(offset: Tensor, epsilon: Radius): Tensor;
  /** An offset of `size` elements, uniform in the ball of radius `epsilon > 0`. */
  sample(key: Key, size: number, epsilon: number): Float32Array;
}

/** Norms below it are taken for it, so that nothing is divided by 0. */
const FLOOR = 1e-12;

// Numbers enter as attributes of clipByValue rather than as scalars: a scalar would be uploaded at every step.
const GEOMETRIES: Record<Norm, NormGeometry> = {
  linf: {
    steepest: (gradient) => sign(gradient),
    project: (offset, epsilon) =>
      typeof epsilon === "number"
        ? clipByValue(offset, -epsilon, epsilon)
        : mul(sign(offset), minimum(abs(offset), epsilon)),
    sample: (key, size, epsilon) => uniformValues(key, size, { min: -epsilon, max: epsilon }),
  },
  l2: {
    steepest: (gradient) => div(gradient, floored(euclidean(gradient))),
    project: (offset, epsilon) => {
      const length = euclidean(offset);
      return mul(offset, div(atMost(length, epsilon), floored(length)));
    },
    // Of a point uniform on the sphere in size + 2 dimensions, the first `size` coordinates are uniform in the ball.
    sample: (key, size, epsilon) => {
      const point = normalValues(key, size + 2);
      const length = Math.sqrt(point.reduce((total, value) => total + value * value, 0));
      return point.subarray(0, size).map((value) => (epsilon * value) / length);
    },
  },
  l1: {
    // All of the step goes to the element of the largest gradient; equals share it.
    steepest: (gradient) => {
      const magnitude = abs(gradient);
      const largest = sign(mul(gradient, cast(equal(magnitude, max(magnitude, axesOf(gradient), true)), "float32")));
      return div(largest, floored(taxicab(largest)));
    },
    // Duchi et al. 2008: magnitudes are reduced by the number that brings their sum to the radius, but not below 0.
    project: (offset, epsilon) => {
      const size = offset.size / offset.shape[0]!;
      const flat = reshape(offset, [-1, size]) as Tensor2D;
      const radius = typeof epsilon === "number" ? epsilon : reshape(epsilon, [-1, 1]);
      const { values } = topk(abs(flat), size);
      const excess = sub(cumsum(values, 1), radius);
      const reduced = cast(greaterEqual(mul(values, range(1, size + 1, 1, "float32")), excess), "float32");
      const threshold = relu(div(sub(sum(mul(values, reduced), 1, true), radius), sum(reduced, 1, true)));
      return reshape(mul(sign(flat), relu(sub(abs(flat), threshold))), offset.shape);
    },
    // The spacings of sorted uniform numbers are uniform in the simplex.
    sample: (key, size, epsilon) => {
      const draws = uniformValues(key, 2 * size);
      const sorted = draws.slice(0, size).sort();
      return sorted.map((value, i) => (draws[size + i]! < 0.5 ? -epsilon : epsilon) * (value - (sorted[i - 1] ?? 0)));
    },
  },
};

/**
 * The step of unit norm along which a linear function of gradient `gradient` rises most. In the L1 norm, where one element gets all of it,
 * those count that `bounds` let move at `x`.
 */
export function steepest(norm: Norm, gradient: Tensor, x: Tensor, [low, high]: readonly [number, number]): Tensor {
  if (norm !== "l1") return GEOMETRIES[norm].steepest(gradient);
  const blocked = where(greater(gradient, 0), greaterEqual(x, high), lessEqual(x, low));
  return GEOMETRIES.l1.steepest(where(blocked, zerosLike(gradient), gradient));
}

/** The point of the ball of radius `epsilon` around 0 that is nearest to `offset` in Euclidean distance. */
export function project(norm: Norm, offset: Tensor, epsilon: Radius): Tensor {
  return GEOMETRIES[norm].project(offset, epsilon);
}

/** Brings `x` into the ball around `origin`, then into `bounds`. If the origin is inside `bounds`, that stays in the ball. */
export function confine(
  norm: Norm,
  x: Tensor,
  origin: Tensor,
  epsilon: Radius,
  bounds: readonly [number, number],
): Tensor {
  const inBall = add(origin, project(norm, sub(x, origin), epsilon));
  return clipByValue(inBall, bounds[0], bounds[1]);
}

/** The radii of the balls, one for each example, as they are used by {@linkcode confine}. */
export function radiusOf(epsilon: number | ArrayLike<number>, x: Tensor): Radius {
  return typeof epsilon === "number" ? epsilon : perExample(tensor1d(Float32Array.from(epsilon)), x);
}

/** Numbers `[batch]` as `[batch, 1, ...]`, of the rank of `x`. */
export function perExample(values: Tensor, x: Tensor): Tensor {
  return reshape(values, [x.shape[0]!, ...x.shape.slice(1).fill(1)]);
}

/** The keys of the examples: those that were given, or the items of the one that was given. */
export function keysOf(key: Key | readonly Key[], batch: number): readonly Key[] {
  return isKeys(key) ? key : Array.from({ length: batch }, (_, i) => foldIn(key, i));
}

/** A random point of the ball around each example of `x`, not clipped to any bounds. */
export function randomStart(norm: Norm, x: Tensor, epsilon: number | ArrayLike<number>, keys: readonly Key[]): Tensor {
  const size = x.size / keys.length;
  const offsets = new Float32Array(x.size);
  keys.forEach((key, i) => {
    const radius = typeof epsilon === "number" ? epsilon : epsilon[i]!;
    if (radius > 0) offsets.set(GEOMETRIES[norm].sample(key, size, radius), i * size);
  });
  return add(x, tensor(offsets, x.shape));
}

/** A random point at the surface of the ball around each example, not clipped to any bounds. */
export function surfaceStart(norm: Norm, x: Tensor, epsilon: number, keys: readonly Key[]): Tensor {
  const size = x.size / keys.length;
  const offsets = new Float32Array(x.size);
  const origin = new Float32Array(size);
  keys.forEach((key, i) => {
    const draws = norm === "linf" ? uniformValues(key, size, { min: -1 }) : normalValues(key, size);
    const length = distanceOf(norm, draws, origin);
    offsets.set(
      draws.map((value) => (epsilon * value) / length),
      i * size,
    );
  });
  return add(x, tensor(offsets, x.shape));
}

/** The sum of the magnitudes of each example, `[batch, 1, ...]`. */
export function taxicab(x: Tensor): Tensor {
  return sum(abs(x), axesOf(x), true);
}

/** The Euclidean length of each example, `[batch, 1, ...]`. */
export function euclidean(x: Tensor): Tensor {
  return sqrt(sum(square(x), axesOf(x), true));
}

/** Lengths with nothing too small to divide by. */
export function floored(length: Tensor): Tensor {
  return clipByValue(length, FLOOR, Number.POSITIVE_INFINITY);
}

function atMost(length: Tensor, epsilon: Radius): Tensor {
  return typeof epsilon === "number" ? clipByValue(length, 0, epsilon) : minimum(length, epsilon);
}

function axesOf(x: Tensor): number[] {
  return x.shape.map((_, axis) => axis).slice(1);
}
