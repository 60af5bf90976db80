import { type EnergyHead, energyHead, tanh } from "@jem-js/energy";
import { numericGradient, type Tolerance } from "@jem-js-internal/testing";
import {
  add,
  grad,
  matMul,
  reshape,
  type Scalar,
  slice,
  type Tensor,
  type Tensor2D,
  tensor1d,
} from "@tensorflow/tfjs-core";
import { expect } from "vitest";

/** Weights of {@linkcode networkOf}, of size about 1. */
export const WEIGHTS: readonly number[] = Array.from({ length: 27 }, (_, i) => Math.sin(7 * i + 1));

/** The energy head of a network 2-4-3 with tanh units, as a function of its 27 weights. */
export function networkOf(weights: Tensor): EnergyHead {
  const part = (from: number, shape: [number, number]): Tensor2D =>
    reshape(slice(weights, [from], [shape[0] * shape[1]]), shape);
  return energyHead((x) => {
    const hidden = tanh(add(matMul(x as Tensor2D, part(0, [2, 4])), part(8, [1, 4])));
    return add(matMul(hidden as Tensor2D, part(12, [4, 3])), part(24, [1, 3]));
  });
}

/** Expects the gradient of a loss with respect to the weights of the network to be its numeric gradient. */
export async function expectNumericGradient(
  loss: (head: EnergyHead) => Scalar,
  // Central differences in float32: rounding 1e-5, truncation h^2 / 6 times a third derivative.
  tolerance: Tolerance = { rtol: 2e-3, atol: 1e-3 },
): Promise<void> {
  const ofWeights = (weights: Tensor): Scalar => loss(networkOf(weights));
  const weights = tensor1d([...WEIGHTS]);
  const gradient = grad(ofWeights)(weights);
  const expected = await numericGradient(ofWeights, weights);
  expect(Math.max(...expected.map(Math.abs)), "a gradient to speak of").toBeGreaterThan(0.05);
  expect(await gradient.data()).toBeAllclose(expected, tolerance);
}
