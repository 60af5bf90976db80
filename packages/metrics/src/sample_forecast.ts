import type { Matrix } from "./matrix.ts";

/** Forecasts of `n` numbers by samples. */
export interface SampleForecast {
  /** The samples, `[samples, n]`, at least one. */
  readonly samples: Matrix;
}
