import type { Key } from "@jem-js/random";
import type { Tensor } from "@tensorflow/tfjs-core";
import {
  checkEpsilon,
  checkInputs,
  checkKeys,
  checkLabels,
  checkNorm,
  checkPositiveInteger,
  isTensor,
} from "./_check.ts";
import { gatherEvidence } from "./_checklist.ts";
import { asFunction, boundsOf } from "./_classify.ts";
import { classIndices } from "./_goal.ts";
import { judge, stated } from "./_verdicts.ts";
import type { Norm } from "./attack_options.ts";
import type { AttackResult } from "./attack_result.ts";
import type { Classifier } from "./classifier.ts";
import type { Labels } from "./labels.ts";
import type { AttackKnowledge, RobustnessCheck, StatedCheck } from "./robustness_check.ts";

/** Options of {@linkcode robustnessChecklist}. */
export interface RobustnessChecklistOptions {
  /** The norm of the ball. */
  readonly norm: Norm;
  /** The radius of the ball at which robustness is claimed, above 0. */
  readonly epsilon: number;
  /** The key of random starts and random points: example `i` draws from `foldIn(key, i)`. */
  readonly key: Key;
  /** How many steps `pgd` takes; 2.5 radii in all. @default {40} */
  readonly steps?: number;
  /** How often `pgd` starts. @default {1} */
  readonly restarts?: number;
  /** How many random points of the ball are tried on each example. @default {1000} */
  readonly noiseDraws?: number;
  /** The results of other attacks on the same examples, by their names, and what these attacks know. @default {{}} */
  readonly results?: Readonly<
    Record<string, { readonly knowledge: AttackKnowledge; readonly result: Pick<AttackResult, "distances"> }>
  >;
  /** The classifier without its defence: for refinement the static network. @default {undefined: three checks are missing} */
  readonly undefended?: Classifier;
  /** The classifier with its noise fixed, if it draws noise. @default {undefined} */
  readonly fixedNoise?: Classifier;
  /** What no computation can check, as sentences for the report. @default {{}: these are missing} */
  readonly statements?: Readonly<Partial<Record<StatedCheck, string>>>;
  /** The smallest and the largest value of an input. @default {those of the model, or [0, 1]} */
  readonly bounds?: readonly [low: number, high: number];
  /** How many examples are attacked at once. @default {100} */
  readonly batchSize?: number;
}

/**
 * Goes through the checklist of Carlini et al. for an evaluation of robustness, and says of each item whether it holds.
 *
 * `pgd` is made in several ways and compared with itself, with noise, with its transfer from the undefended classifier, and with the
 * results of other attacks. A check that fails speaks against the evaluation: robustness is overstated until the attack is mended. Costs about
 * `25 steps restarts` gradients and `noiseDraws` forward passes of each example.
 *
 * - `successRisesWithEpsilon`: at a quarter, a half, one and two radii, each attack by itself.
 * - `unboundedAttackSucceeds`: with the bounds alone, everything is broken.
 * - `stepsConverged`, `restartsConverged`: twice as many break less than 1 % more.
 * - `gradientBeatsOthers`, `gradientBeatsNoise`, `targetedAttack`: no example is broken by another attack of this kind and not by `pgd` or another
 *   attack that knows gradients.
 * - `randomness`: a classifier that draws noise is broken in the bounds when its noise is fixed.
 * - `attackBreaksUndefended`: the attack breaks at least 9 of 10 examples of the undefended classifier.
 *
 * @example Usage
 * ```ts
 * import { robustnessChecklist } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import * as tf from "@tensorflow/tfjs";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // the boundary is x[0] = x[1]
 * const x = tf.tensor2d([[0.8, 0.2], [0.55, 0.4]]);
 * const checks = await robustnessChecklist(model, x, [0, 0], {
 *   norm: "linf",
 *   epsilon: 0.1,
 *   key: key(0),
 *   statements: { threatModel: "the attacker knows the weights" },
 * });
 * const verdicts = Object.fromEntries(checks.map(({ check, verdict }) => [check, verdict]));
 * expect(verdicts.unboundedAttackSucceeds).toBe("pass");
 * expect(verdicts.threatModel).toBe("stated");
 * expect(verdicts.kindsOfAttacks).toBe("missing");
 * ```
 *
 * @see {@link https://arxiv.org/abs/1902.06705 | Carlini et al., On evaluating adversarial robustness, §3 and §4}
 *
 * @param model A function from `[batch, ...input]` to logits `[batch, classes]`, or an object with `logits` or `predict`; borrowed.
 * @param x The inputs, float32 `[examples, ...input]`, in the bounds, at least one; borrowed.
 * @param labels The true classes: int32 `[examples]`, or an array; borrowed.
 * @param options The claim, the effort and what is known already.
 * @returns The checks.
 * @throws {TypeError} When the model, `x`, `labels`, the logits, `norm` or `key` are of another kind or shape, or a result is about another number of
 * examples.
 * @throws {RangeError} When there are no examples, `epsilon` is not above 0, `steps`, `restarts`, `noiseDraws` or `batchSize` no positive integer, an input
 * outside the bounds, or a label no class.
 */
export async function robustnessChecklist(
  model: Classifier,
  x: Tensor,
  labels: Labels,
  options: RobustnessChecklistOptions,
): Promise<RobustnessCheck[]> {
  const { norm, epsilon, key, steps = 40, restarts = 1, noiseDraws = 1000, batchSize = 100 } = options;
  const { results = {}, statements = {} } = options;
  const action = "go through the checklist";
  asFunction(action, model); // throws on what is no model
  const bounds = boundsOf(model, options.bounds);
  checkInputs(action, x);
  const size = x.shape[0]!;
  checkLabels(action, labels, size);
  checkNorm(action, norm);
  checkEpsilon(action, epsilon);
  if (epsilon === 0) throw new RangeError(`Cannot ${action}: epsilon must be greater than 0 but found 0`);
  checkKeys(action, key, size);
  for (const [name, value] of Object.entries({ steps, restarts, noiseDraws, batchSize })) {
    checkPositiveInteger(action, name, value);
  }
  for (const [name, { result }] of Object.entries(results)) {
    if (result.distances.length !== size) {
      throw new TypeError(`Cannot ${action}: ${name} must be of ${size} examples but found ${result.distances.length}`);
    }
  }

  const truth = classIndices(action, "labels", isTensor(labels) ? await labels.data() : labels);
  const found = await gatherEvidence(model, x, truth, { ...options, steps, restarts, noiseDraws, batchSize, bounds });
  return [...judge(found, { epsilon, steps, noiseDraws }), ...stated(statements)];
}
