import { key } from "@jem-js/random";
import { leakFree, numericGradient } from "@jem-js-internal/testing";
import {
  dispose,
  eye,
  grad,
  matMul,
  mul,
  ones,
  reshape,
  type Tensor,
  type Tensor2D,
  tensor2d,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { spectralNorm, spectralNormPenalty } from "./mod.ts";

const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;
const rotation = (angle: number): Tensor2D =>
  tensor2d([
    [Math.cos(angle), -Math.sin(angle)],
    [Math.sin(angle), Math.cos(angle)],
  ]);
/** A matrix with the singular values 3 and 1. */
const weight = matMul(matMul(rotation(0.7), mul(tensor2d([[3], [1]]), eye(2))) as Tensor2D, rotation(-1.1));

test("spectralNorm() is the largest singular value", async () => {
  expect(await value(spectralNorm(weight, { key: key(0) }))).toBeAllclose(3);
  expect(await value(spectralNorm(tensor2d([[3, 4]]), { key: key(0) }))).toBeAllclose(5);
  expect(await value(spectralNorm(tensor2d([[3], [4]]), { key: key(0), iterations: 1 }))).toBeAllclose(5);
});

test("spectralNorm() converges from below", async () => {
  const norms: number[] = [];
  for (const iterations of [1, 2, 3, 4]) norms.push(await value(spectralNorm(weight, { key: key(3), iterations })));
  expect(norms).toEqual([...norms].sort((a, b) => a - b));
  expect(norms[0]!).toBeLessThan(2.99);
});

test("spectralNorm() reads a kernel [height, width, in, out] as a matrix of out columns", async () => {
  const kernel = reshape(weight, [1, 2, 1, 2]);
  expect(await value(spectralNorm(kernel, { key: key(0) }))).toBeAllclose(3);
});

test("spectralNorm() has the gradient u v^T", async () => {
  const norm = (w: Tensor) => spectralNorm(w, { key: key(0) });
  expect(await grad(norm)(weight).data()).toBeAllclose(await numericGradient(norm, weight), { rtol: 2e-3, atol: 1e-3 });
});

test("spectralNorm() of zeros is 0, with a finite gradient", async () => {
  const norm = (w: Tensor) => spectralNorm(w, { key: key(0) });
  expect(await value(norm(zeros([2, 3])))).toBe(0);
  expect(Array.from(await grad(norm)(zeros([2, 3])).data()).every(Number.isFinite)).toBe(true);
});

test("spectralNormPenalty() is half the sum of squares, with its gradient", async () => {
  const penalty = (w: Tensor) => spectralNormPenalty([w, mul(w, 2)], { key: key(0) });
  expect(await value(penalty(weight))).toBeAllclose((9 + 36) / 2);
  const expected = await numericGradient(penalty, weight);
  expect(await grad(penalty)(weight).data()).toBeAllclose(expected, { rtol: 2e-3, atol: 2e-3 });
});

test("spectralNorm() and spectralNormPenalty() leave one scalar", async () => {
  await leakFree(() => spectralNorm(weight, { key: key(0) }).dispose());
  await leakFree(() => spectralNormPenalty([weight], { key: key(0) }).dispose());
  await leakFree(() => dispose(grad((w) => spectralNormPenalty([w], { key: key(0) }))(weight)));
});

test("spectralNorm() and spectralNormPenalty() refuse vectors, empty weights and no weights", () => {
  const options = { key: key(0) };
  expect(() => spectralNorm(ones([3]), options)).toThrow("weight must be [..., out] of rank 2 or more but found [3]");
  expect(() => spectralNorm(ones([0, 3]), options)).toThrow("found [0, 3]");
  expect(() => spectralNorm(weight, { ...options, iterations: 0 })).toThrow("iterations must be a positive integer");
  expect(() => spectralNormPenalty([], options)).toThrow("weights is empty");
});
