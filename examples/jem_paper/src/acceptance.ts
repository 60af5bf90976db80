/** The bounds of a figure, both included: an entry of an `expected.json`. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** A line of the table: what is expected of the mean of a figure and what came out. */
export interface Row {
  readonly figure: string;
  readonly expected: string;
  readonly got: number;
  readonly passes: boolean;
}

/** Holds figures against their bounds; a figure that is missing does not pass. */
export function compare(figures: Readonly<Record<string, number>>, expected: Readonly<Record<string, Bounds>>): Row[] {
  return Object.entries(expected).map(([figure, { min = -Infinity, max = Infinity }]) => {
    const got = figures[figure] ?? Number.NaN;
    const bounds = [min > -Infinity && `>= ${min}`, max < Infinity && `<= ${max}`].filter(Boolean).join(", ");
    return { figure, expected: bounds, got, passes: got >= min && got <= max };
  });
}
