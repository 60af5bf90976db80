/** Options that every figure takes. */
export interface FigureOptions {
  /** The title, also the accessible name of the figure. @default {what the figure shows} */
  readonly title?: string;
  /** The seed of the run, or the seeds of the runs, stated below the title. @default {not stated} */
  readonly seed?: number | readonly number[];
  /** The temperature of the probabilities or the chains, above 0, stated below the title. @default {not stated} */
  readonly temperature?: number;
  /** How many examples were measured, stated below the title. @default {not stated, unless the data tells} */
  readonly n?: number;
  /** The width in CSS pixels, from 320 to 4000. @default {what suits the number of panels} */
  readonly width?: number;
}
