import type { Key } from "@jem-js/random/values";
import { shapeOf } from "./_read_matrix.ts";
import { frechetDistance } from "./frechet_distance.ts";
import { inceptionScore } from "./inception_score.ts";
import { kernelDistanceSubsets } from "./kernel_distance_subsets.ts";
import { manifoldMetrics } from "./manifold_metrics.ts";
import type { MatMul } from "./matmul.ts";
import type { Matrix } from "./matrix.ts";

/** One figure, with what it is of. */
export interface GenerativeFigure {
  /** What to print before the value: the metric, the extractor and the numbers of examples. */
  readonly label: string;
  /** The name of the metric. */
  readonly metric: string;
  /** Its value. */
  readonly value: number;
  /** Its standard deviation over subsets or splits, where there are some. */
  readonly std?: number;
}

/** The outputs of one extractor for one set of examples. */
export interface ExtractedSet {
  /** The identity of the extractor. */
  readonly extractor: string;
  /** The features, `[n, dimension]`. */
  readonly features: Matrix;
  /** Class probabilities, `[n, classes]`, for the Inception score. */
  readonly probabilities?: Matrix | undefined;
}

/** Options of {@linkcode generativeFigures}. */
export interface GenerativeFiguresOptions {
  /** The key that the subsets of the kernel distance come from. */
  readonly key: Key;
  /** A float64 matrix product to use instead of our own. @default {undefined} */
  readonly matmul?: MatMul | undefined;
}

/**
 * The generative metrics of two sets, each labelled with its extractor and its numbers of examples: Fréchet and kernel
 * distance, precision, recall, density, coverage and, where there are probabilities, the Inception score.
 *
 * @example Usage
 * ```ts
 * import { generativeFigures } from "@jem-js/metrics";
 * import { key, normalValues } from "@jem-js/random/values";
 * import { expect } from "vitest";
 *
 * const set = (seed: number) => ({ extractor: "pixels", features: { data: normalValues(key(seed), 40), shape: [20, 2] } as const });
 * const [first] = generativeFigures(set(1), set(2), { key: key(0) });
 * expect(first!.label).toBe("Fréchet distance [pixels, n = 20 and 20]");
 * ```
 *
 * @param real The reference set; at least 6 examples.
 * @param generated The generated set; at least 6 examples.
 * @param options The key and an accelerator.
 * @returns The figures.
 * @throws {TypeError} When the sets are of different extractors, are no matrices, or differ in dimension.
 * @throws {RangeError} When there are too few rows, or a value is out of range.
 */
export function generativeFigures(
  real: ExtractedSet,
  generated: ExtractedSet,
  options: GenerativeFiguresOptions,
): GenerativeFigure[] {
  const { key, matmul } = options;
  const { extractor } = real;
  if (extractor !== generated.extractor) {
    throw new TypeError(
      `Cannot compute generative figures: both sets must be of one extractor but found ${extractor} and ${generated.extractor}`,
    );
  }
  const [m, n] = [real, generated].map((set) => shapeOf("compute generative figures", "features", set.features)[0]);
  const figure = (metric: string, value: number, std?: number): GenerativeFigure => ({
    label: `${metric} [${extractor}, n = ${m} and ${n}]`,
    metric,
    value,
    ...(std === undefined ? {} : { std }),
  });
  const { precision, recall, density, coverage } = manifoldMetrics(real.features, generated.features, { matmul });
  const distances = kernelDistanceSubsets(real.features, generated.features, { key, matmul });
  const figures = [
    figure("Fréchet distance", frechetDistance(real.features, generated.features, { matmul })),
    figure("kernel distance", distances.mean, distances.std),
    figure("precision", precision),
    figure("recall", recall),
    figure("density", density),
    figure("coverage", coverage),
  ];
  if (!generated.probabilities) return figures;
  const { mean, std, count, scores } = inceptionScore(generated.probabilities);
  const label = `Inception score [${extractor}, n = ${count}, ${scores.length} splits]`;
  return [...figures, { label, metric: "Inception score", value: mean, std }];
}
