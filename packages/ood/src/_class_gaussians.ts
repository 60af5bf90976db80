import { backSolve, forwardSolve, packTriangle, unpackTriangle } from "./_cholesky.ts";
import { covarianceOf, factorCovariance, type Shrinkage, varying } from "./_covariance.ts";
import { type Centres, squaredDistances } from "./_distances.ts";
import { type Row, rowOf } from "./_logits.ts";
import { collectMoments, type Moments } from "./_moments.ts";
import type { Reading } from "./_reading.ts";

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

/** Gaussians ready for use. Rows are features as they are read, row-major. */
export interface Gaussians {
  readonly layer: string;
  /** The squared distances of rows to all classes, `[size, classes]`; Infinity where there were no examples. */
  distances(rows: Row, size?: number): Float64Array;
  /** The squared distance of each row to the nearest class, `[size]`. */
  nearest(rows: Row, size: number): Float64Array;
  /** The squared distance of each row to the background, `[size]`. */
  backgroundDistances(rows: Row, size?: number): Float64Array;
  /** Half the gradient of the squared distance to the nearest class: `covariance^-1 (f - mean)`, for all features. */
  halfGradient(row: Row): Float64Array;
}

/** Makes Gaussians of their state. */
export function gaussiansOf({ layer, kept, means, factor, background }: GaussianState): Gaussians {
  const d = kept.length;
  const l = unpackTriangle(factor, d);
  // Differences to one mean are solved for; the other means are as far from it once and for all.
  const filled = means.flatMap((mean, k) => (mean ? [k] : []));
  const first = means[filled[0]!]!;
  const centres = new Float64Array(filled.length * d);
  filled.forEach((k, at) => {
    const difference = Float64Array.from(means[k]!, (value, i) => value - first[i]!);
    centres.set(forwardSolve(l, difference), at * d);
  });
  const classes: Centres = { width: d, centres, factor: l };
  const origin: Centres | undefined = background && {
    width: d,
    centres: new Float64Array(d),
    factor: unpackTriangle(background.factor, d),
  };

  /** The features that are used, less a mean. */
  function differences(rows: Row, size: number, mean: readonly number[]): Float64Array {
    const width = rows.length / size;
    const found = new Float64Array(size * d);
    for (let i = 0, at = 0, from = 0; i < size; i++, from += width) {
      for (let k = 0; k < d; k++) found[at++] = rows[from + kept[k]!]! - mean[k]!;
    }
    return found;
  }

  function distances(rows: Row, size: number = 1): Float64Array {
    const found = squaredDistances(differences(rows, size, first), classes);
    if (filled.length === means.length) return found;
    const all = new Float64Array(size * means.length).fill(Number.POSITIVE_INFINITY);
    for (let i = 0; i < size; i++) {
      filled.forEach((k, at) => {
        all[i * means.length + k] = found[i * filled.length + at]!;
      });
    }
    return all;
  }

  return {
    layer,
    distances,
    nearest(rows, size) {
      const found = distances(rows, size);
      return Float64Array.from({ length: size }, (_, i) => minimum(rowOf(found, i, means.length)));
    },
    backgroundDistances: (rows, size = 1) => squaredDistances(differences(rows, size, background!.mean), origin!),
    halfGradient(row) {
      const found = distances(row);
      const nearest = found.indexOf(minimum(found));
      const solved = backSolve(l, forwardSolve(l, differences(row, 1, means[nearest]!)));
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
