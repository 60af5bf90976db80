import { foldIn, type Key } from "@jem-js/random";
import { add, exp, mul, split, stack, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { checkInteger } from "./_check.ts";
import { type RowKey, rowNormal } from "./_row_noise.ts";
import type { StochasticNetwork } from "./stochastic_network.ts";

/**
 * A part of a network that ends in a Gaussian for each of its units: from `[batch, ...]` to `[batch, ..., 2 units]`, the means and then
 * the logarithms of the variances on the last axis.
 */
export type GaussianStage = (x: Tensor) => Tensor;

/** A network of Gaussian stages. What it returns belongs to the caller. */
export interface LayerwiseNetwork extends StochasticNetwork {
  /** The names of the log-variances among the features of `outputs`: `"logVariance1"` and so on. */
  readonly logVariances: readonly string[];
  /** The logits `[batch, classes]` of one draw: what to train by cross-entropy. Row `i` has the noise of place `offset + i`. */
  draw(x: Tensor, options: DrawOptions): Tensor2D;
  /** The logits `[batch, classes]` with the means in place of draws. */
  logits(x: Tensor): Tensor2D;
  /** The same logits, and the log-variances of each stage `[batch, ..., units]` by name: a classifier for `ufel` of `@jem-js/ood`. */
  outputs(x: Tensor): { readonly logits: Tensor2D; readonly features: Readonly<Record<string, Tensor>> };
}

/** Options of `LayerwiseNetwork.draw`. */
export interface DrawOptions {
  /** The key of the noise. */
  readonly key: Key;
  /** The place of the first example among all that are predicted. @default {0} */
  readonly offset?: number;
}

/**
 * A network with layerwise uncertainty (UFEL): each stage gives Gaussians, `h = mean + exp(logVariance / 2) noise`, and the next one
 * takes in a draw of it. The last one's are the logits.
 *
 * Train it by the cross-entropy of one draw, without a divergence: noise that the classes can bear stays. Then the log-variances tell
 * what is unlike the data: give `outputs` to `ufel` of `@jem-js/ood`, with `logVariances`. It is a stochastic network too, for `predict`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { layerwiseNetwork, predict } from "@jem-js/uncertainty";
 * import { expect } from "vitest";
 *
 * const network = layerwiseNetwork([
 *   tf.layers.dense({ units: 2 * 8, inputShape: [4] }),
 *   tf.layers.dense({ units: 2 * 3, inputShape: [8] }),
 * ].map((layer) => (x: tf.Tensor) => layer.apply(tf.relu(x)) as tf.Tensor));
 * const x = tf.ones([5, 4]);
 * expect(network.draw(x, { key: key(0) }).shape).toEqual([5, 3]);
 * expect(network.outputs(x).features.logVariance1!.shape).toEqual([5, 8]);
 * const { probabilities } = await predict(network, x, { key: key(1), output: "logits", samples: 7 });
 * expect(probabilities.shape).toEqual([7, 5, 3]);
 * ```
 *
 * @see {@link https://github.com/unknown-ai/UFEL | the code of UFEL, by its authors}
 *
 * @param stages The stages in their order, borrowed, at least one; the last from `[batch, ...]` to `[batch, 2 classes]`.
 * @returns The network; from inputs `[batch, ...input]`. It holds nothing.
 * @throws {TypeError} When a stage is no function; when used, if a stage has an odd number of outputs.
 * @throws {RangeError} When there is none.
 */
export function layerwiseNetwork(stages: readonly GaussianStage[]): LayerwiseNetwork {
  const action = "create a layerwise network";
  checkInteger(action, "the number of stages", stages.length, 1);
  for (const [i, stage] of stages.entries()) {
    if (typeof stage !== "function") {
      throw new TypeError(`Cannot ${action}: stages[${i}] must be a function but found ${String(stage)}`);
    }
  }
  const [first, ...others] = stages as readonly [GaussianStage, ...GaussianStage[]];

  /** The parts of each stage; the next one takes in what `pass` makes of them. */
  function run(start: Gaussian, pass: (gaussian: Gaussian, place: number) => Tensor): readonly Gaussian[] {
    const all = [start];
    for (const [i, stage] of others.entries()) all.push(partsOf(stage(pass(all[i]!, i)), i + 1));
    return all;
  }

  function draw(start: Gaussian, { key, offset = 0 }: DrawOptions): Tensor2D {
    const pass = (gaussian: Gaussian, i: number): Tensor => drawOf(gaussian, { key: foldIn(key, i), offset });
    const last = run(start, pass).at(-1)!;
    return pass(last, others.length) as Tensor2D;
  }

  const means = (x: Tensor): readonly Gaussian[] => run(partsOf(first(x), 0), ({ mean }) => mean);
  const logVariances = stages.map((_, i) => `logVariance${i + 1}`);
  return {
    method: "layerwise",
    maxSamples: Number.POSITIVE_INFINITY,
    logVariances,
    draw: (x, options) => tidy(() => draw(partsOf(first(x), 0), options)),
    logits: (x) => tidy(() => means(x).at(-1)!.mean as Tensor2D),
    outputs: (x) =>
      tidy(() => {
        const all = means(x);
        const features = Object.fromEntries(all.map(({ logVariance }, i) => [logVariances[i]!, logVariance]));
        return { logits: all.at(-1)!.mean as Tensor2D, features };
      }),
    sample(x, { key, samples, offset = 0 }) {
      checkInteger("sample a layerwise network", "samples", samples, 1);
      return tidy(() => {
        // No noise comes before the end of the first stage.
        const start = partsOf(first(x), 0);
        return stack(Array.from({ length: samples }, (_, t) => draw(start, { key: foldIn(key, t), offset })));
      });
    },
    dispose() {},
  };
}

/** What a stage gives, `[batch, ..., units]` each. */
interface Gaussian {
  readonly mean: Tensor;
  readonly logVariance: Tensor;
}

function partsOf(output: Tensor, place: number): Gaussian {
  if (output.rank < 2 || output.shape.at(-1)! % 2 !== 0) {
    throw new TypeError(
      `Cannot run a layerwise network: stages[${place}] must give [batch, ..., 2 units] but found [${output.shape.join(", ")}]`,
    );
  }
  const [mean, logVariance] = split(output, 2, -1) as [Tensor, Tensor];
  return { mean, logVariance };
}

function drawOf({ mean, logVariance }: Gaussian, rows: RowKey): Tensor {
  return add(mean, mul(exp(mul(logVariance, 0.5)), rowNormal(rows, mean.shape)));
}
