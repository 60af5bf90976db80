import type { Tensor, Tensor1D, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import type { EnergyHead } from "./energy_head.ts";
import { logSumExp } from "./log_sum_exp.ts";

/** Throws unless there are heads and one finite weight each; gives the weights. */
export function checkMembers(
  action: string,
  heads: readonly EnergyHead[],
  weights: readonly number[] | undefined,
  otherwise: number,
): readonly number[] {
  if (!Array.isArray(heads) || heads.length === 0)
    throw new TypeError(`Cannot ${action}: there must be at least one head`);
  heads.forEach((head, i) => {
    if (typeof head?.logits !== "function") {
      throw new TypeError(`Cannot ${action}: every head must have logits() but found ${typeof head} at ${i}`);
    }
  });
  if (weights === undefined) return heads.map(() => otherwise);
  if (weights.length !== heads.length) {
    throw new TypeError(
      `Cannot ${action}: there must be ${heads.length} weights, one a head, but found ${weights.length}`,
    );
  }
  const wrong = weights.findIndex((weight) => !Number.isFinite(weight));
  if (wrong !== -1) {
    throw new RangeError(`Cannot ${action}: weights must be finite but found ${weights[wrong]} at ${wrong}`);
  }
  return weights;
}

/** The logits of every head, which must agree on the classes. */
export function logitsOf(action: string, heads: readonly EnergyHead[], x: Tensor): Tensor2D[] {
  const logits = heads.map((head) => head.logits(x));
  const [first] = logits;
  logits.forEach((f, i) => {
    if (f.shape[1] !== first!.shape[1]) {
      throw new TypeError(
        `Cannot ${action}: every head must have the ${first!.shape[1]} classes of the first but found ${f.shape[1]} at ${i}`,
      );
    }
  });
  return logits;
}

/** The variables of all heads, each once. */
export function variablesOf(heads: readonly EnergyHead[]): readonly Variable[] {
  return [...new Set(heads.flatMap(({ variables }) => variables ?? []))];
}

/** `log p(x)` up to a constant, of logits. */
export function marginal(logits: Tensor2D): Tensor1D {
  return logSumExp(logits) as Tensor1D;
}
