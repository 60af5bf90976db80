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

/** Options that every figure of images takes; it is as wide as its images need. */
export interface ImageFigureOptions extends Omit<FigureOptions, "n" | "width"> {
  /** The values of black and white, the lower first; what lies beyond is clipped. @default {[-1, 1]} */
  readonly range?: readonly [black: number, white: number];
  /** The side of the square that shows one pixel in CSS pixels, from 1 to 64. @default {what suits the size of the images} */
  readonly scale?: number;
}
