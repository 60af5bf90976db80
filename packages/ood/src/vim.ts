import { checkInteger } from "./_check.ts";
import { symmetricEigen } from "./_eigen.ts";
import { applyHead, type HostHead, headEnergies, headOf, readHead } from "./_linear_head.ts";
import { argmax, type Row } from "./_logits.ts";
import { detectorOf } from "./_method.ts";
import { collectMoments, type Moments } from "./_moments.ts";
import { PENULTIMATE, penultimateOf, penultimateRows } from "./_penultimate.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode vim}. */
export interface VimOptions {
  /** How many dimensions the principal space has, below that of the features. @default {half of them} */
  readonly dimensions?: number;
}

/** What a fit keeps. */
interface Residual {
  readonly alpha: number;
  readonly origin: readonly number[];
  /** The directions out of the principal space. */
  readonly basis: readonly (readonly number[])[];
}

/**
 * Virtual-logit matching (ViM): the score is `alpha ||R' (f - o)|| - logsumexp(W' f + b)` of penultimate features `f`.
 *
 * `R` are the directions in which features vary least, outside of the principal space of `E[(f - o)(f - o)']`; the origin `o`
 * is where the logits are 0, `W' o = -b` with the least norm; `alpha` makes the residual as large as the largest logit, on
 * average in distribution. A fit takes two passes, and `d^3` operations for `d` features.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { vim } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
 * model.layers[0]!.setWeights([tf.tensor2d([[1, 0], [0, 1], [0, 0]]), tf.tensor1d([0, 0])]);
 * const x = tf.tensor2d([[4, 0, 0.1], [0, 3, -0.1], [-2, 1, 0.1]]);
 * const detector = await vim({ dimensions: 2 }).fit(model, { x });
 * const [near, far] = await detector.score(tf.tensor2d([[2, 2, 0], [2, 2, 5]]));
 * expect(far).toBeGreaterThan(near! + 50);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2203.10807 | Wang et al., ViM: out-of-distribution with virtual-logit matching}
 *
 * @param options The dimensions of the principal space.
 * @returns The detector, to be fitted on a classifier whose last layer is known; scores are `[batch]`.
 * @throws {RangeError} When `dimensions` is not a positive integer; from `fit`, when it is not below the number of features, or the
 * features have no residual.
 */
export function vim(options: VimOptions = {}): Detector<false> {
  const { dimensions } = options;
  if (dimensions !== undefined) checkInteger("create vim", "dimensions", dimensions, 1);
  return detectorOf<Residual, false>({
    name: "vim",
    tuned: false,
    options: { ...(dimensions !== undefined && { dimensions }) },
    needs: () => PENULTIMATE,
    fit(classifier) {
      const linear = headOf(classifier);
      let head: HostHead | undefined;
      let moments: Moments | undefined;
      let largest = 0;
      let space: Omit<Residual, "alpha"> | undefined;
      let norm: ((f: Row) => number) | undefined;
      let residuals = 0;
      let norms = 0;
      return {
        rounds: [
          [
            {
              over: "inDistribution",
              async visit(reading) {
                head ??= await readHead(linear);
                moments ??= collectMoments(head.width, 1, { total: false });
                for (const f of penultimateRows(reading)) {
                  moments.add(f, 0);
                  const logits = applyHead(head, f);
                  largest += logits[argmax(logits)]!;
                }
              },
            },
          ],
          [
            {
              over: "inDistribution",
              visit(reading) {
                space ??= residualSpace(head!, moments!, dimensions ?? Math.floor(head!.width / 2));
                norm ??= residualNorm(space);
                for (const f of penultimateRows(reading)) {
                  residuals += norm(f);
                  norms += Math.hypot(...f);
                }
              },
            },
          ],
        ],
        finish(note) {
          if (!(residuals > 1e-9 * norms)) {
            throw new RangeError("Cannot fit vim: features must have a residual but found none: use fewer dimensions");
          }
          if (largest < 0) note("the largest logits are negative on average: their size was taken");
          return { alpha: Math.abs(largest) / residuals, ...space! };
        },
      };
    },
    scorer(state, classifier) {
      const norm = residualNorm(state);
      const linear = headOf(classifier);
      return async (reading) => {
        const head = await readHead(linear);
        const energies = headEnergies(head, penultimateOf(reading), reading.size);
        return Float64Array.from(penultimateRows(reading), (f, i) => state.alpha * norm(f) + energies[i]!);
      };
    },
  });
}

function residualSpace(head: HostHead, moments: Moments, dimensions: number): Omit<Residual, "alpha"> {
  const { width } = head;
  if (dimensions < 1 || dimensions >= width) {
    throw new RangeError(
      `Cannot fit vim: dimensions must be from 1 and below the ${width} features but found ${dimensions}`,
    );
  }
  const origin = originOf(head);
  const { mean, count } = moments;
  const scatter = moments.within();
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) {
      const shift = (mean[i]! - origin[i]!) * (mean[j]! - origin[j]!);
      scatter[i * width + j] = scatter[i * width + j]! / count + shift;
    }
  }
  const { vectors } = symmetricEigen(scatter, width);
  const basis = Array.from({ length: width - dimensions }, (_, i) => {
    const from = (dimensions + i) * width;
    return Array.from(vectors.subarray(from, from + width));
  });
  return { origin: Array.from(origin), basis };
}

/** The least `o` with `W' o = -b`: `-W (W' W)^+ b`, by the eigenvectors of `W' W`. */
function originOf({ kernel, bias, width, classes }: HostHead): Float64Array {
  const product = new Float64Array(classes * classes);
  for (let i = 0; i < width; i++) {
    for (let k = 0; k < classes; k++) {
      for (let l = 0; l < classes; l++)
        product[k * classes + l]! += kernel[i * classes + k]! * kernel[i * classes + l]!;
    }
  }
  const { values, vectors } = symmetricEigen(product, classes);
  const solved = new Float64Array(classes);
  values.forEach((value, j) => {
    if (value <= 1e-13 * values[0]!) return;
    const vector = vectors.subarray(j * classes, (j + 1) * classes);
    const share = vector.reduce((sum, entry, k) => sum + entry * bias[k]!, 0) / value;
    for (let k = 0; k < classes; k++) solved[k]! += share * vector[k]!;
  });
  return Float64Array.from({ length: width }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < classes; k++) sum -= kernel[i * classes + k]! * solved[k]!;
    return sum;
  });
}

/** The length of what features have outside of the principal space. */
function residualNorm({ origin, basis }: Omit<Residual, "alpha">): (f: Row) => number {
  const width = origin.length;
  // Four directions side by side: what is read of the features serves all of them. Directions that there are not are zeros.
  const blocks = Array.from({ length: Math.ceil(basis.length / 4) }, (_, b) => {
    const block = new Float64Array(4 * width);
    basis.slice(4 * b, 4 * b + 4).forEach((direction, d) => {
      for (let i = 0; i < width; i++) block[4 * i + d] = direction[i]!;
    });
    return block;
  });
  const moved = new Float64Array(width);
  return (f) => {
    for (let i = 0; i < width; i++) moved[i] = f[i]! - origin[i]!;
    let squares = 0;
    for (const block of blocks) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let i = 0, at = 0; i < width; i++, at += 4) {
        const value = moved[i]!;
        s0 += block[at]! * value;
        s1 += block[at + 1]! * value;
        s2 += block[at + 2]! * value;
        s3 += block[at + 3]! * value;
      }
      squares += s0 * s0 + s1 * s1 + s2 * s2 + s3 * s3;
    }
    return Math.sqrt(squares);
  };
}
