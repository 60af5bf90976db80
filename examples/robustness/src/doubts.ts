import {
  type Attack,
  type AttackKnowledge,
  type AttackResult,
  type GradientMasking,
  gradientMasking,
  hopSkipJump,
  type MaskingIndicator,
  type Norm,
  pgd,
  type RobustnessCheck,
  robustnessChecklist,
  runAttack,
  square,
} from "@jem-js/attacks";
import { foldIn, type Key } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import type { Finding } from "./comparison.ts";
import type { Digits } from "./digits.ts";
import type { Subject } from "./models.ts";
import { markdownTable, normNames, short } from "./tables.ts";

/** What speaks for and against an evaluation of a network. */
export interface Doubts {
  readonly name: string;
  readonly checks: readonly RobustnessCheck[];
  readonly masking: GradientMasking;
}

/** What is looked at: the attacks of a network in a ball, in a smoke run with less effort. */
export interface Claim {
  readonly norm: Norm;
  readonly epsilon: number;
  readonly digits: Digits;
  readonly key: Key;
  readonly smoke: boolean;
}

/** Goes through the checklist and looks for masked gradients; attacks by scores, by decisions and by transfer are added to those that were made. */
export async function doubtsOf(
  { name, model }: Subject,
  { results }: Finding,
  other: Subject,
  { norm, epsilon, digits: { x, labels }, key, smoke }: Claim,
): Promise<Doubts> {
  const known: Record<string, { knowledge: AttackKnowledge; result: Pick<AttackResult, "distances"> }> = {};
  for (const [attack, result] of Object.entries(results)) {
    known[attack] = { knowledge: attack === "boundary" ? "decision" : "gradient", result };
  }
  const add = (attack: string, knowledge: AttackKnowledge, result: AttackResult): void => {
    tf.dispose([result.raw, result.clipped]);
    known[attack] = { knowledge, result };
  };
  if (norm !== "l1") {
    const steps = smoke ? 20 : 1000;
    add("Square", "score", await square(model, x, labels, { norm, epsilon, key: foldIn(key, 0), steps }));
    const hops = { norm, key: foldIn(key, 1), steps: smoke ? 1 : 5 };
    add("HopSkipJump", "decision", await hopSkipJump(model, x, labels, hops));
  }
  const ball = { norm, epsilon };
  const foreign = pgd(other.model, x, labels, {
    ...ball,
    steps: smoke ? 2 : 40,
    key: foldIn(key, 4),
    returnBest: true,
  });
  const attack: Attack = ({ examples }) => tf.tidy(() => tf.gather(foreign, tf.tensor1d([...examples], "int32")));
  add("transfer", "transfer", await runAttack(model, x, labels, { ...ball, attack }));
  foreign.dispose();
  const checks = await robustnessChecklist(model, x, labels, {
    norm,
    epsilon,
    key: foldIn(key, 2),
    steps: smoke ? 2 : 40,
    noiseDraws: smoke ? 5 : 1000,
    results: known,
    statements: {
      threatModel: `The attacker knows the weights and moves pixels, in [0, 1], by at most ${epsilon} in ${normNames[norm]}.`,
      adaptiveAttack: "There is no defence at the time of the attack to adapt to.",
      nonDifferentiableParts: "There are none.",
      settings: "README.md and results.json.",
    },
  });
  const effort = { steps: smoke ? 2 : 50, draws: smoke ? 2 : 100 };
  return {
    name,
    checks,
    masking: await gradientMasking(model, x, labels, { norm, epsilon, key: foldIn(key, 3), ...effort }),
  };
}

/** The verdicts of the checklist, side by side, and the signs of masked gradients. */
export function doubtTables({ norm, epsilon }: Pick<Claim, "norm" | "epsilon">, doubts: readonly Doubts[]): string[] {
  const checks = doubts[0]!.checks.map(({ check }, i) => [
    check,
    ...doubts.map(({ checks }) => {
      const { verdict, finding, examples } = checks[i]!;
      const odd =
        examples.length > 0 ? ` (images ${examples.slice(0, 5).join(", ")}${examples.length > 5 ? ", ..." : ""})` : "";
      return `${verdict === "fail" ? "**fail**" : verdict}: ${finding}${odd}`;
    }),
  ]);
  return [
    `The checklist of Carlini et al. at ${normNames[norm]} ${epsilon}:`,
    markdownTable(["check", ...doubts.map(({ name }) => name)], checks),
    `Signs of masked gradients at ${normNames[norm]} ${epsilon}; suspicious ones in bold:`,
    maskingTable(doubts),
  ];
}

/** The signs of masked gradients of several classifiers. */
export function maskingTable(doubts: readonly Pick<Doubts, "name" | "masking">[]): string {
  const rows = indicatorNames(doubts[0]!.masking).map((sign) => [
    sign,
    ...doubts.map(({ masking }) => {
      const { value, suspicious } = masking[sign] as MaskingIndicator;
      return suspicious ? `**${short(value)}**` : short(value);
    }),
    short((doubts[0]!.masking[sign] as MaskingIndicator).threshold),
  ]);
  return markdownTable(["sign", ...doubts.map(({ name }) => name), "suspicious above"], rows);
}

/** How many checks fail and how many signs are suspicious, by name, for `expected.json`. */
export function doubtFigures(norm: Norm, doubts: readonly Doubts[]): Record<string, number> {
  return Object.fromEntries(
    doubts.flatMap(({ name, checks, masking }) => [
      [`${name}, failed checks in ${norm}`, checks.filter(({ verdict }) => verdict === "fail").length],
      [`${name}, suspicious signs in ${norm}`, suspicious(masking)],
    ]),
  );
}

/** How many signs are suspicious. */
export function suspicious(masking: GradientMasking): number {
  return indicatorNames(masking).filter((sign) => (masking[sign] as MaskingIndicator).suspicious).length;
}

function indicatorNames(masking: GradientMasking): (keyof GradientMasking)[] {
  return (Object.keys(masking) as (keyof GradientMasking)[]).filter((name) => name !== "gradientNorms");
}
