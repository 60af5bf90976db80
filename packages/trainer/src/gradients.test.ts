import { sharpnessAwareGradients } from "@jem-js/objectives";
import { key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  type Scalar,
  scalar,
  square,
  sum,
  type Tensor,
  tensor1d,
  train,
  type Variable,
  variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { tinyJem } from "../testing/tiny_jem.ts";
import { type FitOptions, fit, type Gradients, type Procedure, type TrainingEvent } from "./mod.ts";

/** The loss `||w||^2 / 2`, whose gradient is `w`, beside a term of its own. */
function bowl(): { w: Variable; procedure: Procedure<Tensor>; options: FitOptions } {
  const w = variable(tensor1d([3, 4]));
  const procedure: Procedure<Tensor> = () => ({
    loss: () => ({ loss: sum(square(w)).mul(0.5) as Scalar, first: w.slice(0, 1).asScalar() }),
    dispose: () => {},
  });
  return { w, procedure, options: { optimizer: train.sgd(0.1), variables: [w], iterations: 1, key: key(0) } };
}

function* batches(): Generator<Tensor> {
  while (true) yield scalar(0);
}

test("fit() applies the gradient that gradients takes, and reports the terms at the weights themselves", async () => {
  const { w, procedure, options } = bowl();
  const rows: Record<string, number>[] = [];
  const listener = (event: TrainingEvent) => void (event.type === "iteration" && rows.push(event.terms));
  const gradients: Gradients = (loss, variables) => sharpnessAwareGradients(loss, variables, { rho: 1 });
  await fit(procedure, batches(), { ...options, gradients, listeners: [listener] });
  // w + w / ||w|| = 6/5 w.
  expect(await w.data()).toBeAllclose([3 * 0.88, 4 * 0.88]);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ loss: 12.5, first: 3 });
  expect(rows[0]!.gradientNorm).toBeCloseTo(6, 5);
});

test("fit() with variableGrads as gradients is fit() without", async () => {
  const [given, own] = [tinyJem(5), tinyJem(5)];
  await fit(given.procedure, given.batches, { ...given.options, gradients: variableGrads });
  await fit(own.procedure, own.batches, own.options);
  for (const [i, weight] of given.variables.entries()) {
    expect(await weight.data()).toEqual(await own.variables[i]!.data());
  }
});

test("fit() trains a JEM by sharpness-aware gradients and leaves no tensors", async () => {
  const run = (iterations: number) => tinyJem(iterations, optimizer);
  // An optimizer holds tensors of its own, made at its first step.
  const optimizer = train.sgd(0.01);
  const gradients: Gradients = (loss, variables) => sharpnessAwareGradients(loss, variables, { adaptive: true });
  const { procedure, batches: squares, options, variables } = run(10);
  const before = await Promise.all(variables.map((weight) => weight.data()));
  await leakFree(() => fit(procedure, squares, { ...options, gradients }));
  const after = await Promise.all(variables.map((weight) => weight.data()));
  expect(after).not.toEqual(before);
});

test("fit() leaves no tensors when gradients returns a value of its own, throws, or does not call the loss", async () => {
  const { w, procedure, options } = bowl();
  const at = await w.data();
  const start = (gradients: Gradients) => fit(procedure, batches(), { ...options, gradients });
  await leakFree(() => start((loss, variables) => ({ ...variableGrads(loss, variables), value: scalar(1) })));
  w.assign(tensor1d(at));
  const failing: Gradients = (loss, variables) => {
    const { grads } = variableGrads(loss, variables);
    for (const gradient of Object.values(grads)) gradient.dispose();
    throw new Error("no gradient");
  };
  await leakFree(() => expect(start(failing)).rejects.toThrow("no gradient"));
  const idle: Gradients = () => ({ value: scalar(0), grads: { [w.name]: tensor1d([1, 1]) } });
  await leakFree(() => expect(start(idle)).rejects.toThrow("Cannot fit: gradients must call the loss but did not"));
  expect(await w.data()).toEqual(at);
});
