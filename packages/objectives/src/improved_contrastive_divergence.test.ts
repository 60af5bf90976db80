import { type EnergyHead, energyHead, type SecondDerivativeMethod, tanh } from "@jem-js/energy";
import { gaussian, leakFree, smallNetwork, smallWeights } from "@jem-js-internal/testing";
import {
  add,
  clipByValue,
  dispose,
  grad,
  mul,
  ones,
  type Scalar,
  scalar,
  sub,
  type Tensor,
  tensor1d,
  tensor2d,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { contrastiveDivergence, improvedContrastiveDivergence } from "./mod.ts";

const headOf = (w: Tensor): EnergyHead => energyHead(smallNetwork(w, tanh));
const value = async (t: Tensor): Promise<number> => (await t.data())[0]!;
const x = tensor2d([0.3, -1.2, 1.1, 0.4, -0.7, 0.2], [3, 2]);
const previous = tensor2d([-0.4, 0.9, 1, -1, 0.1, 0.6], [3, 2]);
const neighbors = tensor2d([0, 0, 2, -2, -1, 1, 0.5, 0.5], [4, 2]);
const weights = smallWeights();
const stepSize = 0.7;

/** Where a chain of `steps` steps has been, as a function of the weights: from `previous` to the samples. */
function chainOf(w: Tensor, bounds: [number, number], steps: number): Tensor[] {
  const states: Tensor[] = [previous];
  for (let i = 0; i < steps; i++) {
    const [last, head] = [states[i]!, headOf(w)];
    const noise = mul(neighbors.slice(0, 3), 0.1 * i);
    states.push(clipByValue(add(add(last, mul(head.score(last), stepSize)), noise), ...bounds));
  }
  return states;
}

/** The two terms through the sampler, from their definition: the energy of constant weights, the distance of the nearest. */
const throughSampler = async (w: Tensor, bounds: [number, number], steps: number): Promise<number> => {
  const samples = chainOf(w, bounds, steps).at(-1)!;
  const energy = -(await value(headOf(weights).logDensity(samples).mean()));
  const [points, bank] = [await samples.array(), await neighbors.array()] as [number[][], number[][]];
  const distances = points.map((p) => Math.min(...bank.map((b) => Math.hypot(p[0]! - b[0]!, p[1]! - b[1]!))));
  return 0.8 * energy - (0.3 * distances.reduce((total, d) => total + Math.log(d), 0)) / 3;
};

test.each<[string, number, [number, number], SecondDerivativeMethod]>([
  ["the last step without bounds", 1, [-100, 100], "finite-difference"],
  ["the last step with bounds that act", 1, [-0.9, 0.9], "finite-difference"],
  ["all steps without bounds", 4, [-100, 100], "finite-difference"],
  ["all steps with bounds that act", 4, [-1.2, 1.4], "finite-difference"],
  ["all steps, exactly,", 4, [-1.2, 1.4], "exact"],
])("improvedContrastiveDivergence() differentiates %s", async (_, steps, clamp, method) => {
  const states = chainOf(weights, clamp, steps);
  const negatives = states.pop()!;
  const options = { stepSize, clamp, klWeight: 0.8, entropyWeight: 0.3, energyL2: 0.1, method };
  const batch = { x, negatives, previous: steps === 1 ? states[0]! : states, neighbors };
  const extra = (w: Tensor): Scalar =>
    sub(
      improvedContrastiveDivergence(headOf(w), batch, options).loss,
      contrastiveDivergence(headOf(w), batch, { energyL2: 0.1 }).loss,
    );
  expect(await value(extra(weights))).toBeAllclose(await throughSampler(weights, clamp, steps), { rtol: 1e-4 });
  const expected = [];
  const values = await weights.data();
  for (let i = 0; i < values.length; i++) {
    const at = (h: number): Promise<number> =>
      throughSampler(tensor1d(values.map((v, j) => (i === j ? v + h : v))), clamp, steps);
    expected.push(((await at(1e-2)) - (await at(-1e-2))) / 2e-2);
  }
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.1);
  expect(await grad(extra)(weights).data()).toBeAllclose(expected, { rtol: 5e-3, atol: 3e-3 });
  if (steps === 1) return;
  // The last step alone has another gradient: the earlier ones count.
  const short = { ...batch, previous: states.at(-1)! };
  const lastOnly = grad((w) => improvedContrastiveDivergence(headOf(w), short, options).loss)(weights);
  const whole = grad((w) => improvedContrastiveDivergence(headOf(w), batch, options).loss)(weights);
  expect(Math.max(...(await sub(lastOnly, whole).abs().data()))).toBeGreaterThan(0.05);
});

test("improvedContrastiveDivergence() without neighbours has no entropy, without weights is contrastiveDivergence()", async () => {
  const batch = { x, negatives: previous, previous };
  const plain = contrastiveDivergence(gaussian(1), batch, { form: "softplus" });
  const improved = improvedContrastiveDivergence(gaussian(1), batch, { stepSize, klWeight: 0, form: "softplus" });
  expect(await value(improved.entropy)).toBe(0);
  expect(await value(improved.loss)).toBe(await value(plain.loss));
  expect(await value(improved.energyGap)).toBe(await value(plain.energyGap));
});

test("improvedContrastiveDivergence() stays finite where a sample is among the neighbours", async () => {
  const batch = { x, negatives: previous, previous, neighbors: previous };
  const gradient = grad((p) => improvedContrastiveDivergence(gaussian(p), batch, { stepSize }).loss)(scalar(1));
  expect(Number.isFinite(await value(gradient))).toBe(true);
});

test("improvedContrastiveDivergence() leaves its scalars alone, also within a gradient", () =>
  leakFree(() => {
    const batch = { x, negatives: previous, previous, neighbors };
    dispose({ ...improvedContrastiveDivergence(gaussian(1), batch, { stepSize, clamp: [-1, 1] }) });
    const at = scalar(1);
    const all = { ...batch, previous: [x, previous] };
    for (const given of [batch, all]) {
      dispose(grad((p) => improvedContrastiveDivergence(gaussian(p), given, { stepSize }).loss)(at));
    }
    at.dispose();
  }));

test("improvedContrastiveDivergence() refuses bad steps, weights, bounds and batches", () => {
  const batch = { x, negatives: previous, previous };
  const model = gaussian(1);
  expect(() => improvedContrastiveDivergence(model, batch, { stepSize: 0 })).toThrow(
    "stepSize must be greater than 0 but found 0",
  );
  expect(() => improvedContrastiveDivergence(model, batch, { stepSize, klWeight: -1 })).toThrow(
    "klWeight must be at least 0 but found -1",
  );
  expect(() => improvedContrastiveDivergence(model, batch, { stepSize, clamp: [1, 1] })).toThrow(
    "clamp must be [min, max] with min < max but found [1, 1]",
  );
  expect(() => improvedContrastiveDivergence(model, { ...batch, previous: ones([2, 2]) }, { stepSize })).toThrow(
    "previous must have the shape of negatives [3, 2] but found [2, 2]",
  );
  expect(() =>
    improvedContrastiveDivergence(model, { ...batch, previous: [previous, ones([2, 2])] }, { stepSize }),
  ).toThrow("previous must have the shape of negatives [3, 2] but found [2, 2]");
  expect(() => improvedContrastiveDivergence(model, { ...batch, previous: [] }, { stepSize })).toThrow(
    "previous is empty",
  );
  expect(() => improvedContrastiveDivergence(model, { ...batch, neighbors: ones([0, 2]) }, { stepSize })).toThrow(
    "neighbors is empty",
  );
});
