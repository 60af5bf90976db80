import type { EvaluationEvent, IterationEvent } from "./events.ts";

/** Looks at each iteration and evaluation; true ends the run after it. */
export type StopCriterion = (event: IterationEvent | EvaluationEvent) => boolean;
