import { clone, reshape, sum, type Tensor, type Tensor1D, where } from "@tensorflow/tfjs-core";

/** A copy of `x`; throws unless chains can start there. */
export function startChains(x: Tensor): Tensor {
  if (x.dtype !== "float32" || x.rank < 1 || x.size === 0) {
    throw new TypeError(
      `Cannot start chains: x must be a non-empty float32 [batch, ...input] but found ${x.dtype} [${x.shape.join(", ")}]`,
    );
  }
  return clone(x);
}

/** The sum over all elements of each chain; `[batch]`. */
export function sumPerChain(x: Tensor): Tensor1D {
  return sum(reshape(x, [x.shape[0]!, -1]), 1);
}

/** `perChain: [batch]` as `[batch, 1, ...]`, to go with `x`. */
export function alongChains(perChain: Tensor, x: Tensor): Tensor {
  return reshape(perChain, [x.shape[0]!, ...x.shape.slice(1).map(() => 1)]);
}

/** For each chain `a` where `mask: [batch]` (bool) holds, else `b`. What is not chosen may be NaN. */
export function choose(mask: Tensor, a: Tensor, b: Tensor): Tensor {
  return where(alongChains(mask, a), a, b);
}
