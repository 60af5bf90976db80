import { energyHead } from "@jem-js/energy";
import { expectNumericGradient, leakFree, smallNetwork, smallWeights } from "@jem-js-internal/testing";
import {
  add,
  grad,
  memory,
  mul,
  ones,
  sign,
  sub,
  type Tensor,
  tensor2d,
  variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { adversarialTraining, crossEntropy, type LogitsModel, type Perturb } from "./mod.ts";

const headOf = (weights: Tensor): LogitsModel => energyHead(smallNetwork(weights));
const x = tensor2d([
  [0.4, 0.7],
  [0.9, 0.1],
  [0.2, 0.3],
]);
const labels = [0, 2, 1];
/** Gradient ascent of the cross-entropy, whose gradients depend on the weights. */
const ascend =
  (steps: number): Perturb =>
  (head, start) => {
    let at: Tensor = add(start, 0);
    for (let step = 0; step < steps; step++) {
      const gradient = grad((z) => crossEntropy(head, { x: z, labels }))(at);
      at = add(at, mul(sign(gradient), 0.1));
    }
    return at;
  };
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;

test("adversarialTraining() is the cross-entropy where the attack has moved the inputs to", async () => {
  const head = headOf(smallWeights());
  const moved = ascend(3)(head, x, labels);
  const adversarial = await value(crossEntropy(head, { x: moved, labels }));
  const clean = await value(crossEntropy(head, { x, labels }));
  expect(adversarial).toBeGreaterThan(clean + 0.01);
  expect(await value(adversarialTraining(head, { x, labels }, { perturb: ascend(3) }))).toBeCloseTo(adversarial, 6);
  const mixed = adversarialTraining(head, { x, labels }, { perturb: ascend(3), cleanWeight: 0.25 });
  expect(await value(mixed)).toBeCloseTo(0.75 * adversarial + 0.25 * clean, 6);
});

test("adversarialTraining() takes the perturbed inputs for constants", async () => {
  // Without the sign, the moved inputs depend smoothly on the weights.
  const smooth: Perturb = (head, start) => add(start, mul(grad((z) => crossEntropy(head, { x: z, labels }))(start), 2));
  const weights = smallWeights();
  const moved = smooth(headOf(weights), x, labels);
  const actual = grad((w) => adversarialTraining(headOf(w), { x, labels }, { perturb: smooth }))(weights);
  const expected = grad((w) => crossEntropy(headOf(w), { x: moved, labels }))(weights);
  expect(await actual.data()).toBeAllclose(await expected.data());
  await expectNumericGradient(
    (w) => adversarialTraining(headOf(w), { x, labels }, { perturb: () => sub(moved, 0) }),
    weights,
  );
});

test("adversarialTraining() keeps nothing of the attack for the gradient, and leaves no tensor", async () => {
  const weights = variable(smallWeights());
  const head = headOf(weights);
  const kept = (steps: number): number => {
    let before = 0;
    let during = 0;
    const { value, grads } = variableGrads(() => {
      before = memory().numTensors;
      const loss = adversarialTraining(head, { x, labels }, { perturb: ascend(steps) });
      during = memory().numTensors - before;
      return loss;
    });
    value.dispose();
    for (const gradient of Object.values(grads)) gradient.dispose();
    return during;
  };
  expect(kept(8)).toBe(kept(1));
  await leakFree(() => {
    kept(2);
    adversarialTraining(head, { x, labels }, { perturb: ascend(2), cleanWeight: 0.5 }).dispose();
    expect(() =>
      variableGrads(() =>
        adversarialTraining(
          head,
          { x, labels },
          {
            perturb: () => {
              throw new Error("no attack");
            },
          },
        ),
      ),
    ).toThrow("no attack");
  });
});

test("adversarialTraining() rejects what it cannot learn from", () => {
  const head = headOf(smallWeights());
  const perturb: Perturb = (_, z) => add(z, 0);
  const loss = (options: { perturb: Perturb; cleanWeight?: number }) => () =>
    adversarialTraining(head, { x, labels }, options);
  expect(loss({ perturb, cleanWeight: 1.5 })).toThrow(
    "Cannot compute the loss: cleanWeight must be from 0 to 1 but found 1.5",
  );
  expect(loss({ perturb: () => ones([2, 2]) })).toThrow(
    "perturbed inputs must have the shape of x [3, 2] but found [2, 2]",
  );
  expect(() => adversarialTraining(head, { x, labels: [0] }, { perturb })).toThrow(TypeError);
});
