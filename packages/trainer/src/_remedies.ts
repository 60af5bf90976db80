import { foldIn, type Key, split } from "@jem-js/random";
import type { Checkpointable } from "./checkpointable.ts";
import type { Divergence } from "./divergence_error.ts";
import type { Adjustments } from "./procedure.ts";
import { defaultRemedies, type Quarantine, type RecoveryOptions, type Remedy } from "./recovery.ts";

/** What recoveries have done to a run so far. It outlives a rollback: that goes back in everything else. */
export interface Remedies extends Checkpointable {
  /** What is in force. */
  readonly adjustments: Adjustments;
  /** The incidents so far. */
  readonly incidents: number;
  /** The iteration that the last incident went back to. */
  readonly resumedFrom: number | undefined;
  /** How many more there may be. */
  readonly retriesLeft: number;
  /** The key that the run draws its random numbers from now. */
  key(): Key;
  /** What to do about the next incident. */
  next(): Remedy;
  /**
   * Counts an incident, after which the run goes on from iteration `resumedFrom`, and puts a remedy in force; returns the slots
   * whose chains were started anew.
   */
  apply(remedy: Remedy, divergence: Divergence, resumedFrom: number): number[];
}

interface Values {
  incidents: number;
  newKeys: number;
  resumedFrom?: number;
  adjustments: Adjustments;
}

/** The remedies of a run with the key `runKey`; no retries without options. */
export function remediesOf(runKey: Key, options: RecoveryOptions | undefined): Remedies {
  const { remedies = defaultRemedies, retries = 8, buffer } = options ?? { retries: 0 };
  if (options) checkRecovery(remedies, retries);
  const [, newKey, quarantineKey] = split(runKey, 3) as [Key, Key, Key];
  let values: Values = { incidents: 0, newKeys: 0, adjustments: { learningRate: 1, steps: 1, energyL2: 0 } };

  return {
    get adjustments(): Adjustments {
      return values.adjustments;
    },
    get incidents(): number {
      return values.incidents;
    },
    get resumedFrom(): number | undefined {
      return values.resumedFrom;
    },
    get retriesLeft(): number {
      return retries - values.incidents;
    },
    key: () => (values.newKeys === 0 ? runKey : foldIn(newKey, values.newKeys)),
    next: () => remedies[Math.min(values.incidents, remedies.length - 1)]!,
    apply(remedy, { slots = [] }, resumedFrom) {
      const { newKey: renew = true, quarantine = true, learningRate = 1, steps = 1, energyL2 = 0 } = remedy;
      const before = values.adjustments;
      const suspects = buffer && quarantine ? suspectsOf(buffer, quarantine === "all", slots) : [];
      if (suspects.length > 0) buffer!.reinitialize(foldIn(quarantineKey, values.incidents), suspects);
      values = {
        incidents: values.incidents + 1,
        newKeys: values.newKeys + (renew ? 1 : 0),
        resumedFrom,
        adjustments: {
          learningRate: before.learningRate * learningRate,
          steps: before.steps * steps,
          energyL2: Math.max(before.energyL2, energyL2),
        },
      };
      return suspects;
    },
    snapshot: () => ({ values: { ...values }, arrays: {} }),
    restore(snapshot) {
      values = { ...(snapshot.values as unknown as Values) };
    },
  };
}

function suspectsOf({ size }: Quarantine, all: boolean, slots: ArrayLike<number>): number[] {
  return all ? Array.from({ length: size }, (_, slot) => slot) : [...new Set(Array.from(slots))].sort((a, b) => a - b);
}

function checkRecovery(remedies: readonly Remedy[], retries: number): void {
  const action = "fit";
  if (!Number.isInteger(retries) || retries < 1) {
    throw new RangeError(`Cannot ${action}: recovery.retries must be a positive integer but found ${retries}`);
  }
  if (remedies.length === 0) throw new RangeError(`Cannot ${action}: recovery.remedies must not be empty`);
  for (const { rollback = 1, learningRate = 1, steps = 1, energyL2 = 0 } of remedies) {
    if (!Number.isInteger(rollback) || rollback < 1) {
      throw new RangeError(`Cannot ${action}: rollback of a remedy must be a positive integer but found ${rollback}`);
    }
    for (const [name, value] of Object.entries({ learningRate, steps })) {
      if (!(Number.isFinite(value) && value > 0)) {
        throw new RangeError(`Cannot ${action}: ${name} of a remedy must be greater than 0 but found ${value}`);
      }
    }
    if (!(Number.isFinite(energyL2) && energyL2 >= 0)) {
      throw new RangeError(`Cannot ${action}: energyL2 of a remedy must be at least 0 but found ${energyL2}`);
    }
  }
}
