/** An interval of confidence of a share. */
export interface Interval {
  /** Its lower end. */
  readonly lower: number;
  /** Its upper end. */
  readonly upper: number;
}

/** From the number of successes and of trials, and the confidence, to an interval of the share. */
export type IntervalMethod = (successes: number, trials: number, confidence: number) => Interval;
