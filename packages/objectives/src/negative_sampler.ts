import type { Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * Moves chains from their starts `[batch, ...input]` (borrowed) to where they end, a tensor of the same shape that the
 * caller owns: `(key, start) => run(kernel, start, { key, steps: 20 }).x` of `@jem-js/samplers`. `labels`, when the
 * sampler was given some, are the class of each chain.
 */
export type Chain = (key: Key, start: Tensor, labels?: ArrayLike<number>) => Tensor;

/**
 * Makes the negatives of a step, one for each example of `x: [batch, ...input]` (borrowed): a tensor of the same shape,
 * owned by the caller. Called outside the gradient: negatives are constants of the loss. With `labels`, one an example,
 * they are samples of `p(x|y)`, as {@linkcode conditionalLikelihood} needs them.
 */
export type NegativeSampler = (key: Key, x: Tensor, labels?: ArrayLike<number>) => Promise<Tensor>;
