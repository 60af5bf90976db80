import { grad, type Scalar, type Tensor } from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import { numericGradient } from "./numeric_gradient.ts";
import type { Tolerance } from "./to_be_allclose.ts";

/**
 * Expects the gradient of `f` at `x` to be the {@linkcode numericGradient}, and not to vanish. The tolerance is that of
 * central differences in float32 of a function of size 1: 1e-5 of rounding over a step of 1e-2, and their truncation.
 */
export async function expectNumericGradient(
  f: (x: Tensor) => Scalar,
  x: Tensor,
  tolerance: Tolerance = { rtol: 2e-3, atol: 1e-3 },
): Promise<void> {
  const gradient = grad(f)(x);
  const expected = await numericGradient(f, x);
  expect(Math.max(...expected.map(Math.abs)), "a gradient to speak of").toBeGreaterThan(0.05);
  expect(await gradient.data()).toBeAllclose(expected, tolerance);
  gradient.dispose();
}
