import {
  type AttackResult,
  type Classifier,
  type DistanceNorm,
  type DistanceRow,
  distanceTable,
  type LabelAttack,
  type Norm,
  type RobustnessCurve,
  robustAccuracy,
  robustAccuracyCurve,
} from "@jem-js/attacks";
import { foldIn, type Key } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import type { Digits } from "./digits.ts";
import type { Subject } from "./models.ts";

/** An attack that looks for the smallest perturbation. */
type SmallestAttack = (
  model: Classifier,
  x: tf.Tensor4D,
  labels: Int32Array,
  key: Key,
) => Promise<AttackResult<tf.Tensor4D>>;

/** The attacks in a norm, by their names, and the radii at which accuracy is given. */
export interface Plan {
  readonly norm: DistanceNorm;
  readonly epsilons: readonly number[];
  /** Attacks in balls, made at each radius on what is standing; none in `"l0"`. */
  readonly balls?: Readonly<Record<string, LabelAttack>>;
  readonly smallest: Readonly<Record<string, SmallestAttack>>;
  /** The radius at which the evaluation itself is looked into; none in `"l0"`. */
  readonly claim?: number;
}

/** What was found of a network. */
export interface Finding {
  readonly name: Subject["name"];
  /** Of each attack alone. */
  readonly alone: Readonly<Record<string, RobustnessCurve>>;
  /** Of the attack that is worst for each example. */
  readonly worst: RobustnessCurve;
  readonly distances: readonly DistanceRow[];
  /** The attacks that look for the smallest perturbation; their tensors are gone. */
  readonly results: Readonly<Record<string, Pick<AttackResult, "distances">>>;
  /** The closest adversarial examples of those attacks that look for them, values of the shape of the digits. */
  readonly closest: Float32Array;
}

/** Makes all attacks of a plan on a network. */
export async function attackAll(plan: Plan, subject: Subject, { x, labels }: Digits, key: Key): Promise<Finding> {
  const { norm, epsilons, balls = {}, smallest } = plan;
  const { name, model } = subject;
  const found: Record<string, Float64Array> = {};
  for (const [attack, make] of Object.entries(balls)) {
    const attacks = { [attack]: make };
    const options = { norm: norm as Norm, epsilons, attacks, key: foldIn(key, Object.keys(found).length) };
    const curve = await timed(name, attack, () => robustAccuracy(model, x, labels, options));
    found[attack] = curve.smallestEpsilons;
  }

  const results: Record<string, AttackResult> = {};
  const closest = (await x.data<"float32">()).slice();
  const distances = new Float64Array(labels.length).fill(Number.POSITIVE_INFINITY);
  for (const [attack, make] of Object.entries(smallest)) {
    const keyed = foldIn(key, Object.keys(found).length);
    const result = await timed(name, attack, () => make(model, x, labels, keyed));
    const values = await result.clipped.data<"float32">();
    tf.dispose([result.raw, result.clipped]);
    const size = values.length / labels.length;
    result.distances.forEach((distance, i) => {
      if (!(distance < distances[i]!)) return;
      distances[i] = distance;
      closest.set(values.subarray(i * size, (i + 1) * size), i * size);
    });
    results[attack] = result;
    found[attack] = result.distances;
  }

  const alone = Object.entries(found).map(([attack, some]) => [attack, robustAccuracyCurve({ [attack]: some }, plan)]);
  const worst = robustAccuracyCurve(found, plan);
  return { name, alone: Object.fromEntries(alone), worst, distances: distanceTable(results), results, closest };
}

/** Does something and says how long it took. */
export async function timed<T>(name: string, attack: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  console.log(`${name}: ${attack}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
