/** What an attack knows: gradients, logits, decisions, or another classifier. */
export type AttackKnowledge = "gradient" | "score" | "decision" | "transfer";

/**
 * The checks that are statements: what the attacker knows; how attacks were adapted to the defence, and to what has no gradient; the settings,
 * versions and seeds; other shifts that were tried.
 */
export type StatedCheck = "threatModel" | "adaptiveAttack" | "nonDifferentiableParts" | "settings" | "otherShifts";

/** One item of the checklist. */
export interface RobustnessCheck {
  /** What is checked. */
  readonly check: StatedCheck | MeasuredCheck;
  /** `"stated"` was not measured; `"missing"` was neither; `"notApplicable"` need not be. */
  readonly verdict: "pass" | "fail" | "stated" | "missing" | "notApplicable";
  /** What was found, as a sentence. */
  readonly finding: string;
  /** The examples that speak against it. */
  readonly examples: readonly number[];
}

/** The checks that are measured. */
export type MeasuredCheck =
  | "cleanAccuracy"
  | "iterativeBeatsSingleStep"
  | "successRisesWithEpsilon"
  | "unboundedAttackSucceeds"
  | "stepsConverged"
  | "restartsConverged"
  | "gradientBeatsOthers"
  | "gradientBeatsNoise"
  | "kindsOfAttacks"
  | "targetedAttack"
  | "randomness"
  | "worstCase"
  | "ablation"
  | "attackBreaksUndefended";
