import { energyHead, hessianVectorProduct, tanh } from "@jem-js/energy";
import { foldIn, key, normalValues } from "@jem-js/random";
import {
  golden,
  goldenNetwork,
  goldenTensor,
  leakFree,
  numericGradient,
  smallNetwork,
  smallWeights,
} from "@jem-js-internal/testing";
import {
  add,
  div,
  grad,
  logSumExp,
  mul,
  neg,
  reshape,
  type Scalar,
  slice,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { oneHotOf } from "./_one_hot.ts";
import { type Noise, type Refinement, refinedLogits, runChains, startChains } from "./_refine.ts";
import { pgd, type RefinedModelOptions, refinedModel } from "./mod.ts";

const fixture = golden("refine_eot");
const network = goldenNetwork(golden("ebm_mlp").model);
const mlp = energyHead(network.classifier);

describe("refinedModel() through the chains of the fixture", () => {
  const noises = [goldenTensor<Tensor3D>(fixture.init_noise)];
  const sgldNoise = goldenTensor(fixture.sgld_noise);
  const [batch, chains, size] = fixture.init_noise.shape as [number, number, number];
  for (let step = 0; step < fixture.steps; step++) {
    noises.push(reshape(slice(sgldNoise, [step, 0, 0, 0], [1, batch, chains, size]), [batch, chains, size]));
  }
  const noise: Noise = (step) => noises[step]!;
  const refinement = (gradient: Refinement["gradient"]): Refinement => ({
    steps: fixture.steps,
    chains,
    inputNoise: fixture.sigma,
    stepSize: fixture.step,
    noiseScale: fixture.noise_std,
    gradient,
    score: (z) => mlp.score(z),
    hessianVectorProduct: (z, v) => hessianVectorProduct(mlp, z, v),
    logits: (z) => mlp.logits(z),
  });
  const scaled = (x: Tensor): Tensor => div(sub(x, 0.5), 0.5);
  const loss = (x: Tensor, gradient: Refinement["gradient"]): Scalar => {
    const logits = refinedLogits(scaled(x), noise, refinement(gradient));
    return sum(
      sub(
        logSumExp(logits, 1),
        sum(mul(logits, oneHotOf(tensor2d([fixture.labels], undefined, "int32").flatten(), 3)), 1),
      ),
    );
  };
  const gradientOf = (gradient: Refinement["gradient"]): Promise<Float32Array> =>
    grad((x) => loss(x, gradient))(goldenTensor(fixture.x)).data() as Promise<Float32Array>;

  test("ends where the reference ends, with its logits", async () => {
    const start = startChains(scaled(goldenTensor(fixture.x)), noise, refinement("straightThrough"));
    const ends = runChains(start, noise, refinement("straightThrough"));
    expect(await ends.data()).toBeAllclose(fixture.refined.data, { rtol: 1e-5, atol: 1e-5 });
    for (const gradient of ["none", "straightThrough", "exact"] as const) {
      const logits = refinedLogits(scaled(goldenTensor(fixture.x)), noise, refinement(gradient));
      expect(await logits.data()).toBeAllclose(fixture.mean_logits.data, { rtol: 1e-5, atol: 1e-5 });
    }
  });

  test("has the straight-through gradient of the reference", async () => {
    const expected = fixture.grad_x_straight_through.data;
    expect(await gradientOf("straightThrough")).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-5 });
  });

  test("has the exact gradient of the reference", async () => {
    // Finite-difference Hessian-vector products in float32: about 1e-4, see the fixtures' README; relative to the largest element.
    const expected: number[] = fixture.grad_x_full.data;
    const largest = Math.max(...expected.map(Math.abs));
    expect(await gradientOf("exact")).toBeAllclose(expected, { rtol: 0, atol: 3e-4 * largest });
  });

  test("has the cosines of the reference between the two", async () => {
    const [a, b] = await Promise.all([gradientOf("straightThrough"), gradientOf("exact")]);
    for (let i = 0; i < batch; i++) {
      const row = (v: Float32Array): Float32Array => v.subarray(i * size, (i + 1) * size);
      expect(cosine(row(a!), row(b!))).toBeCloseTo(fixture.cosine[i], 3);
    }
  });
});

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((total, value, i) => total + value * b[i]!, 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

const weights = smallWeights();
/** Twice differentiable: tanh of @jem-js/energy. */
const head = energyHead(smallNetwork(weights, tanh));
const exactly = {
  gradient: "exact",
  hessianVectorProduct: (z: Tensor, v: Tensor) => hessianVectorProduct(head, z, v, { method: "exact" }),
} as const;
const inputs = (): Tensor2D =>
  tensor2d([
    [0.4, 0.7],
    [0.9, 0.1],
    [0.2, 0.3],
  ]);
const chain = { steps: 3, chains: 2, stepSize: 0.3, noiseScale: 0.1, inputNoise: 0.1 } as const;
const coefficients = [1, -2, 0.5];
const combined = (logits: Tensor2D): Scalar => sum(mul(logits, tensor2d([coefficients])));

test("refinedModel() exact is the gradient of its logits", async () => {
  const model = refinedModel(head, { ...chain, ...exactly, preprocessing: { mean: 0.5, std: 0.5 } });
  const f = (x: Tensor): Scalar => combined(model.logits(x, key(3)));
  const expected = await numericGradient(f, inputs());
  expect(await grad(f)(inputs()).data()).toBeAllclose(expected, { rtol: 2e-3, atol: 1e-3 });
  const crude = refinedModel(head, { ...chain, preprocessing: { mean: 0.5, std: 0.5 } });
  const straight = grad((x) => combined(crude.logits(x, key(3))))(inputs());
  expect(cosine(await straight.data<"float32">(), Float32Array.from(expected))).toBeLessThan(0.99);
});

test("refinedModel() straight-through is the gradient at the ends, none the gradient at the starts", async () => {
  // A linear density, under which chains move all by the same vector whatever their noise: the ends are known.
  const shift = [0.5, -0.25];
  const drifting = { logits: (z: Tensor) => head.logits(z), score: (z: Tensor) => add(mul(z, 0), tensor2d([shift])) };
  const quiet = { steps: 2, chains: 1, inputNoise: 0, noiseScale: 0, stepSize: 1 };
  const gradientAt = (z: Tensor): Promise<Float32Array> =>
    grad((w) => combined(head.logits(w)))(z).data() as Promise<Float32Array>;
  const of = (gradient: "none" | "straightThrough"): Promise<Float32Array> => {
    const model = refinedModel(drifting, { ...quiet, gradient });
    return grad((x) => combined(model.logits(x, key(0))))(inputs()).data() as Promise<Float32Array>;
  };
  const ends = add(inputs(), tensor2d([shift.map((v) => 2 * v)]));
  expect(await of("straightThrough")).toBeAllclose(await gradientAt(ends));
  expect(await of("none")).toBeAllclose(await gradientAt(inputs()));
  expect(cosine(await of("none"), await of("straightThrough"))).toBeLessThan(0.99);
});

test("refinedModel() without steps is the classifier, whatever the gradient", async () => {
  const settings = { steps: 0, inputNoise: 0, chains: 2 };
  for (const gradient of [{ gradient: "none" }, { gradient: "straightThrough" }, exactly] as const) {
    const model = refinedModel(head, { ...settings, ...gradient });
    expect(await model.logits(inputs(), key(0)).data()).toBeAllclose(await head.logits(inputs()).data());
    const actual = grad((x) => combined(model.logits(x, key(0))))(inputs());
    expect(await actual.data()).toBeAllclose(await grad((x) => combined(head.logits(x)))(inputs()).data());
  }
});

test("refinedModel() takes the noise of each example from its key, whatever its batch", async () => {
  const model = refinedModel(head, chain);
  const whole = await model.logits(inputs(), key(5)).data();
  expect(await model.logits(inputs(), key(5)).data()).toEqual(whole);
  expect(await model.logits(inputs(), key(6)).data()).not.toEqual(whole);
  for (const i of [2, 0]) {
    const one = await model.logits(slice(inputs(), [i, 0], [1, 2]), [foldIn(key(5), i)]).data();
    expect(one).toBeAllclose(whole.slice(3 * i, 3 * i + 3));
  }
});

test("refinedModel() has noise of the scales that it is given", async () => {
  // Identity logits and no drift: the logits are the inputs plus the mean over the chains of all noise.
  const still = { logits: (z: Tensor) => z as Tensor2D, score: (z: Tensor) => mul(z, 0) };
  const model = refinedModel(still, { steps: 4, chains: 2, inputNoise: 0.3, noiseScale: 0.2 });
  const count = 4000;
  const logits = model.logits(tensor2d(new Float32Array(2 * count), [count, 2]), key(1));
  const draws = await logits.data<"float32">();
  const expected = (0.3 ** 2 + 4 * 0.2 ** 2) / 2;
  const squares = draws.map((v) => v * v).reduce((a, b) => a + b) / draws.length;
  // The standard error of a variance is expected * sqrt(2 / n); four of them.
  expect(Math.abs(squares - expected)).toBeLessThan(4 * expected * Math.sqrt(2 / draws.length));
  const first = normalValues(foldIn(foldIn(key(1), 0), 0), 4);
  const quiet = refinedModel(still, { steps: 4, chains: 2, inputNoise: 0.3, noiseScale: 0 });
  const [value] = await quiet.logits(tensor2d([[0, 0]]), key(1)).data();
  expect(value).toBeCloseTo((0.3 * (first[0]! + first[2]!)) / 2, 5);
});

test("refinedModel() gives NaN where a chain explodes", async () => {
  const exploding = { logits: (z: Tensor) => z as Tensor2D, score: (z: Tensor) => mul(mul(z, z), mul(z, 1e10)) };
  const model = refinedModel(exploding, { steps: 10, chains: 1 });
  const [first] = await model.logits(tensor2d([[1, -1]]), key(0)).data();
  expect(Number.isFinite(first)).toBe(false);
});

test("refinedModel() can be attacked, inside a gradient and out, and leaves no tensor", async () => {
  const x = inputs();
  await leakFree(() => {
    for (const gradient of [{ gradient: "none" }, { gradient: "straightThrough" }, exactly] as const) {
      const model = refinedModel(head, { ...chain, ...gradient });
      const fixed = (z: Tensor): Tensor2D => model.logits(z, key(0));
      pgd(fixed, x, [0, 1, 2], { norm: "linf", epsilon: 0.1, steps: 2, returnBest: true }).dispose();
      tidy(() => {
        grad((z) => combined(fixed(pgd(fixed, z, [0, 1, 2], { norm: "l2", epsilon: 0.1, steps: 1 }))))(x);
      });
    }
  });
  expect(x.isDisposed).toBe(false);
});

test("refinedModel() leaves no tensor when the score throws", async () => {
  const x = inputs();
  const throwing = {
    logits: (z: Tensor) => z as Tensor2D,
    score: (z: Tensor): Tensor =>
      grad((w) => {
        mul(w, w);
        throw new Error("no score");
      })(z),
  };
  await leakFree(() => {
    const model = refinedModel(throwing, chain);
    expect(() => model.logits(x, key(0))).toThrow("no score");
    expect(() => pgd((z) => model.logits(z, key(0)), x, [0, 0, 0], { norm: "l2", epsilon: 0.1, steps: 1 })).toThrow(
      "no score",
    );
  });
});

test("refinedModel() rejects what it cannot refine", () => {
  const cases: [RefinedModelOptions, string][] = [
    [{ steps: -1 }, "Cannot make a refined model: steps must be an integer of at least 0 but found -1"],
    [{ chains: 0 }, "chains must be a positive integer but found 0"],
    [{ inputNoise: -0.1 }, "inputNoise must be finite and at least 0 but found -0.1"],
    [{ noiseScale: Number.NaN }, "noiseScale must be finite and at least 0 but found NaN"],
    [{ stepSize: 0 }, "stepSize must be finite and greater than 0 but found 0"],
    [{ bounds: [1, 0] }, "low below high, but found [1, 0]"],
    // @ts-expect-error: no such gradient
    [{ gradient: "full" }, 'gradient must be "none", "straightThrough" or "exact" but found full'],
    // @ts-expect-error: nothing to compute it with
    [{ gradient: "exact" }, "hessianVectorProduct must be a function for the exact gradient but found undefined"],
  ];
  for (const [options, message] of cases) expect(() => refinedModel(head, options)).toThrow(message);
  // @ts-expect-error: no score
  expect(() => refinedModel({ logits: (z) => z as Tensor2D })).toThrow(
    "head must have a method score() but found undefined",
  );
  const model = refinedModel({ logits: (z) => z as Tensor2D, score: (z) => neg(z) });
  expect(() => model.logits(inputs(), [key(0)])).toThrow("key must be a key or 3 keys but found 1");
  // @ts-expect-error: no key
  expect(() => model.logits(inputs())).toThrow(TypeError);
});
