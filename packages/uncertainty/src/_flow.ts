import { foldIn, type Key, normalValues } from "@jem-js/random";
import {
  abs,
  add,
  div,
  log,
  matMul,
  mul,
  sigmoid,
  softplus,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tanh,
  tensor,
  tidy,
  type Variable,
  variable,
} from "@tensorflow/tfjs-core";
import { type RowKey, rowMask } from "./_row_noise.ts";

/** Where a flow takes points, and the logarithm of what it stretches volumes by, for each row. */
export interface Flowed {
  /** `[rows, size]`. */
  readonly z: Tensor;
  /** `[rows]`. */
  readonly logDeterminant: Tensor;
}

/** A step of a flow: an invertible map of `[rows, size]`. */
export interface FlowStep {
  readonly variables: readonly Variable[];
  apply(z: Tensor, rows: RowKey): Flowed;
}

/** The weights of a masked RealNVP step: of its hidden layer, of the shift and of the gate. */
export interface RealNvpWeights<T extends Tensor = Tensor> {
  readonly w0: T;
  readonly b0: T;
  readonly wShift: T;
  readonly bShift: T;
  readonly wGate: T;
  readonly bGate: T;
}

/**
 * A masked RealNVP step with a gate, as inverse autoregressive flows have it: with `h = tanh((m z) W0 + b0)`, shift `mu = h Wmu + bmu`
 * and gate `g = sigmoid(h Ws + bs)`, what is not masked becomes `g z + (1 - g) mu`; the logarithm is `sum (1 - m) log g`.
 */
export function realNvp(z: Tensor, mask: Tensor, weights: RealNvpWeights): Flowed {
  const { w0, b0, wShift, bShift, wGate, bGate } = weights;
  const hidden = tanh(add(matMul(mul(mask, z) as Tensor2D, w0), b0)) as Tensor2D;
  const shift = add(matMul(hidden, wShift), bShift);
  const slope = add(matMul(hidden, wGate), bGate);
  const gate = sigmoid(slope);
  const free = sub(1, mask);
  const moved = add(mul(z, gate), mul(sub(1, gate), shift));
  // log sigmoid(s) = -softplus(-s): finite for any gate.
  const logGate = mul(-1, softplus(mul(-1, slope)));
  return { z: add(mul(mask, z), mul(free, moved)), logDeterminant: sum(mul(free, logGate), -1) };
}

/** A planar step `z + u tanh(w z + b)` with `u` such that it is invertible. */
export function planar(z: Tensor, { u, w, b }: { readonly u: Tensor; readonly w: Tensor; readonly b: Tensor }): Flowed {
  const wu = sum(mul(w, u));
  // softplus(w u) - 1 > -1 in place of w u.
  const lifted = add(u, mul(sub(sub(softplus(wu), 1), wu), div(w, sum(mul(w, w)))));
  const h = tanh(add(sum(mul(z, w), -1, true), b));
  const slope = mul(sub(1, mul(h, h)), sum(mul(lifted, w)));
  return { z: add(z, mul(lifted, h)), logDeterminant: sum(log(abs(add(1, slope))), -1) };
}

/** Options of a flow. */
export interface FlowOptions {
  readonly size: number;
  readonly steps: number;
  readonly hidden: number;
  readonly kind: "realNvp" | "planar";
}

/** Makes the steps of a flow: masked RealNVP with new masks at each call, or planar steps, always
 * so for one dimension, which no mask parts. */
export function flowSteps(key: Key, { size, steps, hidden, kind }: FlowOptions): FlowStep[] {
  return Array.from({ length: steps }, (_, step) => {
    const draw = (i: number, shape: number[], std: number, center = 0): Variable =>
      normalVariable(foldIn(foldIn(key, step), i), shape, std, center);
    if (size === 1 || kind === "planar") {
      const weights = { u: draw(0, [size], 0.1), w: draw(1, [size], size ** -0.5), b: draw(2, [1], 0.1) };
      return { variables: Object.values(weights), apply: (z) => planar(z, weights) };
    }
    const weights: RealNvpWeights<Variable> = {
      w0: draw(0, [size, hidden], size ** -0.5),
      b0: draw(1, [hidden], 0),
      wShift: draw(2, [hidden, size], 0.1 * hidden ** -0.5),
      bShift: draw(3, [size], 0),
      wGate: draw(4, [hidden, size], 0.1 * hidden ** -0.5),
      // At first a step changes little.
      bGate: draw(5, [size], 0, 2),
    };
    return {
      variables: Object.values(weights),
      apply: (z, { key: rows, offset }) =>
        realNvp(z, rowMask({ key: foldIn(rows, step), offset }, z.shape, 0.5, 1), weights),
    };
  });
}

/** Applies steps one after the other. */
export function applyFlow(steps: readonly FlowStep[], z: Tensor, rows: RowKey): Flowed {
  return steps.reduce<Flowed>(
    (flowed, step) => {
      const next = step.apply(flowed.z, rows);
      return { z: next.z, logDeterminant: add(flowed.logDeterminant, next.logDeterminant) };
    },
    { z, logDeterminant: sum(mul(z, 0), -1) },
  );
}

/** A variable that starts from normal numbers. */
export function normalVariable(key: Key, shape: readonly number[], std: number, center: number = 0): Variable {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = normalValues(key, size).map((value) => center + std * value);
  return tidy(() => variable(tensor(values, [...shape])));
}
