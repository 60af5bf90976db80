import type { Key } from "@jem-js/random";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import {
  checkEpsilon,
  checkInputs,
  checkKeys,
  checkLabels,
  checkNorm,
  checkPositiveInteger,
  isTensor,
} from "./_check.ts";
import { beyond, list, monotone, noiseBreaks, percent } from "./_checklist.ts";
import { asFunction, boundsOf, readLogits } from "./_classify.ts";
import { keysOf } from "./_norms.ts";
import { predict } from "./_predict.ts";
import type { Norm } from "./attack_options.ts";
import type { AttackResult } from "./attack_result.ts";
import type { Classifier } from "./classifier.ts";
import type { Labels } from "./labels.ts";
import { misclassification } from "./misclassification.ts";
import { type PgdOptions, pgd } from "./pgd.ts";
import type { MeasuredCheck, RobustnessCheck, StatedCheck } from "./robustness_check.ts";
import { runAttack } from "./run_attack.ts";
import { targeted } from "./targeted.ts";

/** What an attack knows: gradients, logits, decisions, or another classifier. */
export type AttackKnowledge = "gradient" | "score" | "decision" | "transfer";

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
  const { results = {}, undefended, fixedNoise, statements = {} } = options;
  const action = "go through the checklist";
  const classify = asFunction(action, model);
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

  const truth = Int32Array.from(isTensor(labels) ? await labels.data() : labels);
  const untargeted = misclassification(truth);
  const frame = { norm, bounds, batchSize, key };

  /** Makes an attack by pgd; its tensors are to be disposed. */
  function attack(
    of: Classifier,
    settings: Partial<PgdOptions> & { restarts?: number } = {},
    aim = untargeted,
  ): Promise<AttackResult> {
    const { restarts: times = restarts, ...some } = settings;
    const ball = { norm, epsilon, steps, bounds, ...some };
    return runAttack(of, x, aim, {
      ...frame,
      norm: ball.norm,
      epsilon: ball.epsilon as number,
      restarts: times,
      attack: ({ model, x, criterion, keys }) =>
        pgd(model, x, criterion, { ...ball, returnBest: true, ...(keys && { key: keys }) }),
    });
  }

  /** Which examples an attack breaks. */
  async function broken(of: Classifier, ...rest: [settings?: Parameters<typeof attack>[1], aim?: typeof untargeted]) {
    const { raw, clipped, success } = await attack(of, ...rest);
    dispose([raw, clipped]);
    return success;
  }

  const main = await attack(model);
  dispose([main.raw, main.clipped]);
  const included = Array.from(truth.keys()).filter((i) => main.status[i] !== "alreadyAdversarial");
  const rate = (success: readonly boolean[]): number =>
    included.filter((i) => success[i]).length / Math.max(included.length, 1);
  const within = (name: string): boolean[] => Array.from(results[name]!.result.distances, (d) => d <= epsilon);
  const names = Object.keys(results);
  const byKnowledge = (...kinds: AttackKnowledge[]): string[] =>
    names.filter((name) => kinds.includes(results[name]!.knowledge));
  const byGradients = main.success.map((success, i) => success || byGradient(i));
  function byGradient(i: number): boolean {
    return byKnowledge("gradient").some((name) => within(name)[i]);
  }

  const checks: RobustnessCheck[] = [];
  const say = (
    check: RobustnessCheck["check"],
    verdict: RobustnessCheck["verdict"],
    finding: string,
    examples: readonly number[] = [],
  ) => {
    checks.push({ check, verdict, finding, examples });
  };
  const hold = (check: MeasuredCheck, holds: boolean, finding: string, examples?: readonly number[]): void =>
    say(check, holds ? "pass" : "fail", finding, examples);

  say(
    "cleanAccuracy",
    "pass",
    `${percent(included.length / size)} of ${size} examples are classified correctly without an attack.`,
  );
  const single = await broken(model, { steps: 1, relativeStepSize: 1 });
  hold(
    "iterativeBeatsSingleStep",
    rate(main.success) >= rate(single),
    `${steps} steps break ${percent(rate(main.success))}, one step ${percent(rate(single))}.`,
    beyond(single, main.success, included),
  );
  const factors = [0.25, 0.5, 1, 2];
  const rates: number[] = [];
  for (const factor of factors)
    rates.push(rate(factor === 1 ? main.success : await broken(model, { epsilon: factor * epsilon })));
  hold(
    "successRisesWithEpsilon",
    monotone(rates),
    `At ${list(factors.map((factor) => String(factor * epsilon)))}, ${list(rates.map(percent))} are broken.`,
  );
  const whole = { norm: "linf", epsilon: bounds[1] - bounds[0] } as const;
  const everywhere = await broken(model, whole);
  hold(
    "unboundedAttackSucceeds",
    rate(everywhere) === 1 || included.length === 0,
    `With the bounds alone, ${percent(rate(everywhere))} are broken.`,
    included.filter((i) => !everywhere[i]),
  );
  for (const [check, settings] of [
    ["stepsConverged", { steps: 2 * steps }],
    ["restartsConverged", { restarts: 2 * restarts }],
  ] as const) {
    const twice = await broken(model, settings);
    const more = rate(twice) - rate(main.success);
    hold(
      check,
      more < 0.01,
      `Twice as many break ${percent(rate(twice))}, not ${percent(rate(main.success))}.`,
      beyond(twice, main.success, included),
    );
  }
  const noise = await noiseBreaks(classify, x, truth, {
    ...frame,
    epsilon,
    keys: keysOf(key, size),
    draws: noiseDraws,
  });
  const byNoise = beyond(noise, byGradients, included);
  hold(
    "gradientBeatsNoise",
    byNoise.length === 0,
    `${noiseDraws} random points break ${percent(rate(noise))}, ${byNoise.length} of which no gradient attack breaks.`,
    byNoise,
  );

  const { numClasses } = await predict(classify, x);
  const other = targeted(truth.map((y) => (y + 1) % numClasses));
  const toTarget = await broken(model, {}, other);
  const byTarget = beyond(toTarget, byGradients, included);
  hold("targetedAttack", byTarget.length === 0, `${percent(rate(toTarget))} reach the next class.`, byTarget);

  const kinds = new Set<AttackKnowledge>(names.map((name) => results[name]!.knowledge));
  const others = Object.fromEntries(byKnowledge("score", "decision", "transfer").map((name) => [name, within(name)]));
  if (undefended) {
    kinds.add("transfer");
    const made = await attack(undefended);
    const transferred = await predict(classify, made.clipped);
    dispose([made.raw, made.clipped]);
    others["transfer from the undefended"] = Array.from(transferred.classes, (c, i) => c !== truth[i]);
    const weak = made.status.filter((status) => status !== "alreadyAdversarial");
    const brokenWeak = weak.filter((status) => status === "success").length / Math.max(weak.length, 1);
    say(
      "ablation",
      "pass",
      `Without the defence ${percent(brokenWeak)} are broken, with it ${percent(rate(main.success))}.`,
    );
    hold("attackBreaksUndefended", brokenWeak >= 0.9, `The attack breaks ${percent(brokenWeak)} of the undefended.`);
  } else {
    say("ablation", "missing", "There is no undefended classifier to compare with.");
    say("attackBreaksUndefended", "missing", "There is no undefended classifier to try the attack on.");
  }
  const lacking = (["score", "decision", "transfer"] as const).filter((kind) => !kinds.has(kind));
  say(
    "kindsOfAttacks",
    lacking.length > 0 ? "missing" : "pass",
    lacking.length > 0 ? `There is no ${list(lacking)} attack.` : "There are score, decision and transfer attacks.",
  );
  const byOthers = included.filter((i) => !byGradients[i] && Object.values(others).some((found) => found[i]));
  if (Object.keys(others).length === 0) say("gradientBeatsOthers", "missing", "There is no attack without gradients.");
  else
    hold(
      "gradientBeatsOthers",
      byOthers.length === 0,
      `Attacks without gradients break ${byOthers.length} that no gradient attack breaks.`,
      byOthers,
    );

  const [once, twice] = [await readLogits(classify(x)), await readLogits(classify(x))];
  const random = once.values.some((z, i) => Math.abs(z - twice.values[i]!) > 1e-4);
  if (!random) say("randomness", "notApplicable", "The classifier draws no noise.");
  else if (!fixedNoise) say("randomness", "missing", "There is no classifier with its noise fixed.");
  else {
    const fixed = await broken(fixedNoise, whole);
    hold(
      "randomness",
      rate(fixed) === 1,
      `With fixed noise and the bounds alone, ${percent(rate(fixed))} are broken.`,
      included.filter((i) => !fixed[i]),
    );
  }
  const worst = included.filter(
    (i) => !byGradients[i] && !noise[i] && !toTarget[i] && !Object.values(others).some((found) => found[i]),
  );
  say("worstCase", "pass", `${percent(worst.length / size)} withstand all attacks of this list.`);
  for (const check of ["threatModel", "adaptiveAttack", "nonDifferentiableParts", "settings", "otherShifts"] as const) {
    const statement = statements[check];
    say(check, statement ? "stated" : "missing", statement ?? "Nothing is stated.");
  }
  return checks;
}
