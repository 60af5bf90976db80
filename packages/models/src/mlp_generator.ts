import { tanh } from "@jem-js/energy";
import type { Key } from "@jem-js/random";
import {
  add,
  dispose,
  mean,
  mul,
  ones,
  relu,
  reshape,
  rsqrt,
  square,
  sub,
  type Tensor,
  type Tensor2D,
  tidy,
  type Variable,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { checkChoice, checkInteger, checkIntegers } from "./_check.ts";
import { denseLayers, variablesOf } from "./_dense.ts";
import { product } from "./_network.ts";
import type { Initializer } from "./initializer.ts";

/** Options of {@linkcode mlpGenerator}. */
export interface MlpGeneratorOptions {
  /** How many values a code has. */
  readonly latent: number;
  /** How many units each hidden layer has; ReLU follows each. */
  readonly units: readonly number[];
  /** The shape of one output. */
  readonly outputShape: readonly number[];
  /** The distribution of codes: standard normal, or uniform on [-1, 1). @default {"uniform"} */
  readonly prior?: "normal" | "uniform";
  /** Whether hidden layers are batch-normalised. Its scales stand for the entropy of the outputs. @default {true} */
  readonly normalized?: boolean;
  /** What follows the last layer: tanh, for images in [-1, 1], or nothing. @default {"linear"} */
  readonly output?: "linear" | "tanh";
  /** How the weights are drawn. @default {"heNormal"} */
  readonly initializer?: Initializer;
}

/** A network from codes to inputs of a model: what `generatorNegatives` of `@jem-js/objectives` trains. */
export interface MlpGenerator {
  /** How many values a code has. */
  readonly latent: number;
  /** The distribution of codes. */
  readonly prior: "normal" | "uniform";
  /**
   * The outputs `[batch, ...outputShape]` of codes `z: [batch, latent]`. In training, batch normalisation uses the statistics of
   * the batch, and takes them into its moving averages, which it uses else.
   */
  generate(z: Tensor, options?: { readonly training?: boolean }): Tensor;
  /** What is trained. */
  readonly variables: readonly Variable[];
  /** The scales of batch normalisation, `[units]` a layer; among `variables`. Empty without. */
  readonly scales: readonly Variable[];
  /** The moving averages, which are not trained but belong to a checkpoint. */
  readonly averages: readonly Variable[];
  /** Frees all variables. */
  dispose(): void;
}

/** How much of a moving average a batch leaves, and what keeps a variance from 0. */
const DECAY = 0.9;
const EPSILON = 1e-5;

/**
 * Builds a generator: dense layers, batch normalisation and ReLU, from codes to whatever an energy model models. One pass makes a
 * sample, where chains take dozens.
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { mlpGenerator } from "@jem-js/models";
 * import { key, uniform } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const generator = mlpGenerator(key(0), { latent: 10, units: [64, 64], outputShape: [28, 28, 1], output: "tanh" });
 * const x = generator.generate(uniform(key(1), [8, 10], { min: -1 }));
 * expect(x.shape).toEqual([8, 28, 28, 1]);
 * generator.dispose();
 * ```
 *
 * @param key The key of the weights.
 * @param options The sizes.
 * @returns The generator; `dispose()` frees it.
 * @throws {TypeError} When an option is of another kind.
 * @throws {RangeError} When a size is not a positive integer.
 */
export function mlpGenerator(key: Key, options: MlpGeneratorOptions): MlpGenerator {
  const action = "create generator";
  const { latent, units, outputShape, prior = "uniform", normalized = true, output = "linear" } = options;
  const { initializer = "heNormal" } = options;
  checkInteger(action, "latent", latent, 1);
  checkIntegers(action, "units", units, 0);
  checkIntegers(action, "outputShape", outputShape, 1);
  checkChoice(action, "prior", prior, ["normal", "uniform"]);
  checkChoice(action, "output", output, ["linear", "tanh"]);
  const layers = denseLayers(key, [latent, ...units, product(outputShape)], initializer);
  const norms = normalized ? units.map(batchNormalization) : [];

  return {
    latent,
    prior,
    generate: (z, { training = false } = {}) =>
      tidy(() => {
        const last = layers.length - 1;
        const flat = layers.reduce<Tensor>((x, layer, i) => {
          const out = layer.apply(x);
          if (i === last) return output === "tanh" ? tanh(out) : out;
          return relu(norms[i]?.apply(out, training) ?? out);
        }, z);
        return reshape(flat, [-1, ...outputShape]);
      }),
    variables: [...variablesOf(layers), ...norms.flatMap(({ scale, shift }) => [scale, shift])],
    scales: norms.map(({ scale }) => scale),
    averages: norms.flatMap(({ averages }) => averages),
    dispose: () => {
      dispose(variablesOf(layers));
      for (const { scale, shift, averages } of norms) dispose([scale, shift, ...averages]);
    },
  };
}

interface BatchNormalization {
  readonly scale: Variable;
  readonly shift: Variable;
  readonly averages: readonly [mean: Variable, variance: Variable];
  apply(x: Tensor2D, training: boolean): Tensor2D;
}

function batchNormalization(units: number): BatchNormalization {
  const make = (start: (shape: [number]) => Tensor, isTrained: boolean): Variable =>
    tidy(() => variable(start([units]), isTrained));
  const [scale, shift] = [make(ones, true), make(zeros, true)];
  const averages = [make(zeros, false), make(ones, false)] as const;
  return {
    scale,
    shift,
    averages,
    apply: (x, training) => {
      const center = training ? mean(x, 0) : averages[0];
      const spread = training ? mean(square(sub(x, center)), 0) : averages[1];
      if (training) {
        [center, spread].forEach((now, i) => {
          averages[i]!.assign(add(mul(averages[i]!, DECAY), mul(now, 1 - DECAY)));
        });
      }
      return add(mul(mul(sub(x, center), rsqrt(add(spread, EPSILON))), scale), shift) as Tensor2D;
    },
  };
}
