import { log, max, maximum, mul, neg, sub, sum, type Tensor } from "@tensorflow/tfjs-core";

/** `log x`, finite where `x` is 0: not below the logarithm of the smallest float32. */
export function safeLog(x: Tensor): Tensor {
  return log(maximum(x, 1e-37));
}

/** The entropy over the last axis. */
export function entropyOf(probabilities: Tensor): Tensor {
  return neg(sum(mul(probabilities, safeLog(probabilities)), -1));
}

/** The largest probability over the last axis. */
export function largestOf(probabilities: Tensor): Tensor {
  return max(probabilities, -1);
}

/** `sum_k p_k (log p_k - logQ_k)` over the last axis; not below 0, as rounding would have it. */
export function divergenceFrom(probabilities: Tensor, logP: Tensor, logQ: Tensor): Tensor {
  return maximum(sum(mul(probabilities, sub(logP, logQ)), -1), 0);
}
