import "@tensorflow/tfjs-backend-wasm";
import { isAvailable } from "@jem-js/native";
import { golden, leakFree, useBackend } from "@jem-js-internal/testing";
import { grad, sum, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { digammaExcess, logGammaExcess, nextDigammaExcess } from "./_special/approximations.ts";
import { digamma } from "./digamma.ts";
import { logGamma } from "./log_gamma.ts";
import { trigamma } from "./trigamma.ts";

type Fn = (x: Tensor) => Tensor;

const { x: at, ...values } = golden("dirichlet").special as Record<string, number[]>;
/** Of the value: the issue of float32 is that of large terms that cancel, near zeros above all. */
const MILLIONTH = { rtol: 1e-6, atol: 0 };

function derivative(f: Fn, order: number): Fn {
  return order === 0 ? f : grad((x: Tensor) => sum(derivative(f, order - 1)(x)));
}

describe.each(["cpu", "wasm", "native"])("on %s", (backend) => {
  if (backend === "native" && !isAvailable()) return;
  useBackend(backend);

  test.each<[string, Fn, number, string]>([
    ["logGamma()", logGamma, 0, "logGamma"],
    ["logGamma()", logGamma, 1, "digamma"],
    ["logGamma()", logGamma, 2, "trigamma"],
    ["logGamma()", logGamma, 3, "psi2"],
    ["digamma()", digamma, 0, "digamma"],
    ["digamma()", digamma, 1, "trigamma"],
    ["digamma()", digamma, 2, "psi2"],
    ["trigamma()", trigamma, 0, "trigamma"],
    ["trigamma()", trigamma, 1, "psi2"],
    ["trigamma()", trigamma, 2, "psi3"],
    ["trigamma()", trigamma, 3, "psi4"],
  ])("%s of order %#: derivative %i is right to 1e-6 of its value", async (_, f, order, name) => {
    const x = tensor1d(at!);
    await leakFree(async () => {
      const found = derivative(f, order)(x);
      expect(await found.data()).toBeAllclose(values[name]!, MILLIONTH);
      found.dispose();
    });
  });

  test("the remainders beyond logarithms keep their digits", async () => {
    const wide = at!.filter((x) => x >= 8);
    const x = tensor1d(wide);
    const of = async (f: Fn) => [...(await tidy(() => f(x)).data())];
    // Stirling's series in float64, with a term more than is needed.
    const excess = wide.map((v) => -1 / (2 * v) - 1 / (12 * v ** 2) + 1 / (120 * v ** 4) - 1 / (252 * v ** 6));
    expect(await of(digammaExcess)).toBeAllclose(excess, MILLIONTH);
    expect(await of(nextDigammaExcess)).toBeAllclose(
      wide.map((v, i) => excess[i]! + 1 / v),
      MILLIONTH,
    );
    const remainder = wide.map((v) => Math.log((2 * Math.PI) / v) / 2 + 1 / (12 * v) - 1 / (360 * v ** 3));
    expect(await of(logGammaExcess)).toBeAllclose(remainder, { rtol: 1e-6, atol: 2e-7 });
  });
});

test("logGamma(), digamma() and trigamma() keep the shape of maps", () => {
  const x = tensor1d([1, 2, 3, 4]).reshape([1, 2, 2]);
  for (const f of [logGamma, digamma, trigamma]) expect(f(x).shape).toEqual([1, 2, 2]);
});

test("logGamma() satisfies its recurrence and the reflection at one half", async () => {
  const x = tensor1d([0.25, 0.75, 3.3, 4.3]);
  const [a, b, c, d] = await logGamma(x).data();
  expect(a! + b!).toBeCloseTo(Math.log(Math.PI / Math.sin(Math.PI / 4)), 5);
  expect(d! - c!).toBeCloseTo(Math.log(3.3), 5);
});
