import { leakFree } from "@jem-js-internal/testing";
import {
  dispose,
  mul,
  pow,
  type Scalar,
  scalar,
  sum,
  type Tensor,
  tensor1d,
  variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { sharpnessAwareGradients } from "./mod.ts";

const values = async (t: Tensor): Promise<number[]> => Array.from(await t.data());
const make = () => {
  const a = variable(tensor1d([0.5, -2]));
  const b = variable(tensor1d([3]));
  /** sum a^4 / 4 + b^2: the gradients are a^3 and 2b. */
  const loss = (): Scalar =>
    sum(pow(a, 4))
      .mul(0.25)
      .add(sum(mul(b, b))) as Scalar;
  return { a, b, loss };
};

test.each([{ adaptive: false, rho: 0.3 }, { adaptive: true, rho: 0.2 }, { adaptive: false }, { adaptive: true }])(
  "sharpnessAwareGradients() takes the gradient at the ascent step over all variables: %o",
  async (options) => {
    const { a, b, loss } = make();
    const rho = options.rho ?? (options.adaptive ? 2 : 0.05);
    const weights = [0.5, -2, 3];
    const gradient = (w: number[]): number[] => [w[0]! ** 3, w[1]! ** 3, 2 * w[2]!];
    const g = gradient(weights);
    const t = weights.map((w) => (options.adaptive ? Math.abs(w) : 1));
    const norm = Math.hypot(...g.map((value, i) => t[i]! * value));
    const expected = gradient(weights.map((w, i) => w + (rho * t[i]! ** 2 * g[i]!) / norm));
    const { value, grads } = sharpnessAwareGradients(loss, [a, b], options);
    expect(await values(value)).toBeAllclose([0.25 * (0.0625 + 16) + 9]);
    expect([...(await values(grads[a.name]!)), ...(await values(grads[b.name]!))]).toBeAllclose(expected);
    expect([...(await values(a)), ...(await values(b))]).toEqual(weights);
  },
);

test("sharpnessAwareGradients() is variableGrads() in the limit of a small radius", async () => {
  const { a, b, loss } = make();
  const { grads } = sharpnessAwareGradients(loss, [a, b], { rho: 1e-6 });
  const { grads: plain } = variableGrads(loss, [a, b]);
  expect(await values(grads[a.name]!)).toBeAllclose(await values(plain[a.name]!));
});

test("sharpnessAwareGradients() skips variables that the loss does not use, and stays finite at a stationary point", async () => {
  const used = variable(scalar(0));
  const unused = variable(scalar(1));
  const { grads } = sharpnessAwareGradients(() => mul(used, used), [used, unused]);
  expect(Object.keys(grads)).toEqual([used.name]);
  expect(await values(grads[used.name]!)).toEqual([0]);
});

test("sharpnessAwareGradients() restores the weights and leaks nothing when the loss throws", async () => {
  const { a, b, loss } = make();
  let calls = 0;
  const failing = (): Scalar => {
    if (++calls === 2) throw new Error("out of luck");
    return loss();
  };
  expect(() => sharpnessAwareGradients(failing, [a, b])).toThrow("out of luck");
  expect(await values(a)).toEqual([0.5, -2]);
  expect(await values(b)).toEqual([3]);
});

test("sharpnessAwareGradients() leaves the value and the gradients alone", async () => {
  const { a, b, loss } = make();
  await leakFree(() => {
    const { value, grads } = sharpnessAwareGradients(loss, [a, b], { adaptive: true });
    dispose([value, grads]);
  });
});

test("sharpnessAwareGradients() refuses a radius of 0 and no variables", () => {
  const { a, loss } = make();
  expect(() => sharpnessAwareGradients(loss, [a], { rho: 0 })).toThrow("rho must be greater than 0 but found 0");
  expect(() => sharpnessAwareGradients(loss, [])).toThrow("variables is empty");
});
