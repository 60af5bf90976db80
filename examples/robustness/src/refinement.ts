import {
  eotModel,
  pgd,
  type RefinementGradient,
  refinedModel,
  type StochasticAccuracy,
  stochasticAccuracy,
} from "@jem-js/attacks";
import { type EnergyHead, hessianVectorProduct } from "@jem-js/energy";
import { wilsonInterval } from "@jem-js/metrics";
import { foldIn, type Key } from "@jem-js/random";
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

/** Attacks the expectation of a refined classifier by PGD in L∞ from a random start, to the last step, and judges what comes of it. */
export async function attackRefined(
  head: EnergyHead,
  defence: Defence,
  sgld: Subjects["sgld"],
  { x, labels }: Digits,
  { epsilon, attackSteps, draws, chains, judgements }: Effort,
  key: Key,
): Promise<Judgement> {
  const { steps, gradient } = defence;
  const known: RefinementGradient =
    gradient === "exact"
      ? { gradient, hessianVectorProduct: (z, v) => hessianVectorProduct(head, z, v) }
      : { gradient };
  const model = refinedModel(head, { ...scaling, ...sgld, ...known, steps, chains });
  const attacked = eotModel(model, { key: foldIn(key, 0), draws });
  const adversarial = pgd(attacked, x, labels, { norm: "linf", epsilon, steps: attackSteps, key: foldIn(key, 1) });
  // The same noise for the same number of steps: the clean accuracy does not depend on what the attack knows.
  const judge = { key: foldIn(key, 2), draws: judgements };
  try {
    return {
      defence,
      clean: await stochasticAccuracy(model, x, labels, judge),
      attacked: await stochasticAccuracy(model, adversarial, labels, judge),
    };
  } finally {
    adversarial.dispose();
  }
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
