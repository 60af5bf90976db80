import { foldIn, type Key } from "@jem-js/random";
import { add, clone, dispose, nextFrame, type Tensor, tidy, zeros } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import type { AnnealedEstimate, AnnealingOptions } from "./annealed_importance_sampling.ts";
import type { AnnealingPath } from "./annealing_path.ts";
import { run } from "./run.ts";

/** After how many milliseconds the event loop gets a turn. */
const TURN = 16;

/** The betas of a path, from 0 to 1. */
export function checkedBetas(action: string, { temperatures = 100, transitions = 1 }: AnnealingOptions): number[] {
  checkInteger(action, "transitions", transitions, 1);
  if (typeof temperatures === "number") {
    checkInteger(action, "temperatures", temperatures, 2);
    return Array.from({ length: temperatures }, (_, i) => i / (temperatures - 1));
  }
  const betas = [...temperatures];
  if (
    betas.length < 2 ||
    betas[0] !== 0 ||
    betas.at(-1) !== 1 ||
    betas.some((one, i) => !(one > (betas[i - 1] ?? -1)))
  ) {
    throw new RangeError(`Cannot ${action}: temperatures must rise from 0 to 1 but found [${betas.join(", ")}]`);
  }
  return betas;
}

/**
 * Takes chains along a path, `from -> to` at a time, and adds up what the density changes by on the way, always towards 1. Where the
 * direction is up the weight is taken before the kernel moves the chains, else after.
 */
export async function anneal(
  path: AnnealingPath,
  start: Tensor,
  betas: readonly number[],
  options: AnnealingOptions & { readonly key: Key; readonly isReverse: boolean },
): Promise<{ logWeights: Float32Array; x: Tensor }> {
  const { key, transitions = 1, isReverse, signal } = options;
  let x = clone(start);
  let weights: Tensor = zeros([start.shape[0]!]);
  let turn = Date.now();
  try {
    for (let i = 1; i < betas.length; i++) {
      if (signal?.aborted) throw new DOMException("The annealing was aborted", "AbortError");
      const at = isReverse ? betas.length - i : i;
      const gained = tidy(() => add(weights, path.logRatio(x, betas[at - 1]!, betas[at]!)));
      weights.dispose();
      weights = gained;
      // The last transition would move the chains to where they are not asked for.
      const beta = betas[isReverse ? at - 1 : at]!;
      if (i < betas.length - 1) {
        const state = run(path.kernel(beta), x, { key: foldIn(key, i), steps: transitions });
        x.dispose();
        x = clone(state.x);
        dispose(state as object as Tensor);
      }
      if (Date.now() - turn < TURN) continue;
      await nextFrame();
      turn = Date.now();
    }
    return { logWeights: (await weights.data()) as Float32Array, x };
  } catch (error) {
    x.dispose();
    throw error;
  } finally {
    weights.dispose();
  }
}

/** The logarithm of the mean of `exp(logWeights)` with its standard error, in float64. */
export function logMeanExp(logWeights: ArrayLike<number>): Omit<AnnealedEstimate, "x" | "logWeights"> {
  const values = Array.from(logWeights);
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = values.map((value) => Math.exp(value - largest));
  const n = weights.length;
  const total = weights.reduce((a, b) => a + b, 0);
  const squares = weights.reduce((a, b) => a + b * b, 0);
  const mean = total / n;
  const variance = Math.max(0, squares / n - mean * mean);
  return {
    logNormalizer: largest + Math.log(mean),
    standardError: Math.sqrt(variance / n) / mean,
    effectiveSampleSize: (total * total) / squares,
  };
}
