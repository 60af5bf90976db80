import { energyHead, hessianVectorProduct } from "@jem-js/energy";
import { isAvailable } from "@jem-js/native";
import { key } from "@jem-js/random";
import { golden, goldenNetwork, goldenTensor } from "@jem-js-internal/testing";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  type AttackResult,
  apgd,
  autoAttack,
  boundary,
  carliniWagner,
  deepFool,
  eotModel,
  fab,
  hopSkipJump,
  type Labels,
  pgd,
  pointwise,
  refinedModel,
  robustnessChecklist,
  runAttack,
  square,
  stochasticAccuracy,
} from "./mod.ts";

const oracle = golden("linear_oracle");
const fixture = golden("attacks");
const linear = (x: tf.Tensor): tf.Tensor2D => tf.add(tf.matMul(x as tf.Tensor2D, tf.tensor2d(oracle.W)), oracle.b);
const convolutional = (): ((x: tf.Tensor) => tf.Tensor2D) => {
  const { classifier } = goldenNetwork(golden("ebm_cnn").model);
  return (x) => classifier(tf.div(tf.sub(x, 0.5), 0.5));
};
const images = (): tf.Tensor => goldenTensor(fixture.x0);
const labels: Labels = fixture.labels;

/** What comes of an attack: what is the same everywhere, and numbers that rounding moves a little. */
const outcome = (...results: readonly AttackResult[]): Outcome => ({
  same: results.map(({ success }) => success),
  close: results.flatMap(({ distances }) => [...distances].filter(Number.isFinite)),
});
interface Outcome {
  readonly same: unknown;
  readonly close: readonly number[];
}
type Run = () => Promise<Outcome>;
/** One way through the package for each norm, and one for classifiers that draw noise. */
const verticals: [string, Run][] = [
  [
    "linf: pgd() in runAttack(), and the checklist",
    async () => {
      const model = convolutional();
      const ball = { norm: "linf", epsilon: 0.1 } as const;
      const result = await runAttack(model, images(), labels, {
        ...ball,
        attack: ({ model, x, criterion, keys }) => pgd(model, x, criterion, { ...ball, key: keys!, steps: 10 }),
        key: key(0),
      });
      const checks = await robustnessChecklist(model, images(), labels, {
        ...ball,
        key: key(1),
        steps: 5,
        noiseDraws: 20,
      });
      const { close } = outcome(result);
      return { same: [result.success, checks.map(({ check, verdict }) => [check, verdict])], close };
    },
  ],
  [
    "linf: autoAttack()",
    async () => {
      const options = { norm: "linf", epsilon: 0.02, key: key(0) } as const;
      const { status } = await autoAttack(convolutional(), images(), labels, options);
      return { same: status, close: [] };
    },
  ],
  [
    "l2: deepFool(), carliniWagner() and fab()",
    async () => {
      const model = convolutional();
      const weak = { searchSteps: 3, steps: 100, stepSize: 0.05, initialWeight: 1 };
      return outcome(
        await deepFool(model, images(), labels, { norm: "l2" }),
        await carliniWagner(model, images(), labels, weak),
        await fab(model, images(), labels, { norm: "l2", steps: 20 }),
      );
    },
  ],
  [
    "l1: apgd() and fab()",
    async () => {
      const model = convolutional();
      const { success } = await apgd(model, images(), labels, { norm: "l1", epsilon: 2, steps: 30, key: key(0) });
      const { same, close } = outcome(await fab(model, images(), labels, { norm: "l1", steps: 20 }));
      return { same: [success, same], close };
    },
  ],
  [
    "l0: pointwise()",
    async () => outcome(await pointwise(linear, tf.tensor2d(oracle.x), oracle.labels, { key: key(0) })),
  ],
  [
    "scores: square()",
    async () => {
      const options = { norm: "linf", epsilon: 0.1, steps: 100, key: key(0) } as const;
      return { same: (await square(convolutional(), images(), labels, options)).success, close: [] };
    },
  ],
  [
    "noise: refinedModel(), eotModel() and stochasticAccuracy()",
    async () => {
      const head = energyHead(goldenNetwork(golden("ebm_mlp").model).classifier);
      const refine = golden("refine_eot");
      const x = goldenTensor(refine.x);
      const accuracies: number[] = [];
      const exact = {
        gradient: "exact",
        hessianVectorProduct: (z: tf.Tensor, v: tf.Tensor) => hessianVectorProduct(head, z, v),
      } as const;
      for (const way of [{ gradient: "none" }, { gradient: "straightThrough" }, exact] as const) {
        const model = refinedModel(head, { steps: 2, stepSize: 0.1, preprocessing: { mean: 0.5, std: 0.5 }, ...way });
        const expectation = eotModel(model, { key: key(0), draws: 3 });
        const found = pgd(expectation, x, refine.labels, { norm: "linf", epsilon: 0.1, steps: 5 });
        accuracies.push(
          (await stochasticAccuracy(model, found, refine.labels, { key: key(1), draws: 10 })).meanAccuracy,
        );
      }
      return { same: accuracies, close: [] };
    },
  ],
];

const before = tf.getBackend();
afterAll(() => tf.setBackend(before));

const expected = new Map<string, Outcome>();
describe.each(["cpu", "wasm", ...(isAvailable() ? ["native"] : [])])("%s", (backend) => {
  beforeEach(() => tf.setBackend(backend));

  test.each(verticals)("%s: the same as on cpu", async (name, run) => {
    const found = await run();
    if (backend === "cpu") expected.set(name, found);
    const { same, close } = expected.get(name)!;
    expect(found.same).toEqual(same);
    expect(found.close).toBeAllclose(close, { rtol: 0.02 });
    expect(tf.getBackend()).toBe(backend);
  });

  test("boundary() and hopSkipJump() come within 2 and 10 % of the nearest adversarial input", async () => {
    const x = tf.tensor2d(oracle.x);
    const walked = await boundary(linear, x, oracle.labels, { key: key(0), steps: 4000 });
    const hopped = await hopSkipJump(linear, x, oracle.labels, { key: key(0), norm: "l2", steps: 20 });
    for (const [{ distances }, most] of [
      [walked, 1.02],
      [hopped, 1.1],
    ] as const) {
      distances.forEach((distance, i) => {
        if (i === 0) return;
        expect(distance / oracle.min_l2[i]).toBeGreaterThan(1 - 1e-5);
        expect(distance / oracle.min_l2[i]).toBeLessThan(most);
      });
    }
  });
});
