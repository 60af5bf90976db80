import type { Walk } from "./decision_example.ts";

/** The elements of a point `x + t (y - x)`. */
export function blend(x: Float32Array, y: Float32Array, t: number): Float32Array {
  return x.map((value, i) => value + t * (y[i]! - value));
}

/** The number of `[low, high]` that is nearest to `value`. */
export function clip(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

/**
 * Goes down a path of points from the adversarial one `start` at `1` towards the one at 0, which is not adversarial, by halving the interval
 * that holds a boundary until it is not longer than `tolerance`. Returns the lowest adversarial point found.
 */
export function* bisect(
  start: Float32Array,
  pointAt: (t: number) => Float32Array,
  tolerance: number,
): Walk<boolean, Float32Array> {
  let best = start;
  let [low, high] = [0, 1];
  while (high - low > tolerance) {
    const middle = (low + high) / 2;
    const candidate = pointAt(middle);
    const [adversarial] = yield candidate;
    if (adversarial) [best, high] = [candidate, middle];
    else low = middle;
  }
  return best;
}
