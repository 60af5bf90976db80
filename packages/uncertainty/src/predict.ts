import type { Key } from "@jem-js/random";
import { concat, nextFrame, slice, softmax, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkChoice, checkInteger, checkTensor } from "./_check.ts";
import { gaussianSamples } from "./gaussian_samples.ts";
import type { CategoricalPrediction, GaussianPrediction } from "./prediction.ts";
import type { StochasticNetwork } from "./stochastic_network.ts";

/** What a network puts out: logits or probabilities of classes on the last axis, or values. */
export type Output = "logits" | "probabilities" | "values";

/** Options of {@linkcode predict}. */
export interface PredictOptions<O extends Output = Output> {
  /** The key of the draws: equal keys draw equal networks. */
  readonly key: Key;
  /** What the network puts out. */
  readonly output: O;
  /** How many networks are drawn. @default {30, or all members of an ensemble} */
  readonly samples?: number;
  /** The precision of the noise of observations, for values: its variance is `1 / precision`. @default {Infinity} */
  readonly precision?: number;
  /** How many inputs are predicted at a time; the result does not depend on it. @default {500} */
  readonly batchSize?: number;
  /** Ends it between batches, with its `reason` as the error. @default {never} */
  readonly signal?: { readonly aborted: boolean; readonly reason?: unknown };
  /** Called after each batch. @default {nothing} */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** The prediction of outputs of a kind. */
export type PredictionOf<O extends Output> = O extends "values" ? GaussianPrediction : CategoricalPrediction;

/**
 * Predicts by a network whose outputs are random: draws it `samples` times, each draw for all inputs. Probabilities are averaged, not
 * logits: the samples hold the probabilities of each draw.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { deepEnsemble, predict, summarize } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const network = deepEnsemble([(x) => tf.mul(x, 1), (x) => tf.mul(x, -1)]); // logits
 * const prediction = await predict(network, tf.tensor2d([[9, -9]]), { key: key(0), output: "logits" });
 * const { mean, epistemic } = summarize(prediction);
 * expect((await mean.data())[0]).toBeCloseTo(0.5);
 * expect((await epistemic.data())[0]).toBeCloseTo(Math.log(2));
 * ```
 *
 * @param network The network, borrowed.
 * @param x The inputs, `[n, ...input]`, borrowed.
 * @param options The key, what the outputs are, and how many samples.
 * @returns The prediction, owned by the caller: of samples `[samples, n, ..., classes]`, or of values `[n, ..., outputs]`.
 * @throws {TypeError} When `x` does not fit the network, or `output` is unknown.
 * @throws {RangeError} When a number is out of range: an ensemble has no more samples than members.
 */
export async function predict<O extends Output>(
  network: StochasticNetwork,
  x: Tensor,
  options: PredictOptions<O>,
): Promise<PredictionOf<O>> {
  const action = "predict";
  const { key, output, precision = Number.POSITIVE_INFINITY, batchSize = 500, signal, onProgress } = options;
  const { samples = Math.min(30, network.maxSamples) } = options;
  checkChoice(action, "output", output, ["logits", "probabilities", "values"]);
  checkTensor(action, "x", x, 2);
  checkInteger(action, "samples", samples, 1, Number.isFinite(network.maxSamples) ? network.maxSamples : undefined);
  checkInteger(action, "batchSize", batchSize, 1);
  if (!(precision > 0))
    throw new RangeError(`Cannot ${action}: precision must be greater than 0 but found ${precision}`);
  const total = x.shape[0]!;
  const parts: Tensor[] = [];
  try {
    for (let offset = 0; offset < total; offset += batchSize) {
      if (signal?.aborted)
        throw signal.reason ?? new Error(`Cannot ${action}: aborted after ${offset} of ${total} inputs`);
      const size = Math.min(batchSize, total - offset);
      parts.push(
        tidy(() => {
          const outputs = network.sample(slice(x, [offset], [size]), { key, samples, offset });
          return output === "logits" ? softmax(outputs) : outputs;
        }),
      );
      onProgress?.({ done: offset + size, total });
      if (offset + size < total) await nextFrame();
    }
    return tidy(() => {
      const outputs = parts.length === 1 ? parts[0]!.clone() : concat(parts, 1);
      if (output === "values") return gaussianSamples(outputs, { precision });
      return { kind: "categorical", probabilities: outputs } as const;
    }) as PredictionOf<O>;
  } finally {
    for (const part of parts) part.dispose();
  }
}
