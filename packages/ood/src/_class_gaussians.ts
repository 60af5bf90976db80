import { backSolve, forwardSolve, packTriangle, unpackTriangle } from "./_cholesky.ts";
import { covarianceOf, factorCovariance, type Shrinkage, varying } from "./_covariance.ts";
import type { Row } from "./_logits.ts";
import { collectMoments, type Moments } from "./_moments.ts";
import type { Reading } from "./_reading.ts";
import { dot, squaredDistance } from "./_sums.ts";

/** Gaussians of the classes with one covariance, fitted on a pooled feature: as JSON. */
export interface GaussianState {
  readonly layer: string;
  /** The features that are used, of those that there are. */
  readonly kept: readonly number[];
  /** The mean of each class; null where it had no examples. */
  readonly means: readonly (readonly number[] | null)[];
  /** The Cholesky factor of the covariance, its lower triangle. */
  readonly factor: readonly number[];
  /** The Gaussian of all classes together. */
  readonly background?: { readonly mean: readonly number[]; readonly factor: readonly number[] };
}

/** Collects the moments of a pooled feature. */
export interface GaussianFitting {
  add(rows: Row, size: number, labels: Int32Array, classes: number): void;
  finish(note: (text: string) => void): GaussianState;
}

/** Fits Gaussians on a feature called `layer`, which need not be one that the classifier gives. */
export function fitGaussians(
  action: string,
  layer: string,
  { shrinkage, background }: { readonly shrinkage: Shrinkage; readonly background: boolean },
): GaussianFitting {
  let moments: Moments | undefined;
  let width = 0;
  return {
    add(rows, size, labels, classes) {
      if (!moments) {
        width = rows.length / size;
        moments = collectMoments(width, classes, { total: background });
      }
      for (let i = 0; i < size; i++) moments.add(rows.subarray(i * width, (i + 1) * width), labels[i]!);
    },
    finish(note) {
      const { count, counts, means, mean } = moments!;
      const scatter = moments!.within();
      const kept = varying(scatter, width);
      const d = kept.length;
      if (d === 0) {
        throw new RangeError(
          `Cannot ${action}: features of "${layer}" must vary within a class but found ${width} constant ones`,
        );
      }
      if (d < width) note(`dropped ${width - d} of ${width} features of "${layer}" that do not vary within a class`);
      const filled = counts.filter((n) => n > 0).length;
      if (filled < counts.length) note(`${counts.length - filled} of ${counts.length} classes have no examples`);
      const factorOf = (of: Float64Array, degrees: number, what: string): number[] => {
        const covariance = covarianceOf(of, width, kept, count);
        const factored = factorCovariance(action, covariance, { d, degrees, count, shrinkage });
        if (factored.shrinkage > 0) {
          note(`shrank the ${what} of "${layer}" by ${factored.shrinkage}: ${count} examples for ${d} features`);
        }
        return packTriangle(factored.factor, d);
      };
      return {
        layer,
        kept,
        means: means.map((of, k) => (counts[k]! > 0 ? kept.map((i) => of[i]!) : null)),
        factor: factorOf(scatter, count - filled, "covariance"),
        ...(background && {
          background: {
            mean: kept.map((i) => mean[i]!),
            factor: factorOf(moments!.total(), count - 1, "background covariance"),
          },
        }),
      };
    },
  };
}

/** Adds the pooled features of a reading. */
export function addReading(fitting: GaussianFitting, layer: string, { pooled, size, labels, classes }: Reading): void {
  fitting.add(pooled.get(layer)!.data, size, labels!, classes);
}

/** Gaussians ready for use. */
export interface Gaussians {
  readonly layer: string;
  /** The squared distances to all classes; Infinity where there were no examples. */
  distances(row: Row): Float64Array;
  /** The squared distance to the background. */
  backgroundDistance(row: Row): number;
  /** Half the gradient of the squared distance to the nearest class: `covariance^-1 (f - mean)`, for all features. */
  halfGradient(row: Row): Float64Array;
}

/** Makes Gaussians of their state. */
export function gaussiansOf({ layer, kept, means, factor, background }: GaussianState): Gaussians {
  const d = kept.length;
  const l = unpackTriangle(factor, d);
  const l0 = background && unpackTriangle(background.factor, d);
  const difference = new Float64Array(d);
  const solution = new Float64Array(d);
  /** In an array that the next call uses again. */
  const whitened = (row: Row, mean: readonly number[], by: Float64Array): Float64Array => {
    for (let k = 0; k < d; k++) difference[k] = row[kept[k]!]! - mean[k]!;
    return forwardSolve(by, difference, solution);
  };
  // One solution a row, of the difference to one mean; those to the others are this far from it once and for all.
  const first = means.find((mean) => mean !== null)!;
  const offsets = means.map(
    (mean) =>
      mean &&
      forwardSolve(
        l,
        Float64Array.from(mean, (value, k) => value - first[k]!),
      ),
  );

  function distances(row: Row): Float64Array {
    const solved = whitened(row, first, l);
    const found = new Float64Array(offsets.length);
    for (let c = 0; c < offsets.length; c++) {
      const offset = offsets[c];
      found[c] = offset ? squaredDistance(solved, 0, offset) : Number.POSITIVE_INFINITY;
    }
    return found;
  }

  return {
    layer,
    distances,
    backgroundDistance(row) {
      const solved = whitened(row, background!.mean, l0!);
      return dot(solved, 0, solved, d);
    },
    halfGradient(row) {
      const found = distances(row);
      const nearest = found.indexOf(minimum(found));
      const solved = backSolve(l, whitened(row, means[nearest]!, l));
      const full = new Float64Array(row.length);
      kept.forEach((i, k) => {
        full[i] = solved[k]!;
      });
      return full;
    },
  };
}

/** The smallest of some numbers. */
export function minimum(values: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) least = Math.min(least, values[i]!);
  return least;
}
