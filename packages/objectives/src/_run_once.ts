import type { Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Chain } from "./negative_sampler.ts";

/** Runs chains from starts that are disposed, also when the chain throws. */
export function runOnce(chain: Chain, key: Key, start: Tensor, labels: ArrayLike<number> | undefined): Tensor {
  try {
    return chain(key, start, labels);
  } finally {
    start.dispose();
  }
}
