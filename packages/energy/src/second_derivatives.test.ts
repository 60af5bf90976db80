import { isAvailable } from "@jem-js/native";
import { key, normal } from "@jem-js/random";
import { golden, goldenNetwork, goldenTensor, leakFree, useBackend } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import {
  checkSecondDerivatives,
  directionalDerivative,
  type EnergyHead,
  energyHead,
  hessianVectorProduct,
  leakyRelu,
  logSumExp,
  softplus,
  swish,
  tanh,
} from "./mod.ts";

const BACKENDS = ["cpu", "wasm", ...(isAvailable() ? ["native"] : [])];
const METHODS = ["exact", "finite-difference"] as const;
const values = async (t: Tensor): Promise<number[]> => Array.from(await t.data());
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, v, i) => s + v * b[i]!, 0);

/** An MLP 2-4-3 in float64, flat weights: the truth that float32 is compared with. */
const WEIGHTS = [
  0.7, -1.1, 0.4, 1.3, -0.6, 0.9, 1.2, -0.3, 1.1, -0.8, 0.5, 0.6, -1.2, 0.3, 0.9, -0.7, 1.4, -0.2, 0.8, 1,
];
const X = [
  [0.5, -0.2],
  [1.1, 0.7],
  [-0.4, 1.3],
];
const V = [
  [0.6, -1.4],
  [2.5, 0.3],
  [0.02, 0.01],
];
const LABELS = [2, 0, 1];

function logDensity64(
  x: readonly number[],
  y: number | undefined,
  w: readonly number[],
  activation: (h: number) => number,
): number {
  const hidden = [0, 1, 2, 3].map((j) => activation(x[0]! * w[j]! + x[1]! * w[4 + j]!));
  const logits = [0, 1, 2].map((k) => hidden.reduce((s, h, j) => s + h * w[8 + 3 * j + k]!, 0));
  if (y !== undefined) return logits[y]!;
  return Math.log(logits.reduce((s, f) => s + Math.exp(f), 0));
}

/** Fourth-order central differences. */
const slope = (f: (h: number) => number, h = 1e-3): number => (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);

const ACTIVATIONS = {
  tanh: { op: tanh, value: Math.tanh },
  swish: { op: swish, value: (h: number) => h / (1 + Math.exp(-h)) },
  softplus: { op: softplus, value: (h: number) => Math.log1p(Math.exp(h)) },
  "tanh of TensorFlow.js": { op: tf.tanh as (x: Tensor) => Tensor, value: Math.tanh },
};

function network(op: (x: Tensor) => Tensor): { head: EnergyHead; weights: tf.Variable } {
  const weights = tf.variable(tf.tensor1d(WEIGHTS));
  const head = energyHead((x) =>
    tf.tidy(() => {
      const hidden = op(tf.matMul(x as Tensor2D, tf.reshape(tf.slice(weights, 0, 8), [2, 4])));
      return tf.matMul(hidden as Tensor2D, tf.reshape(tf.slice(weights, 8, 12), [4, 3])) as Tensor2D;
    }),
  );
  return { head, weights };
}

describe.each(BACKENDS)("on %s", (backend) => {
  useBackend(backend);

  describe.each(Object.keys(ACTIVATIONS) as (keyof typeof ACTIVATIONS)[])("an MLP with %s", (name) => {
    const { op, value } = ACTIVATIONS[name];
    // What is TensorFlow.js's own is wrong by the exact method: see checkSecondDerivatives().
    const methods = METHODS.filter((method) => method !== "exact" || op !== (tf.tanh as unknown));

    test.each(methods.flatMap((method) => [undefined, LABELS].map((labels) => ({ method, labels }))))(
      "hessianVectorProduct() by $method with labels $labels",
      async ({ method, labels }) => {
        const { head } = network(op);
        const expected = X.flatMap((x, i) =>
          [0, 1].map((j) =>
            slope((h) =>
              slope((g) => {
                const at = x.map((value, k) => value + h * V[i]![k]! + (k === j ? g : 0));
                return logDensity64(at, labels?.[i], WEIGHTS, value);
              }),
            ),
          ),
        );
        const product = hessianVectorProduct(head, tf.tensor2d(X), tf.tensor2d(V), {
          method,
          ...(labels && { labels }),
        });
        const tolerance = method === "exact" ? 1e-5 : 1e-3;
        // The lengths of the directions differ by 100: each example has a scale of its own.
        const actual = await values(product);
        for (const i of [0, 1, 2]) {
          const want = expected.slice(2 * i, 2 * i + 2);
          expect(actual.slice(2 * i, 2 * i + 2)).toBeAllclose(want, {
            rtol: tolerance,
            atol: tolerance * Math.hypot(...V[i]!),
          });
        }
      },
    );

    test.each(methods.flatMap((method) => ([1, 2] as const).map((order) => ({ method, order }))))(
      "directionalDerivative() of order $order by $method, and its gradient in the weights",
      async ({ method, order }) => {
        const { head, weights } = network(op);
        const along = (w: readonly number[]): number[] =>
          X.map((x, i) => {
            const first = (at: number): number =>
              slope((h) =>
                logDensity64(
                  x.map((v, k) => v + (at + h) * V[i]![k]!),
                  undefined,
                  w,
                  value,
                ),
              );
            return order === 1 ? first(0) : slope(first);
          });
        const [x, v] = [tf.tensor2d(X), tf.tensor2d(V)];
        const compute = (): tf.Tensor1D =>
          directionalDerivative((z) => head.logDensity(z), x, v, { method, order }) as tf.Tensor1D;
        const unit = V.map((row) => Math.hypot(...row) ** order);
        const tolerance = method === "exact" ? 1e-5 : order === 1 ? 1e-3 : 1e-2;
        const actual = await values(compute());
        const expected = along(WEIGHTS);
        for (const i of [0, 1, 2])
          expect(actual[i]! / unit[i]!).toBeAllclose(expected[i]! / unit[i]!, { rtol: tolerance, atol: tolerance });
        const { grads } = tf.variableGrads(() => tf.sum(compute()), [weights]);
        const gradient = WEIGHTS.map((_, i) =>
          slope((h) => along(WEIGHTS.map((w, j) => (i === j ? w + h : w))).reduce((a, b) => a + b, 0)),
        );
        const scale = Math.max(...gradient.map(Math.abs));
        expect(await values(grads[weights.name]!)).toBeAllclose(gradient, { rtol: tolerance, atol: tolerance * scale });
      },
    );

    test("checkSecondDerivatives() trusts nested gradients only where they are right", async () => {
      const { head } = network(op);
      const check = await checkSecondDerivatives(head, tf.tensor2d(X));
      if (methods.includes("exact")) {
        expect(check.method).toBe("exact");
        expect(check.error).toBeLessThan(1e-3);
        expect(check.reason).toBeUndefined();
      } else {
        expect(check.method).toBe("finite-difference");
        expect(check.reason).toMatch(/differ from finite differences by [\d.]+ of the product/);
      }
    });
  });

  test("hessianVectorProduct() of a product of quadratic logits is the closed form", async () => {
    // Logits -c_y |x|^2 / 2: with p = softmax, the Hessian is -(p . c) I + (p . c^2 - (p . c)^2) x x^T.
    const c = [1, 3];
    const head = energyHead(
      (z) => tf.matMul(tf.sum(tf.square(z), 1, true), tf.tensor2d([c.map((value) => -value / 2)])) as Tensor2D,
    );
    const x = [0.8, -0.5];
    const p = 1 / (1 + Math.exp(-dot(x, x))); // of class 0: the logits differ by |x|^2
    const mean = p * c[0]! + (1 - p) * c[1]!;
    const variance = p * c[0]! ** 2 + (1 - p) * c[1]! ** 2 - mean ** 2;
    const v = [2, 1];
    const expected = v.map((value, i) => -mean * value + variance * dot(x, v) * x[i]!);
    for (const method of METHODS) {
      const product = hessianVectorProduct(head, tf.tensor2d([x]), tf.tensor2d([v]), { method });
      expect(await values(product)).toBeAllclose(expected, { rtol: 1e-3, atol: 1e-3 });
    }
  });

  test("finite differences take their step from the scale of each example", async () => {
    // log p(x) = -x^4 / 4: at x = 1e4 a displacement of 0.001 would round to 0.
    const head = { score: (z: Tensor) => tf.neg(tf.mul(tf.square(z), z)) };
    const x = [1e4, 3];
    const product = hessianVectorProduct(head, tf.tensor2d(x, [2, 1]), tf.tensor2d([1e-3, 1e3], [2, 1]));
    const [large, middle] = await values(product);
    expect(large).toBeAllclose(-3e8 * 1e-3, { rtol: 1e-3 });
    expect(middle).toBeAllclose(-27e3, { rtol: 1e-3 });
  });

  test.each([2, 64, 784])(
    "finite differences are as good as documented on %i inputs, along random directions",
    async (size) => {
      const random = (seed: number, shape: [number, number], scale: number): Tensor2D =>
        tf.mul(normal(key(seed), shape), scale);
      const weights = [random(1, [size, 32], 2 / Math.sqrt(size)), random(2, [32, 10], 2 / Math.sqrt(32))] as const;
      const head = energyHead((z) => tf.matMul(swish(tf.matMul(z as Tensor2D, weights[0])) as Tensor2D, weights[1]));
      const [x, v] = [random(3, [16, size], 0.5), random(4, [16, size], 1)];
      const f = (z: Tensor): Tensor => head.logDensity(z);
      const relative = async (make: (method: "exact" | "finite-difference") => Tensor): Promise<number> => {
        const [exact, difference] = [make("exact"), make("finite-difference")];
        return (await tf.div(tf.norm(tf.sub(exact, difference)), tf.norm(exact)).data())[0]!;
      };
      expect(await relative((method) => directionalDerivative(f, x, v, { method }))).toBeLessThan(1e-3);
      expect(await relative((method) => hessianVectorProduct(head, x, v, { method }))).toBeLessThan(1e-3);
      expect(await relative((method) => directionalDerivative(f, x, v, { method, order: 2 }))).toBeLessThan(2e-2);
    },
  );

  test("a direction of length 0 gives 0, and a constant score a Hessian of 0", async () => {
    const { head } = network(tanh);
    const zero = tf.zeros([3, 2]);
    const linear = energyHead((z) =>
      tf.matMul(
        z as Tensor2D,
        tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
      ),
    );
    for (const method of METHODS) {
      expect(await values(hessianVectorProduct(head, tf.tensor2d(X), zero, { method }))).toEqual(new Array(6).fill(0));
      expect(
        await values(hessianVectorProduct(linear, tf.tensor2d(X), tf.tensor2d(V), { method, labels: [0, 1, 1] })),
      ).toEqual(new Array(6).fill(0));
      for (const order of [1, 2] as const) {
        const derivative = directionalDerivative((z) => head.logDensity(z), tf.tensor2d(X), zero, { method, order });
        expect(await values(derivative)).toEqual([0, 0, 0]);
      }
    }
  });

  test("directionalDerivative() of a vector-valued function is the product of its Jacobian with v", async () => {
    const jacobian = tf.tensor2d([
      [1, 2],
      [-3, 0.5],
    ]);
    const f = (z: Tensor): Tensor => tf.tanh(tf.matMul(z as Tensor2D, jacobian));
    const result = await values(directionalDerivative(f, tf.tensor2d(X), tf.tensor2d(V)));
    const expected = X.flatMap((x, i) =>
      [0, 1].map((k) => {
        const column = [
          [1, -3],
          [2, 0.5],
        ][k]!;
        return dot(column, V[i]!) * (1 - Math.tanh(dot(column, x)) ** 2);
      }),
    );
    expect(result).toBeAllclose(expected, { rtol: 1e-3, atol: 1e-3 });
  });

  test("checkSecondDerivatives() names what has no second gradient, accepts leakyRelu(), and leaks nothing", async () => {
    const x = goldenTensor(golden("ebm_cnn").inputs);
    const pooled = energyHead((z) =>
      tf.tidy(
        () => tf.reshape(tf.avgPool(swish(tf.mul(z, z)) as tf.Tensor4D, 4, 4, "same"), [x.shape[0]!, -1]) as Tensor2D,
      ),
    );
    const leaky = energyHead((z) =>
      tf.tidy(
        () =>
          leakyRelu(
            tf.matMul(
              tf.mul(z, z) as Tensor2D,
              tf.tensor2d([
                [1, -1],
                [2, 1],
              ]),
            ),
          ) as Tensor2D,
      ),
    );
    const input = tf.tensor2d(X);
    await leakFree(async () => {
      const check = await checkSecondDerivatives(pooled, x);
      expect(check).toMatchObject({ method: "finite-difference", error: Number.POSITIVE_INFINITY });
      expect(check.reason).toContain("AvgPoolGrad");
      expect(() => hessianVectorProduct(pooled, x, x, { method: "exact" })).toThrow("AvgPoolGrad");
      expect((await checkSecondDerivatives(leaky, input)).method).toBe("exact");
    });
  });
});

test("checkSecondDerivatives() of the tanh network of PyTorch says finite difference", async () => {
  const fixture = golden("ebm_mlp");
  const head = energyHead(goldenNetwork(fixture.model).classifier);
  expect((await checkSecondDerivatives(head, goldenTensor(fixture.inputs))).method).toBe("finite-difference");
});

test("second derivatives leak nothing", async () => {
  const { head } = network(tanh);
  const [x, v] = [tf.tensor2d(X), tf.tensor2d(V)];
  await leakFree(async () => {
    for (const method of METHODS) {
      hessianVectorProduct(head, x, v, { method, labels: LABELS }).dispose();
      for (const order of [1, 2] as const)
        directionalDerivative((z) => head.logDensity(z), x, v, { method, order }).dispose();
    }
    await checkSecondDerivatives(head, x);
  });
});

test("second derivatives refuse other shapes, methods and steps", async () => {
  const head = energyHead((x) => x as Tensor2D);
  const x = tf.ones([2, 3]);
  const f = (z: Tensor): Tensor => head.logDensity(z);
  expect(() => hessianVectorProduct(head, x, tf.ones([2, 2]))).toThrow(
    "v must have the shape of x [2, 3] but found [2, 2]",
  );
  expect(() => directionalDerivative(f, x, tf.ones([3]))).toThrow("v must have the shape of x [2, 3] but found [3]");
  expect(() => hessianVectorProduct(head, tf.ones([0, 3]), tf.ones([0, 3]))).toThrow("x must be a non-empty");
  expect(() => hessianVectorProduct(head, x, x, { step: 0 })).toThrow("step must be greater than 0 but found 0");
  expect(() => directionalDerivative(f, x, x, { step: Number.NaN })).toThrow(
    "step must be greater than 0 but found NaN",
  );
  expect(() => directionalDerivative(f, x, x, { order: 3 as 1 })).toThrow("order must be 1 or 2 but found 3");
  expect(() => hessianVectorProduct(head, x, x, { method: "nested" as "exact" })).toThrow('but found "nested"');
  expect(() => directionalDerivative((z) => z, x, x, { method: "exact" })).toThrow(
    "f must return [2] but found [2, 3]",
  );
  expect(() => hessianVectorProduct(head, x, x, { labels: [0] })).toThrow("labels must be [2] but found [1]");
  await expect(checkSecondDerivatives(head, x, { tolerance: 0 })).rejects.toThrow("tolerance must be greater than 0");
  await expect(checkSecondDerivatives(head, tf.ones([0, 3]))).rejects.toThrow("x must be a non-empty");
  await expect(checkSecondDerivatives(head, x, { labels: [0] })).rejects.toThrow("labels must be [2] but found [1]");
  await expect(checkSecondDerivatives({ score: (z) => tf.mul(z, Number.NaN) }, x)).rejects.toThrow("is not finite");
});

test("logSumExp() keeps the gradient of an energy head that is differentiated twice", async () => {
  const x = tf.tensor2d([[1, 2, 3]]);
  const direct = tf.grad((z) => tf.sum(tf.square(tf.grad((u) => logSumExp(u))(z))))(x);
  const head = energyHead((z) => z as Tensor2D);
  const viaHead = tf.grad((z) => tf.sum(tf.square(head.score(z))))(x);
  expect(await values(viaHead)).toBeAllclose(await values(direct));
});
