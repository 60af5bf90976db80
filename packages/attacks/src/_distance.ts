import type { DistanceNorm } from "./attack_options.ts";

/** The distance of two inputs of equal length. */
export function distanceOf(norm: DistanceNorm, a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [differing, total, squares, largest] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const offset = Math.abs(a[i]! - b[i]!);
    if (offset !== 0) differing += 1;
    total += offset;
    squares += offset * offset;
    if (offset > largest) largest = offset;
  }
  return { l0: differing, l1: total, l2: Math.sqrt(squares), linf: largest }[norm];
}
