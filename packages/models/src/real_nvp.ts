import { exp, swish, tanh } from "@jem-js/energy";
import { foldIn, type Key } from "@jem-js/random";
import {
  add,
  concat,
  mul,
  neg,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { checkInteger, checkIntegers } from "./_check.ts";
import { denseLayers, variablesOf } from "./_dense.ts";
import { chainOf, type FlowStep, flowOf } from "./_flow.ts";
import { product } from "./_network.ts";
import type { Flow } from "./flow.ts";

/** Options of {@linkcode realNvp}. */
export interface RealNvpOptions {
  /** The shape of one input; of more than one dimension it is flattened. At least 2 values. */
  readonly inputShape: readonly number[];
  /** How many couplings, each of which changes one half by what it reads in the other. At least 2. @default {6} */
  readonly couplings?: number;
  /** How many units the hidden layers of a coupling have; swish follows each. @default {[64, 64]} */
  readonly units?: readonly number[];
  /** How many classes the density is conditional on. @default {1} */
  readonly classes?: number;
}

/**
 * Builds a RealNVP: a flow of affine couplings, whose density and samples take one pass each. It is the exact density to compare
 * an energy-based model with, in few dimensions; for images see {@linkcode glow}.
 *
 * A coupling keeps one half `a` of the values and takes the other to `b exp(s(a)) + t(a)`; `log |det|` is the sum of `s`. The
 * scales are `g tanh(.)` with a learned `g` that starts at 0, and so do the shifts: a new flow is the identity.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { realNvp } from "@jem-js/models";
 * import { key, normal } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const flow = realNvp(key(0), { inputShape: [2], units: [16] });
 * const x = normal(key(1), [32, 2]);
 * tf.train.adam(1e-3).minimize(() => tf.neg(tf.mean(flow.logDensity(x))) as tf.Scalar); // maximum likelihood
 * const { z } = flow.forward(x);
 * const [there, back] = [await x.data(), await flow.inverse(z).data()];
 * expect(Math.max(...there.map((value, i) => Math.abs(value - back[i]!)))).toBeLessThan(1e-5);
 * flow.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1605.08803 | Dinh et al., Density estimation using Real NVP}
 *
 * @param key The key of the weights.
 * @param options The sizes.
 * @returns The flow; `dispose()` frees it.
 * @throws {RangeError} When a size is not a positive integer, or there are fewer than two values or couplings.
 */
export function realNvp(key: Key, options: RealNvpOptions): Flow {
  const action = "create RealNVP";
  const { inputShape, couplings = 6, units = [64, 64], classes = 1 } = options;
  checkIntegers(action, "inputShape", inputShape, 1);
  checkIntegers(action, "units", units, 1);
  checkInteger(action, "couplings", couplings, 2);
  checkInteger(action, "classes", classes, 1);
  const size = product(inputShape);
  checkInteger(action, "the number of values", size, 2);
  const steps = Array.from({ length: couplings }, (_, i) =>
    affineCoupling(foldIn(key, i), { size, units, classes, side: i % 2 }),
  );
  const chain = chainOf(steps);
  const flat: FlowStep = {
    variables: chain.variables,
    forward: (x, condition) => {
      const { z, logDeterminant } = chain.forward(reshape(x, [-1, size]), condition);
      return { z: reshape(z, [-1, ...inputShape]), logDeterminant };
    },
    inverse: (z, condition) => reshape(chain.inverse(reshape(z, [-1, size]), condition), [-1, ...inputShape]),
  };
  return flowOf(action.replace("create", "use"), flat, inputShape, classes);
}

interface CouplingOptions {
  readonly size: number;
  readonly units: readonly number[];
  readonly classes: number;
  /** Which half stays: the first or the second. */
  readonly side: number;
}

/** A coupling of vectors `[batch, size]`. */
function affineCoupling(key: Key, { size, units, classes, side }: CouplingOptions): FlowStep {
  const first = Math.ceil(size / 2);
  const [kept, changed] = side === 0 ? [first, size - first] : [size - first, first];
  const extra = classes === 1 ? 0 : classes;
  const layers = denseLayers(key, [kept + extra, ...units, 2 * changed], "heNormal");
  const gain = tidy(() => variable(zeros([2 * changed])));

  /** The halves: what stays and what changes. */
  function halves(x: Tensor): [Tensor2D, Tensor2D] {
    const [a, b] = [slice(x, [0, 0], [-1, first]), slice(x, [0, first], [-1, -1])] as [Tensor2D, Tensor2D];
    return side === 0 ? [a, b] : [b, a];
  }

  function joined(stays: Tensor, changes: Tensor): Tensor {
    return concat(side === 0 ? [stays, changes] : [changes, stays], 1);
  }

  /** The logarithms of the scales, and the shifts. */
  function affine(stays: Tensor2D, condition: Tensor2D | undefined): [Tensor, Tensor] {
    const input = condition ? concat([stays, condition], 1) : stays;
    const last = layers.length - 1;
    const out = layers.reduce<Tensor>((h, layer, i) => (i === last ? layer.apply(h) : swish(layer.apply(h))), input);
    const [scale, shift] = [slice(out, [0, 0], [-1, changed]), slice(out, [0, changed], [-1, -1])];
    const bounded = concat([tanh(scale), shift], 1);
    const gained = mul(bounded, gain);
    return [slice(gained, [0, 0], [-1, changed]), slice(gained, [0, changed], [-1, -1])];
  }

  return {
    variables: [...variablesOf(layers), gain],
    forward: (x, condition) => {
      const [stays, changes] = halves(x);
      const [s, t] = affine(stays, condition);
      return { z: joined(stays, add(mul(changes, exp(s)), t)), logDeterminant: sum(s, 1) as Tensor1D };
    },
    inverse: (z, condition) => {
      const [stays, changes] = halves(z);
      const [s, t] = affine(stays, condition);
      return joined(stays, mul(sub(changes, t), exp(neg(s))));
    },
  };
}
