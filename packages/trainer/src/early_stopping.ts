import type { Checkpointable } from "./checkpointable.ts";
import type { StopCriterion } from "./stop_criterion.ts";

/** Options of {@linkcode earlyStopping}. */
export interface EarlyStoppingOptions {
  /** Which metric of the evaluations is watched. */
  readonly metric: string;
  /** Whether it should be small or large. @default {"smaller"} */
  readonly better?: "smaller" | "larger";
  /** After how many evaluations without an improvement the run ends. A positive integer. @default {5} */
  readonly patience?: number;
  /** The least change that is an improvement. At least 0. @default {0} */
  readonly minDelta?: number;
}

/** The criterion of {@linkcode earlyStopping}: a function with a state. */
export type EarlyStopping = StopCriterion & Checkpointable;

/**
 * Ends a run when a metric of its evaluations has not improved for a while. Evaluate on data that is used for nothing else.
 *
 * @example Usage
 * ```ts
 * import { earlyStopping } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const stop = earlyStopping({ metric: "loss", patience: 2 });
 * const stops = [3, 2, 2.5, 2.1].map((loss, iteration) => stop({ type: "evaluation", iteration, metrics: { loss } }));
 * expect(stops).toEqual([false, false, false, true]);
 * ```
 *
 * @param options What is watched, and for how long.
 * @returns The criterion. Give it to `fit` twice: in `stopWhen` and, so that checkpoints hold it, as
 * `state: { stopping }`.
 * @throws {TypeError} When `better` is neither.
 * @throws {RangeError} When `patience` is not a positive integer or `minDelta` is negative; from the criterion, when an
 * evaluation lacks the metric.
 */
export function earlyStopping(options: EarlyStoppingOptions): EarlyStopping {
  const { metric, better = "smaller", patience = 5, minDelta = 0 } = options;
  if (better !== "smaller" && better !== "larger") {
    throw new TypeError(`Cannot stop early: better must be one of smaller, larger but found ${better}`);
  }
  if (!Number.isInteger(patience) || patience < 1) {
    throw new RangeError(`Cannot stop early: patience must be a positive integer but found ${patience}`);
  }
  if (!(minDelta >= 0)) throw new RangeError(`Cannot stop early: minDelta must be at least 0 but found ${minDelta}`);
  /** `best` is null before the first finite value. */
  let state: { best: number | null; waited: number } = { best: null, waited: 0 };

  const criterion: StopCriterion = (event) => {
    // A run that was stopped, and is begun again, stops at once.
    if (event.type !== "evaluation") return state.waited >= patience;
    const value = event.metrics[metric];
    if (value === undefined) {
      const found = Object.keys(event.metrics).join(", ");
      throw new RangeError(`Cannot stop early: the evaluation must measure ${metric} but measures ${found}`);
    }
    const sign = better === "larger" ? 1 : -1;
    const isBetter = Number.isFinite(value) && (state.best === null || sign * (value - state.best) > minDelta);
    state = isBetter ? { best: value, waited: 0 } : { ...state, waited: state.waited + 1 };
    return state.waited >= patience;
  };
  return Object.assign(criterion, {
    snapshot: () => ({ values: { ...state }, arrays: {} }),
    restore: ({ values }: { values: Readonly<Record<string, unknown>> }) => {
      state = { best: values.best as number | null, waited: values.waited as number };
    },
  });
}
