/** An interval of confidence. */
export interface Interval {
  /** Its lower end. */
  readonly lower: number;
  /** Its upper end. */
  readonly upper: number;
}

/** Options of functions that return an interval of confidence. */
export interface IntervalOptions {
  /** The confidence, in (0, 1). @default {0.95} */
  readonly confidence?: number;
}
