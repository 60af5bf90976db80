import { checkInteger, checkLayers } from "./_check.ts";
import { fitGaussians, type GaussianFitting, type GaussianState, gaussiansOf } from "./_class_gaussians.ts";
import { type Description, describeBy } from "./_compression.ts";
import { detectorOf } from "./_method.ts";
import { expand } from "./_outputs.ts";
import { addMaps, type Prototypes, prototypesOf, type Sums, sumsOf } from "./_prototypes.ts";
import type { Detector } from "./detector.ts";

/** Options of {@linkcode ncd}. */
export interface NcdOptions {
  /**
   * The features, as maps: layers, nodes or names of a function's features; `"all"` stands for all of them.
   * @default {["all"]}
   */
  readonly layers?: readonly string[];
  /** How many levels the values of a channel are told apart by, beside 0. @default {4} */
  readonly levels?: number;
}

/** What a fit keeps. */
interface Compressed {
  readonly layers: readonly { readonly prototypes: Prototypes; readonly gaussians: GaussianState }[];
}

/**
 * Normalised compression distances in the manner of MALCOM: the score is the Mahalanobis distance `min_k d_k^2` of the averages
 * of the channels of a map beside their compression distances to a prototype, summed over layers.
 *
 * An average forgets where a channel is active; compression does not. Each channel is read row by row as a sequence of levels,
 * cut at quantiles of its training values, 0 by itself; the prototype is the mean map of the predicted class, read likewise;
 * `NCD(x, y) = (C(xy) - min(C(x), C(y))) / max(C(x), C(y))` with the phrase count `C` of Lempel and Ziv 1976, the same on every
 * platform. The quantiser, the prototype and the compressor of the original are not known in detail: this is *not* a
 * reproduction of its figures. Maps of one position have averages alone. A fit takes labels, and two passes.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { ncd } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => ({ logits: tf.mean(x, [1]) as tf.Tensor2D, features: { map: x } });
 * const x = tf.tensor4d([1, 0, 1, 0, 2, 0, 3, 0, 1, 0, 2, 0, 2, 1, 3, 0], [4, 2, 1, 2]).reshape([4, 2, 2]);
 * const detector = await ncd({ levels: 2 }).fit(classifier, { x, labels: [0, 0, 0, 0] });
 * const [inside, outside] = await detector.score(tf.tensor3d([1, 0, 2, 0, 9, 9, 0, 9], [2, 2, 2]));
 * expect(outside).toBeGreaterThan(inside!);
 * ```
 *
 * @see {@link https://openreview.net/forum?id=SylhelStvr | Yu et al., Out-of-distribution image detection using the normalized compression distance}
 *
 * @param options The features and the levels.
 * @returns The detector, to be fitted on a classifier with features; scores are `[batch]`, at least 0.
 * @throws {TypeError} When `layers` is no list of names.
 * @throws {RangeError} When `levels` is not a positive integer; from `fit`, when no feature varies within a class.
 */
export function ncd(options: NcdOptions = {}): Detector<false> {
  const { layers = ["all"], levels = 4 } = options;
  checkLayers("create ncd", layers);
  checkInteger("create ncd", "levels", levels, 1);
  const described = new WeakMap<Compressed, Description[]>();
  function descriptionsOf(state: Compressed): Description[] {
    const found = described.get(state) ?? state.layers.map(({ prototypes }) => describeBy(prototypes, levels));
    described.set(state, found);
    return found;
  }
  return detectorOf<Compressed, false>({
    name: "ncd",
    tuned: false,
    options: { layers: [...layers], levels },
    needs: (state) =>
      state ? { summaries: descriptionsOf(state).map(({ summary }) => summary) } : { maps: layers, labels: true },
    fit() {
      const found = new Map<string, Sums>();
      let descriptions: Description[] | undefined;
      let prototypes: Prototypes[] = [];
      let fittings: GaussianFitting[] = [];
      return {
        rounds: [
          [
            {
              over: "inDistribution",
              visit(reading) {
                for (const layer of expand(layers, reading.all)) {
                  const sums = found.get(layer) ?? sumsOf(reading, layer);
                  found.set(layer, sums);
                  addMaps(sums, reading, layer);
                }
              },
            },
          ],
          [
            {
              over: "inDistribution",
              async visit(reading) {
                if (!descriptions) {
                  prototypes = [...found].map(([layer, sums]) => prototypesOf(layer, sums, levels));
                  descriptions = prototypes.map((of) => describeBy(of, levels));
                  fittings = prototypes.map(({ layer }) =>
                    fitGaussians("fit ncd", layer, { shrinkage: "auto", background: false }),
                  );
                }
                for (const [i, description] of descriptions.entries()) {
                  fittings[i]!.add(await description.of(reading), reading.size, reading.labels!, reading.classes);
                }
              },
            },
          ],
        ],
        finish: (note) => ({
          layers: prototypes.map((of, i) => ({ prototypes: of, gaussians: fittings[i]!.finish(note) })),
        }),
      };
    },
    scorer(state) {
      const all = state.layers.map(({ gaussians }) => gaussiansOf(gaussians));
      return async (reading) => {
        const scores = new Float64Array(reading.size);
        for (const [l, description] of descriptionsOf(state).entries()) {
          const found = all[l]!.nearest(await description.of(reading), reading.size);
          for (let i = 0; i < reading.size; i++) scores[i]! += found[i]!;
        }
        return scores;
      };
    },
  });
}
