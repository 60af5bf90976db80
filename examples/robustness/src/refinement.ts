import {
  eotModel,
  type GradientMasking,
  gradientMasking,
  pgd,
  type RefinementGradient,
  refinedModel,
  type StochasticAccuracy,
  type StochasticModel,
  stochasticAccuracy,
} from "@jem-js/attacks";
import { type EnergyHead, hessianVectorProduct } from "@jem-js/energy";
import { wilsonInterval } from "@jem-js/metrics";
import { foldIn, type Key } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import type { Digits } from "./digits.ts";
import { type Subjects, scaling } from "./models.ts";
import { markdownTable, percent } from "./tables.ts";

/** How many Langevin steps the defence takes, and what the attack gets for its gradient. */
export interface Defence {
  readonly steps: number;
  readonly gradient: NonNullable<RefinementGradient["gradient"]>;
}

/** How much is spent. */
export interface Effort {
  /** The L∞ radius. */
  readonly epsilon: number;
  readonly attackSteps: number;
  /** Over how many draws of the noise of all chains each gradient is averaged. */
  readonly draws: number;
  /** How many chains start at each image, whose logits the defence averages. */
  readonly chains: number;
  /** How often each image is classified in the end, on noise that the attack has not seen. */
  readonly judgements: number;
}

/** What is left of the accuracy. */
export interface Judgement {
  readonly defence: Defence;
  readonly clean: StochasticAccuracy;
  readonly attacked: StochasticAccuracy;
}

/** The network, its Langevin steps, and the images. */
export interface Setting {
  readonly head: EnergyHead;
  readonly sgld: Subjects["sgld"];
  readonly digits: Digits;
  readonly effort: Effort;
  readonly key: Key;
}

/** The accuracy of a refined classifier without an attack, which does not depend on what an attack would know. */
export function judgeClean(defence: Defence, setting: Setting): Promise<StochasticAccuracy> {
  return judge(refine(defence, setting), setting.digits.x, setting);
}

/** Attacks the expectation of a refined classifier by PGD in L∞ from a random start, to the last step, and judges what comes of it. */
export async function judgeAttacked(defence: Defence, setting: Setting): Promise<StochasticAccuracy> {
  const { digits, effort, key } = setting;
  const { epsilon, attackSteps: steps, draws } = effort;
  const model = refine(defence, setting);
  const attacked = eotModel(model, { key: foldIn(key, 0), draws });
  const adversarial = pgd(attacked, digits.x, digits.labels, { norm: "linf", epsilon, steps, key: foldIn(key, 1) });
  try {
    return await judge(model, adversarial, setting);
  } finally {
    adversarial.dispose();
  }
}

/** How many images are looked at for signs of masked gradients, at most. */
export const looked = 10;

/** Looks for signs that the gradients of the expectation that is attacked mislead. */
export async function maskingOf(defence: Defence, setting: Setting): Promise<GradientMasking> {
  const { digits, effort, key } = setting;
  const { epsilon, attackSteps: steps, draws } = effort;
  const attacked = eotModel(refine(defence, setting), { key: foldIn(key, 4), draws });
  const x = tf.slice(digits.x, 0, Math.min(looked, digits.labels.length));
  try {
    const options = { norm: "linf", epsilon, key: foldIn(key, 5), steps, draws: steps } as const;
    return await gradientMasking(attacked, x, digits.labels.slice(0, looked), options);
  } finally {
    x.dispose();
  }
}

function refine({ steps, gradient }: Defence, { head, sgld, effort }: Setting): StochasticModel {
  const known: RefinementGradient =
    gradient === "exact"
      ? { gradient, hessianVectorProduct: (z, v) => hessianVectorProduct(head, z, v) }
      : { gradient };
  return refinedModel(head, { ...scaling, ...sgld, ...known, steps, chains: effort.chains });
}

function judge(model: StochasticModel, x: tf.Tensor, { digits, effort, key }: Setting): Promise<StochasticAccuracy> {
  return stochasticAccuracy(model, x, digits.labels, { key: foldIn(key, 2), draws: effort.judgements });
}

/** The accuracies, and for each number of steps that of the gradient that is worst for each image. */
export function refinementTable(judgements: readonly Judgement[]): string[] {
  const majority = (correct: readonly boolean[]): string => {
    const hits = correct.filter(Boolean).length;
    return percent(hits / correct.length, wilsonInterval(hits, correct.length));
  };
  const rows: string[][] = [];
  for (const steps of new Set(judgements.map(({ defence }) => defence.steps))) {
    const some = judgements.filter(({ defence }) => defence.steps === steps);
    for (const { defence, clean, attacked } of some) {
      rows.push([
        `${steps}`,
        steps === 0 ? "of the network" : defence.gradient,
        percent(clean.meanAccuracy),
        majority(clean.majorityCorrect),
        percent(attacked.meanAccuracy),
        majority(attacked.majorityCorrect),
        `${attacked.nanDraws.reduce((total, draws) => total + draws, 0)}`,
      ]);
    }
    if (some.length < 2) continue;
    const always = some[0]!.attacked.majorityCorrect.map((_, i) =>
      some.every(({ attacked }) => attacked.majorityCorrect[i]),
    );
    rows.push([`${steps}`, "**worst case**", "", "", "", majority(always), ""]);
  }
  const head = ["steps", "gradient", "clean, mean", "clean, majority", "attacked, mean", "attacked, majority", "NaN"];
  return [
    "Accuracy of the refined JEM in %, of single draws and of majorities, with intervals of 95 %:",
    markdownTable(head, rows),
  ];
}
