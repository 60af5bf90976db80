import type { Figures } from "./evaluation.ts";

/** The bounds of each figure, both included: `expected.json`. */
export type Expected = Readonly<Record<keyof Figures, { readonly min?: number; readonly max?: number }>>;

/** A line of the table: what is expected of a figure and what came out. */
export interface Row {
  readonly seed: number;
  readonly figure: string;
  readonly expected: string;
  readonly got: number;
  readonly passes: boolean;
}

/** Holds the figures of a seed against the bounds. */
export function compare(seed: number, figures: Figures, expected: Expected): Row[] {
  return (Object.keys(expected) as (keyof Figures)[]).map((figure) => {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = expected[figure];
    const got = figures[figure];
    const bounds = [min > -Infinity && `>= ${min}`, max < Infinity && `<= ${max}`].filter(Boolean).join(", ");
    return { seed, figure, expected: bounds, got, passes: got >= min && got <= max };
  });
}
