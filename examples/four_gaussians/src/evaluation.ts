import { accuracy, auroc, expectedCalibrationError } from "@jem-js/metrics";
import { type Key, split } from "@jem-js/random";
import { drawOutliers, drawPoints, exactLogits, logDensities, type Points } from "./density.ts";
import { divergence, type Grid, slope } from "./quadrature.ts";

/** What is measured of a model. */
export interface Figures {
  /** `KL(p || q)` in nats, by quadrature. */
  readonly kl: number;
  /** Of the regression of `f = logsumexp` of the logits on `log p`; 1 when `f` is `log p` but for a constant. */
  readonly slope: number;
  /** Of 10,000 test points. */
  readonly accuracy: number;
  /** The expected calibration error of the same, in 15 bins. */
  readonly ece: number;
  /** Test points against outliers, by `f`. */
  readonly auroc: number;
}

/** The figures of a model, and its `f` on the grid. */
export interface Evaluation {
  readonly figures: Figures;
  readonly logDensity: Float64Array;
}

/** How many points are drawn for each of the two test sets. */
const TEST_POINTS = 10_000;

/** Measures a model by its logits, row-major `[size, 4]`. */
export async function evaluate(
  logitsOf: (points: Points) => Promise<ArrayLike<number>>,
  key: Key,
  grid: Grid,
): Promise<Evaluation> {
  const [testKey, outlierKey] = split(key) as [Key, Key];
  const test = drawPoints(testKey, TEST_POINTS);
  const logits = await logitsOf(test);
  const inside = logDensities(logits);
  const classes = logits.length / test.size;
  const data = Float64Array.from(logits, (value, i) => Math.exp(value - inside[Math.floor(i / classes)]!));
  const probabilities = { data, shape: [test.size, classes] } as const;
  const logDensity = logDensities(await logitsOf(grid));
  const exact = logDensities(exactLogits(grid));
  return {
    figures: {
      kl: divergence(exact, logDensity, grid),
      slope: slope(exact, logDensity, grid),
      accuracy: accuracy(probabilities, test.labels),
      ece: expectedCalibrationError(probabilities, test.labels),
      auroc: auroc(inside, logDensities(await logitsOf(drawOutliers(outlierKey, TEST_POINTS)))),
    },
    logDensity,
  };
}
