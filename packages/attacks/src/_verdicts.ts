import { type Evidence, FACTORS } from "./_checklist.ts";
import type { MeasuredCheck, RobustnessCheck, StatedCheck } from "./robustness_check.ts";

/** What the evidence says of each check. */
export function judge(
  found: Evidence,
  { epsilon, steps, noiseDraws }: { readonly epsilon: number; readonly steps: number; readonly noiseDraws: number },
): RobustnessCheck[] {
  const { size, included, main, gradients, others } = found;
  const rate = (success: readonly boolean[]): number =>
    included.filter((i) => success[i]).length / Math.max(included.length, 1);
  const share = (success: readonly boolean[]): string => percent(rate(success));
  const only = (success: readonly boolean[], known: readonly boolean[]): number[] =>
    included.filter((i) => success[i] && !known[i]);
  const unbroken = (success: readonly boolean[]): number[] => included.filter((i) => !success[i]);

  const rates = found.byRadius.map(rate);
  const missedByNoise = only(found.noise, gradients);
  const missedByTarget = only(found.toTarget, gradients);
  const byOthers = main.map((_, i) => Object.values(others).some((broken) => broken[i]));
  const missedByOthers = only(byOthers, gradients);
  const lacking = (["score", "decision", "transfer"] as const).filter((kind) => !found.kinds.has(kind));
  const { weak, fixed } = found;
  const everything = [main, gradients, found.single, ...found.twice, found.noise, found.toTarget, byOthers];

  const converged = (check: MeasuredCheck, twice: readonly boolean[]): RobustnessCheck =>
    hold(
      check,
      rate(twice) - rate(main) < 0.01,
      `Twice as many break ${share(twice)}, not ${share(main)}.`,
      only(twice, main),
    );
  return [
    say(
      "cleanAccuracy",
      "pass",
      `${percent(included.length / size)} of ${size} examples are classified correctly without an attack.`,
    ),
    hold(
      "iterativeBeatsSingleStep",
      rate(main) >= rate(found.single),
      `${steps} steps break ${share(main)}, one step ${share(found.single)}.`,
      only(found.single, main),
    ),
    hold(
      "successRisesWithEpsilon",
      rates.every((value, i) => i === 0 || value >= rates[i - 1]!),
      `At ${list(FACTORS.map((factor) => String(factor * epsilon)))}, ${list(rates.map(percent))} are broken.`,
    ),
    hold(
      "unboundedAttackSucceeds",
      unbroken(found.everywhere).length === 0,
      `With the bounds alone, ${share(found.everywhere)} are broken.`,
      unbroken(found.everywhere),
    ),
    converged("stepsConverged", found.twice[0]),
    converged("restartsConverged", found.twice[1]),
    hold(
      "gradientBeatsNoise",
      missedByNoise.length === 0,
      `${noiseDraws} random points break ${share(found.noise)}, and ${missedByNoise.length} that no gradient attack breaks.`,
      missedByNoise,
    ),
    hold(
      "targetedAttack",
      missedByTarget.length === 0,
      `${share(found.toTarget)} reach the next class.`,
      missedByTarget,
    ),
    Object.keys(others).length === 0
      ? say("gradientBeatsOthers", "missing", "There is no attack without gradients.")
      : hold(
          "gradientBeatsOthers",
          missedByOthers.length === 0,
          `Attacks without gradients break ${missedByOthers.length} that no gradient attack breaks.`,
          missedByOthers,
        ),
    lacking.length > 0
      ? say("kindsOfAttacks", "missing", `There is no ${list(lacking)} attack.`)
      : say("kindsOfAttacks", "pass", "There are score, decision and transfer attacks."),
    weak === undefined
      ? say("ablation", "missing", "There is no undefended classifier to compare with.")
      : say("ablation", "pass", `Without the defence ${percent(weak)} are broken, with it ${share(main)}.`),
    weak === undefined
      ? say("attackBreaksUndefended", "missing", "There is no undefended classifier to try the attack on.")
      : hold("attackBreaksUndefended", weak >= 0.9, `The attack breaks ${percent(weak)} of the undefended.`),
    fixed
      ? hold(
          "randomness",
          unbroken(fixed).length === 0,
          `With fixed noise and the bounds alone, ${share(fixed)} are broken.`,
          unbroken(fixed),
        )
      : say(
          "randomness",
          found.random ? "missing" : "notApplicable",
          found.random ? "There is no classifier with its noise fixed." : "The classifier draws no noise.",
        ),
    say(
      "worstCase",
      "pass",
      `${percent(included.filter((i) => !everything.some((broken) => broken[i])).length / size)} withstand all attacks of this list.`,
    ),
  ];
}

/** The checks that nothing can compute, as they are stated. */
export function stated(statements: Readonly<Partial<Record<StatedCheck, string>>>): RobustnessCheck[] {
  const checks = ["threatModel", "adaptiveAttack", "nonDifferentiableParts", "settings", "otherShifts"] as const;
  return checks.map((check) =>
    say(check, statements[check] ? "stated" : "missing", statements[check] ?? "Nothing is stated."),
  );
}

function say(
  check: RobustnessCheck["check"],
  verdict: RobustnessCheck["verdict"],
  finding: string,
  examples: readonly number[] = [],
): RobustnessCheck {
  return { check, verdict, finding, examples };
}

function hold(check: MeasuredCheck, holds: boolean, finding: string, examples?: readonly number[]): RobustnessCheck {
  return say(check, holds ? "pass" : "fail", finding, examples);
}

/** A share as text. */
function percent(share: number): string {
  return `${Math.round(1000 * share) / 10} %`;
}

/** Words as text. */
function list(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
