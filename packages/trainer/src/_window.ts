import type { Observation } from "./detector.ts";

/** How many iterations are remembered for detectors and incidents. */
export const HISTORY = 100;

/** The mean of a term over the last `window` iterations, this one among them; undefined when there are fewer. */
export function windowMean({ terms, history }: Observation, name: string, window: number): number | undefined {
  const rows = [...history.slice(history.length - window + 1), terms];
  if (rows.length < window) return undefined;
  const mean = rows.reduce((sum, row) => sum + row[name]!, 0) / window;
  return Number.isNaN(mean) ? undefined : mean;
}

/** Throws unless `value` is finite and above 0. */
export function checkPositive(action: string, name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new RangeError(`Cannot ${action}: ${name} must be greater than 0 but found ${value}`);
  }
}

/** Throws unless `window` is a number of iterations that are remembered. */
export function checkWindow(action: string, window: number): void {
  if (!Number.isInteger(window) || window < 1 || window > HISTORY) {
    throw new RangeError(`Cannot ${action}: window must be an integer from 1 to ${HISTORY} but found ${window}`);
  }
}
