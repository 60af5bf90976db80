import type { Observation } from "./detector.ts";

/** How many iterations are remembered for detectors and incidents. */
export const HISTORY = 100;

/**
 * The value of a term in each of `rows`.
 *
 * @throws {RangeError} When a row lacks it: what is watched and never told would seem sound for ever.
 */
function valuesOf(action: string, rows: readonly Readonly<Record<string, number>>[], name: string): number[] {
  return rows.map((row) => {
    const value = row[name];
    if (value !== undefined) return value;
    const found = Object.keys(row).join(", ") || "nothing";
    throw new RangeError(`Cannot ${action}: the procedure must report ${name} but reports ${found}`);
  });
}

/** The value of a term in this iteration. */
export function termOf(action: string, { terms }: Observation, name: string): number {
  return valuesOf(action, [terms], name)[0]!;
}

/** The mean of a term over the last `window` iterations, this one among them; undefined when there are fewer. */
export function windowMean(action: string, observation: Observation, name: string, window: number): number | undefined {
  const { terms, history } = observation;
  const values = valuesOf(action, [...history.slice(history.length - window + 1), terms], name);
  return values.length < window ? undefined : values.reduce((sum, value) => sum + value, 0) / window;
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
