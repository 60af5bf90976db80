import { type Key, uniformValues } from "@jem-js/random";
import type { DecisionExample } from "./decision_example.ts";

/** The example with each pixel white or black at probability `amount / 2` each. Channels, the last of three axes, change together if `together`. */
export function pepper(
  { x, shape, bounds: [low, high] }: DecisionExample,
  key: Key,
  amount: number,
  together: boolean,
): Float32Array {
  const channels = together && shape.length === 3 ? shape[2]! : 1;
  const draws = uniformValues(key, x.length / channels);
  return x.map((value, i) => {
    const draw = draws[Math.floor(i / channels)]!;
    return draw >= 1 - amount / 2 ? high : draw < amount / 2 ? low : value;
  });
}
