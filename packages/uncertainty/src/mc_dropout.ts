import { foldIn, type Key } from "@jem-js/random";
import { add, mul, type Tensor } from "@tensorflow/tfjs-core";
import { chosenSteps } from "./_chosen_steps.ts";
import { checkSample, runDraws } from "./_draws.ts";
import { type Layer, programOf, type Step, splitProgram } from "./_program.ts";
import { type RowKey, rowMask, rowNormal } from "./_row_noise.ts";
import type { LayersModel } from "./layers_model.ts";
import type { StochasticNetwork } from "./stochastic_network.ts";

/** Options of {@linkcode mcDropout}. */
export interface McDropoutOptions {
  /** The names of the dropout layers that draw; the others do nothing, as in predictions. @default {all} */
  readonly layers?: readonly string[];
  /**
   * Whether all inputs see the masks of one draw, which makes a draw a function of the input; else each input has masks of its own.
   * @default {false}
   */
  readonly sharedMask?: boolean;
}

/** The layers that draw, by class. */
const KINDS = ["Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise"];

/**
 * Monte Carlo dropout: a network whose dropout layers drop units in predictions as they did in training, while everything else, batch
 * normalisation included, is as in predictions.
 *
 * The masks are of keys, not of the layers: `tf.layers.dropout({ seed })` would drop the same units at each call, and make all samples
 * equal. An input's masks depend on the key, the draw and its place alone, not on how inputs are batched. Dropped are 0, the others
 * are divided by `1 - rate`; Gaussian dropout and noise draw as their layers do.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { mcDropout, predict, summarize } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const model = tf.sequential({
 *   layers: [
 *     tf.layers.dense({ units: 16, activation: "relu", inputShape: [2] }),
 *     tf.layers.dropout({ rate: 0.5 }),
 *     tf.layers.dense({ units: 3 }),
 *   ],
 * });
 * const x = tf.tensor2d([[1, -1]]);
 * const prediction = await predict(mcDropout(model), x, { key: key(0), samples: 20, output: "logits" });
 * const { epistemic } = summarize(prediction);
 * expect((await epistemic.data())[0]).toBeGreaterThan(0);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1506.02142 | Gal and Ghahramani, Dropout as a Bayesian approximation}
 *
 * @param model The trained model, borrowed for as long as the network is used.
 * @param options The layers, and whether inputs share masks.
 * @returns The network: from `[batch, ...input]` to `[samples, batch, ...output]`.
 * @throws {TypeError} When the model is not a `tf.LayersModel` of one input and one output, has no dropout, or not a layer that is named.
 */
export function mcDropout(model: LayersModel, options: McDropoutOptions = {}): StochasticNetwork {
  const action = "create MC dropout";
  const { layers, sharedMask = false } = options;
  const program = programOf(action, model);
  const isDropout = ({ layer }: Step): boolean => KINDS.includes(layer.getClassName());
  const chosen = chosenSteps(action, program, layers, isDropout, "a Dropout layer", "mcBatchNorm or deepEnsemble");
  const split = splitProgram(program, (step) => chosen.has(step));
  const places = new Map([...chosen].map((step, i) => [step, i]));

  return {
    method: "mcDropout",
    maxSamples: Number.POSITIVE_INFINITY,
    sample(x, { key, samples, offset = 0 }) {
      checkSample("sample MC dropout", x, program, samples, Number.POSITIVE_INFINITY);
      return runDraws(split, program, x, samples, (draw) => (step) => {
        const place = places.get(step);
        if (place === undefined) return undefined;
        const stepKey: Key = foldIn(foldIn(key, draw), place);
        return (inputs) => drop(step.layer, inputs[0]!, { key: stepKey, offset: sharedMask ? 0 : offset }, sharedMask);
      });
    },
    dispose() {},
  };
}

/** What a dropout layer does in training. */
function drop(layer: Layer, x: Tensor, rows: RowKey, shared: boolean): Tensor {
  const { rate = 0, stddev = 0 } = layer;
  const kind = layer.getClassName();
  const side = (i: number): number => (shared && i === 0 ? 1 : x.shape[i]!);
  // Where the noise is the same along an axis.
  const noiseShape = kind === "SpatialDropout1D" ? [null, 1, null] : (layer.noiseShape ?? []);
  const shape = x.shape.map((_, i) => (i > 0 && noiseShape[i] === 1 ? 1 : side(i)));
  if (kind === "GaussianNoise") return add(x, mul(rowNormal(rows, shape), stddev));
  if (kind === "GaussianDropout") return mul(x, add(1, mul(rowNormal(rows, shape), Math.sqrt(rate / (1 - rate)))));
  return rate === 0 ? x.clone() : mul(x, rowMask(rows, shape, rate, 1 / (1 - rate)));
}
