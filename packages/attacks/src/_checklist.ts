import { foldIn, type Key } from "@jem-js/random";
import { dispose, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { asFunction, readLogits } from "./_classify.ts";
import { confine, keysOf, randomStart } from "./_norms.ts";
import { predict } from "./_predict.ts";
import { takeRows } from "./_subtask.ts";
import type { Norm } from "./attack_options.ts";
import type { AttackResult } from "./attack_result.ts";
import type { Classifier, ClassifierFunction } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import { misclassification } from "./misclassification.ts";
import { type PgdOptions, pgd } from "./pgd.ts";
import type { AttackKnowledge } from "./robustness_check.ts";
import { runAttack } from "./run_attack.ts";
import { targeted } from "./targeted.ts";

/** At which multiples of the radius success is looked at, the third being the radius itself. */
export const FACTORS: readonly number[] = [0.25, 0.5, 1, 2];

/** What is tried, and what is known already. */
interface Effort {
  readonly norm: Norm;
  readonly epsilon: number;
  readonly key: Key;
  readonly steps: number;
  readonly restarts: number;
  readonly noiseDraws: number;
  readonly batchSize: number;
  readonly bounds: readonly [low: number, high: number];
  readonly results?: Readonly<Record<string, { knowledge: AttackKnowledge; result: Pick<AttackResult, "distances"> }>>;
  readonly undefended?: Classifier;
  readonly fixedNoise?: Classifier;
}

/** Which examples are broken by what, as booleans of all examples. */
export interface Evidence {
  readonly size: number;
  /** The examples that are classified correctly without an attack: the only ones that count. */
  readonly included: readonly number[];
  readonly main: readonly boolean[];
  readonly single: readonly boolean[];
  readonly byRadius: readonly (readonly boolean[])[];
  /** With the bounds alone. */
  readonly everywhere: readonly boolean[];
  /** With twice the steps, and with twice the restarts. */
  readonly twice: readonly [steps: readonly boolean[], restarts: readonly boolean[]];
  readonly noise: readonly boolean[];
  readonly toTarget: readonly boolean[];
  /** By any attack that knows gradients. */
  readonly gradients: readonly boolean[];
  /** By attacks that do not, by their names. */
  readonly others: Readonly<Record<string, readonly boolean[]>>;
  readonly kinds: ReadonlySet<AttackKnowledge>;
  /** Which share of those that it classifies correctly is broken of the undefended classifier. */
  readonly weak: number | undefined;
  readonly random: boolean;
  /** With the bounds alone, of the classifier with its noise fixed. */
  readonly fixed: readonly boolean[] | undefined;
}

/** Makes the attacks of the checklist. */
export async function gatherEvidence(
  model: Classifier,
  x: Tensor,
  labels: Int32Array,
  effort: Effort,
): Promise<Evidence> {
  const { norm, epsilon, key, steps, restarts, noiseDraws, batchSize, bounds, results = {} } = effort;
  const { undefended, fixedNoise } = effort;
  const classify = asFunction("go through the checklist", model);
  const untargeted = misclassification(labels);

  /** Makes an attack by pgd; its tensors are to be disposed. */
  function attack(
    of: Classifier,
    settings: Partial<Pick<PgdOptions, "norm" | "steps" | "relativeStepSize">> & {
      epsilon?: number;
      restarts?: number;
    },
    aim: Criterion = untargeted,
  ): Promise<AttackResult> {
    const ball = { norm, epsilon, steps, restarts, bounds, ...settings };
    return runAttack(of, x, aim, {
      ...ball,
      key,
      batchSize,
      attack: ({ model, x, criterion, keys }) =>
        pgd(model, x, criterion, { ...ball, returnBest: true, ...(keys && { key: keys }) }),
    });
  }

  async function broken(...of: Parameters<typeof attack>): Promise<readonly boolean[]> {
    const { raw, clipped, success } = await attack(...of);
    dispose([raw, clipped]);
    return success;
  }

  const { raw, clipped, success: main, status } = await attack(model, {});
  dispose([raw, clipped]);
  const byRadius: (readonly boolean[])[] = [];
  for (const factor of FACTORS) {
    byRadius.push(factor === 1 ? main : await broken(model, { epsilon: factor * epsilon }));
  }
  const { numClasses } = await predict(classify, x);
  const within = (knows: (knowledge: AttackKnowledge) => boolean): Record<string, boolean[]> =>
    Object.fromEntries(
      Object.entries(results)
        .filter(([, { knowledge }]) => knows(knowledge))
        .map(([name, { result }]) => [name, Array.from(result.distances, (distance) => distance <= epsilon)]),
    );
  const gradients = Object.values(within((knowledge) => knowledge === "gradient"));
  const others = within((knowledge) => knowledge !== "gradient");
  const kinds = new Set(Object.values(results).map(({ knowledge }) => knowledge));
  let weak: number | undefined;
  if (undefended) {
    const made = await attack(undefended, {});
    const transferred = await predict(classify, made.clipped).finally(() => dispose([made.raw, made.clipped]));
    others["transfer from the undefended"] = Array.from(transferred.classes, (c, i) => c !== labels[i]);
    kinds.add("transfer");
    const attacked = made.status.filter((one) => one !== "alreadyAdversarial");
    weak = attacked.filter((one) => one === "success").length / Math.max(attacked.length, 1);
  }
  const [once, again] = [await readLogits(classify(x)), await readLogits(classify(x))];
  const random = once.values.some((z, i) => Math.abs(z - again.values[i]!) > 1e-4);
  const whole = { norm: "linf", epsilon: bounds[1] - bounds[0] } as const;
  return {
    size: labels.length,
    included: Array.from(labels.keys()).filter((i) => status[i] !== "alreadyAdversarial"),
    main,
    single: await broken(model, { steps: 1, relativeStepSize: 1 }),
    byRadius,
    everywhere: await broken(model, whole),
    twice: [await broken(model, { steps: 2 * steps }), await broken(model, { restarts: 2 * restarts })],
    noise: await noiseBreaks(classify, x, labels, {
      norm,
      epsilon,
      bounds,
      keys: keysOf(key, labels.length),
      draws: noiseDraws,
      batchSize,
    }),
    toTarget: await broken(model, {}, targeted(labels.map((y) => (y + 1) % numClasses))),
    gradients: main.map((success, i) => success || gradients.some((found) => found[i])),
    others,
    kinds,
    weak,
    random,
    fixed: random && fixedNoise ? await broken(fixedNoise, whole) : undefined,
  };
}

/** Which examples are misclassified at one of some random points of the ball, or at `x`. */
async function noiseBreaks(
  classify: ClassifierFunction,
  x: Tensor,
  labels: Int32Array,
  options: {
    readonly norm: Norm;
    readonly epsilon: number;
    readonly bounds: readonly [number, number];
    readonly keys: readonly Key[];
    readonly draws: number;
    readonly batchSize: number;
  },
): Promise<boolean[]> {
  const { norm, epsilon, bounds, keys, draws, batchSize } = options;
  const broken = Array.from(labels, () => false);
  for (let draw = 0; draw < draws; draw++) {
    const standing = Array.from(broken.keys()).filter((i) => !broken[i]);
    for (let from = 0; from < standing.length; from += batchSize) {
      const rows = standing.slice(from, from + batchSize);
      const moved = tidy(() => {
        const batch = takeRows(x, rows);
        const drawn = rows.map((row) => foldIn(keys[row]!, draw));
        return confine(norm, randomStart(norm, batch, epsilon, drawn), batch, epsilon, bounds);
      });
      try {
        const { classes } = await predict(classify, moved);
        rows.forEach((row, i) => {
          broken[row] = classes[i] !== labels[row];
        });
      } finally {
        moved.dispose();
      }
    }
  }
  return broken;
}
