import { checkInteger, checkLayers } from "./_check.ts";
import { fitGaussians, type GaussianFitting, type GaussianState, gaussiansOf } from "./_class_gaussians.ts";
import { argmax, type Row, rowOf } from "./_logits.ts";
import { compressionDistance, lempelZivComplexity } from "./_lz76.ts";
import { detectorOf } from "./_method.ts";
import { expand } from "./_outputs.ts";
import type { Reading } from "./_reading.ts";
import { levelOf, type QuantileSketch, quantileSketch } from "./_symbols.ts";
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

/** How maps of a layer become symbols, and what they are compared to: symbols by channel. */
interface Prototypes {
  readonly layer: string;
  readonly edges: readonly (readonly number[])[];
  /** By class; null where it had no examples. */
  readonly classes: readonly (readonly (readonly number[])[] | null)[];
  readonly pooled: readonly (readonly number[])[];
}

/** What a fit keeps. */
interface Compressed {
  readonly layers: readonly { readonly prototypes: Prototypes; readonly gaussians: GaussianState }[];
}

/** Sums under way. */
interface Sums {
  readonly sketches: QuantileSketch[];
  readonly sums: Float64Array[];
  readonly counts: number[];
  readonly channels: number;
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
  return detectorOf<Compressed, false>({
    name: "ncd",
    tuned: false,
    options: { layers: [...layers], levels },
    needs: (state) => ({ maps: state?.layers.map(({ prototypes }) => prototypes.layer) ?? layers, labels: true }),
    fit() {
      const found = new Map<string, Sums>();
      let describers: ((reading: Reading) => Float64Array)[] | undefined;
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
              visit(reading) {
                if (!describers) {
                  prototypes = [...found].map(([layer, sums]) => prototypesOf(layer, sums, levels));
                  describers = prototypes.map(describeBy);
                  fittings = prototypes.map(({ layer }) =>
                    fitGaussians("fit ncd", layer, { shrinkage: "auto", background: false }),
                  );
                }
                describers.forEach((describe, i) => {
                  fittings[i]!.add(describe(reading), reading.size, reading.labels!, reading.classes);
                });
              },
            },
          ],
        ],
        finish: (note) => ({
          layers: prototypes.map((of, i) => ({ prototypes: of, gaussians: fittings[i]!.finish(note) })),
        }),
      };
    },
    scorer({ layers: states }) {
      const all = states.map(({ prototypes, gaussians }) => ({
        describe: describeBy(prototypes),
        ...gaussiansOf(gaussians),
      }));
      return (reading) => {
        const scores = new Float64Array(reading.size);
        for (const { describe, nearest } of all) {
          const found = nearest(describe(reading), reading.size);
          for (let i = 0; i < reading.size; i++) scores[i]! += found[i]!;
        }
        return scores;
      };
    },
  });
}

function sumsOf({ maps, size, classes }: Reading, layer: string): Sums {
  const { data, shape } = maps.get(layer)!;
  const channels = shape.at(-1)!;
  return {
    channels,
    sketches: Array.from({ length: channels }, quantileSketch),
    sums: Array.from({ length: classes }, () => new Float64Array(data.length / size)),
    counts: new Array<number>(classes).fill(0),
  };
}

function addMaps({ sketches, sums, counts, channels }: Sums, { maps, size, labels }: Reading, layer: string): void {
  const { data } = maps.get(layer)!;
  const width = data.length / size;
  for (let i = 0; i < size; i++) {
    const label = labels![i]!;
    counts[label]! += 1;
    for (let j = 0; j < width; j++) {
      const value = data[i * width + j]!;
      sums[label]![j]! += value;
      if (value !== 0) sketches[j % channels]!.add(value);
    }
  }
}

function prototypesOf(layer: string, { sketches, sums, counts, channels }: Sums, levels: number): Prototypes {
  const edges = sketches.map((sketch) => sketch.edges(levels));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const pooled = Float64Array.from(sums[0]!, (_, j) => sums.reduce((sum, of) => sum + of[j]!, 0) / total);
  return {
    layer,
    edges,
    classes: sums.map((of, k) => {
      return counts[k]
        ? symbolsOf(
            of.map((value) => value / counts[k]!),
            channels,
            edges,
          ).map((symbols) => Array.from(symbols))
        : null;
    }),
    pooled: symbolsOf(pooled, channels, edges).map((symbols) => Array.from(symbols)),
  };
}

/** The levels of each channel of a map, row by row. */
function symbolsOf(map: Row, channels: number, edges: readonly (readonly number[])[]): Int32Array[] {
  const positions = map.length / channels;
  return edges.map((of, c) => {
    const symbols = new Int32Array(positions);
    for (let t = 0, at = c; t < positions; t++, at += channels) symbols[t] = levelOf(map[at]!, of);
    return symbols;
  });
}

/** Describes each example of a reading by averages and, of maps of more than one position, compression distances. */
function describeBy({ layer, edges, classes, pooled }: Prototypes): (reading: Reading) => Float64Array {
  const channels = edges.length;
  const complexities = new Map([...classes, pooled].map((of) => [of, (of ?? []).map(lempelZivComplexity)]));
  return (reading) => {
    const { data } = reading.maps.get(layer)!;
    const width = data.length / reading.size;
    const positions = width / channels;
    const size = positions > 1 ? 2 * channels : channels;
    const rows = new Float64Array(reading.size * size);
    for (let i = 0; i < reading.size; i++) {
      const map = rowOf(data, i, width);
      const row = rows.subarray(i * size, (i + 1) * size);
      for (let from = 0; from < width; from += channels) {
        for (let c = 0; c < channels; c++) row[c]! += map[from + c]! / positions;
      }
      if (positions === 1) continue;
      const prototype = classes[argmax(rowOf(reading.logits, i, reading.classes))] ?? pooled;
      symbolsOf(map, channels, edges).forEach((symbols, c) => {
        row[channels + c] = compressionDistance(symbols, prototype[c]!, complexities.get(prototype)![c]!);
      });
    }
    return rows;
  };
}
