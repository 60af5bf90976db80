import { softplus } from "@jem-js/energy";
import { type Key, normal, split, uniform } from "@jem-js/random";
import {
  add,
  cast,
  clone,
  dispose,
  less,
  matMul,
  mul,
  sigmoid,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  type Variable,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { checkChoice, checkInteger } from "./_check.ts";

/** Options of {@linkcode restrictedBoltzmannMachine}. */
export interface RestrictedBoltzmannMachineOptions {
  /** How many visible units, `d`. */
  readonly visible: number;
  /** How many hidden units, `m`; they are binary. */
  readonly hidden: number;
  /** Whether visible units are 0 or 1, or real. @default {"bernoulli"} */
  readonly units?: "bernoulli" | "gaussian";
  /** The variance `s^2` of Gaussian units given the hidden ones. Greater than 0. @default {1} */
  readonly variance?: number;
  /** The standard deviation of the weights at the start; the biases are 0. At least 0. @default {0.01} */
  readonly weightScale?: number;
}

/** States of chains: what a kernel of `@jem-js/samplers` holds. */
export interface GibbsState {
  /** The visible units, `[batch, d]`. */
  readonly x: Tensor;
  /** How many sweeps have been made. */
  readonly step: number;
}

/** Block Gibbs sampling, a kernel for `run` and `sample` of `@jem-js/samplers`. */
export interface GibbsKernel {
  /** Starts at `x: [batch, d]`, borrowed. */
  init(x: Tensor, from?: GibbsState): GibbsState;
  /** Draws the hidden units given the visible ones, then these given those. */
  step(key: Key, state: GibbsState): GibbsState;
  /** The temperature that is sampled at: 1. */
  readonly temperature: number;
}

/** A path of machines from independent visible units to this one, for annealed importance sampling. */
export interface AnnealingPath {
  /** The logarithm of the normaliser at 0. */
  readonly logNormalizer: number;
  /** `count` samples at 0, `[count, d]`. */
  sample(key: Key, count: number): Tensor;
  /** The unnormalised log-density at `to` less that at `from`, `[batch]`. */
  logRatio(x: Tensor, from: number, to: number): Tensor1D;
  /** What leaves the machine at `beta` invariant. */
  kernel(beta: number): GibbsKernel;
}

/** A restricted Boltzmann machine. */
export interface RestrictedBoltzmannMachine {
  /** What its visible units are. */
  readonly units: "bernoulli" | "gaussian";
  /** The variance `s^2` of Gaussian units. */
  readonly variance: number;
  /** `W: [d, m]`. */
  readonly weights: Variable;
  /** `b: [d]`. */
  readonly visibleBias: Variable;
  /** `c: [m]`. */
  readonly hiddenBias: Variable;
  /** All three, to be trained. */
  readonly variables: readonly Variable[];
  /** Minus the free energy: `log p(x)` but for `log Z`. `[batch, d]` to `[batch]`. */
  logDensity(x: Tensor): Tensor1D;
  /** Its gradient with respect to `x`, `[batch, d]`. Of Bernoulli units that is of the formula, off the corners too. */
  score(x: Tensor): Tensor;
  /** `p(h_j = 1 | x)`, `[batch, d]` to `[batch, m]`. */
  hiddenProbabilities(x: Tensor): Tensor2D;
  /** Block Gibbs sampling. */
  readonly gibbs: GibbsKernel;
  /**
   * From the machine without `W` and `c`, and for Bernoulli units without `b`, whose normaliser is known: these are multiplied
   * by `beta`.
   */
  readonly path: AnnealingPath;
  /** Frees the variables. */
  dispose(): void;
}

/**
 * The smallest energy-based model: binary hidden units, each of which sees all visible ones, and no others. All that is hard
 * elsewhere is easy here: samples come from Gibbs sweeps, and {@linkcode logPartition} counts the normaliser out.
 *
 * `E(x, h) = -x^T W h - c . h - b . x` for Bernoulli units, `||x - b||^2 / (2 s^2) - x^T W h - c . h` for Gaussian ones. With the
 * hidden units summed out `log p(x) = b . x + sum_j softplus(x^T W_j + c_j) - log Z`, or with `-||x - b||^2 / (2 s^2)` in place of
 * `b . x`. Train it by `contrastiveDivergence` of `@jem-js/objectives`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { logPartition, restrictedBoltzmannMachine } from "@jem-js/models";
 * import { key } from "@jem-js/random";
 * import { run } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const rbm = restrictedBoltzmannMachine(key(0), { visible: 3, hidden: 2, weightScale: 0 });
 * expect(await logPartition(rbm)).toBeCloseTo(5 * Math.log(2), 5); // no weights: 2^(3 + 2) equal states
 * const { x } = run(rbm.gibbs, tf.zeros([4, 3]), { key: key(1), steps: 10 });
 * expect([...(await x.data())].every((unit) => unit === 0 || unit === 1)).toBe(true);
 * rbm.dispose();
 * ```
 *
 * @see {@link https://www.cs.toronto.edu/~hinton/absps/guideTR.pdf | Hinton, A practical guide to training restricted Boltzmann machines}
 *
 * @param key The key of the weights.
 * @param options The sizes and the kind of the visible units.
 * @returns The machine; `dispose()` frees its variables.
 * @throws {TypeError} When `units` is of another kind.
 * @throws {RangeError} When a size is not a positive integer, `variance` is not above 0 or `weightScale` is negative.
 */
export function restrictedBoltzmannMachine(
  key: Key,
  options: RestrictedBoltzmannMachineOptions,
): RestrictedBoltzmannMachine {
  const action = "create restricted Boltzmann machine";
  const { visible, hidden, units = "bernoulli", variance = 1, weightScale = 0.01 } = options;
  checkInteger(action, "visible", visible, 1);
  checkInteger(action, "hidden", hidden, 1);
  checkChoice(action, "units", units, ["bernoulli", "gaussian"]);
  checkNumber(action, "variance", variance, Number.MIN_VALUE, "greater than 0");
  checkNumber(action, "weightScale", weightScale, 0, "at least 0");
  const isBinary = units === "bernoulli";
  const weights = tidy(() => variable(mul(normal(key, [visible, hidden]), weightScale), true));
  const [visibleBias, hiddenBias] = [visible, hidden].map((count) => tidy(() => variable(zeros([count])))) as [
    Variable,
    Variable,
  ];

  /** `x^T W + c`, times `beta`. */
  function hiddenInput(x: Tensor, beta: number = 1): Tensor2D {
    return mul(add(matMul(x as Tensor2D, weights as Tensor as Tensor2D), hiddenBias), beta);
  }

  /** The logarithm of the density of the visible units alone. */
  function alone(x: Tensor): Tensor1D {
    if (isBinary) return sum(mul(x, visibleBias), 1);
    return mul(sum(square(sub(x, visibleBias)), 1), -0.5 / variance);
  }

  /** `[batch, d]` given what the hidden units say, `[batch, d]`. */
  function drawVisible(drawKey: Key, input: Tensor, beta: number): Tensor {
    if (isBinary) return draw(drawKey, sigmoid(add(input, mul(visibleBias, beta))));
    return add(add(visibleBias, mul(input, variance)), mul(normal(drawKey, input.shape), Math.sqrt(variance)));
  }

  function gibbsAt(beta: number): GibbsKernel {
    return {
      temperature: 1,
      init: (x, from) => ({ x: clone(x), step: from?.step ?? 0 }),
      step: (stepKey, state) => {
        const [hiddenKey, visibleKey] = split(stepKey) as [Key, Key];
        const x = tidy(() => {
          const h = draw(hiddenKey, sigmoid(hiddenInput(state.x, beta)));
          const input = matMul(h as Tensor2D, weights as Tensor as Tensor2D, false, true);
          return drawVisible(visibleKey, mul(input, beta), beta);
        });
        return { x, step: state.step + 1 };
      },
    };
  }

  const path: AnnealingPath = {
    logNormalizer:
      hidden * Math.LN2 + (isBinary ? visible * Math.LN2 : (visible / 2) * Math.log(2 * Math.PI * variance)),
    sample: (sampleKey, count) => tidy(() => drawVisible(sampleKey, zeros([count, visible]), 0)),
    logRatio: (x, from, to) =>
      tidy(() => {
        const ofHidden = sum(sub(softplus(hiddenInput(x, to)), softplus(hiddenInput(x, from))), 1) as Tensor1D;
        return isBinary ? add(ofHidden, mul(alone(x), to - from)) : ofHidden;
      }),
    kernel: gibbsAt,
  };

  return {
    units,
    variance,
    weights,
    visibleBias,
    hiddenBias,
    variables: [weights, visibleBias, hiddenBias],
    logDensity: (x) => tidy(() => add(alone(x), sum(softplus(hiddenInput(x)), 1)) as Tensor1D),
    score: (x) =>
      tidy(() => {
        const input = matMul(sigmoid(hiddenInput(x)), weights as Tensor as Tensor2D, false, true);
        return add(input, isBinary ? visibleBias : mul(sub(visibleBias, x), 1 / variance));
      }),
    hiddenProbabilities: (x) => tidy(() => sigmoid(hiddenInput(x))),
    gibbs: gibbsAt(1),
    path,
    dispose: () => dispose([weights, visibleBias, hiddenBias]),
  };
}

/** Zeros and ones, one with these probabilities. */
function draw(key: Key, probabilities: Tensor): Tensor {
  return cast(less(uniform(key, probabilities.shape), probabilities), "float32");
}

function checkNumber(action: string, name: string, value: number, least: number, bound: string): void {
  if (!(Number.isFinite(value) && value >= least)) {
    throw new RangeError(`Cannot ${action}: ${name} must be ${bound} but found ${value}`);
  }
}
