import { expect, test } from "vitest";
import { normalQuantile } from "./_normal_quantile.ts";
import { type RobustAccuracyCurveOptions, robustAccuracyCurve } from "./mod.ts";

const never = Number.POSITIVE_INFINITY;

test("robustAccuracyCurve() takes for each example the attack that is worst for it", () => {
  const distances = { a: [0.2, never, 0, 0.7], b: new Float64Array([0.3, 0.1, 0, never]) };
  const curve = robustAccuracyCurve(distances, { epsilons: [0.7, 0, 0.15, 0.25] });
  expect([...curve.smallestEpsilons]).toEqual([0.2, 0.1, 0, 0.7]);
  expect(curve.brokenBy).toEqual(["a", "b", "clean", "a"]);
  expect(curve.accuracies).toEqual([0, 0.75, 0.5, 0.25]);
  expect(curve.cleanAccuracy).toBe(0.75);
  const none = robustAccuracyCurve({ a: [never] }, { epsilons: [1e9] });
  expect([none.accuracies, none.brokenBy]).toEqual([[1], [undefined]]);
});

test("robustAccuracyCurve() has Wilson's intervals, or those that it is given", () => {
  const distances = { a: [1, 1, 1, 1, 1, 1, 1, 1, 0, 0] };
  const { intervals } = robustAccuracyCurve(distances, { epsilons: [0, 2] });
  // Agresti and Coull 1998: (p + z^2 / 2n +- z sqrt((p (1 - p) + z^2 / 4n) / n)) / (1 + z^2 / n), p = 0.8, n = 10.
  expect(intervals[0]!.lower).toBeCloseTo(0.49016247, 7);
  expect(intervals[0]!.upper).toBeCloseTo(0.94331784, 7);
  expect(intervals[1]!.lower).toBe(0);
  expect(intervals[1]!.upper).toBeCloseTo(1.959963985 ** 2 / (10 + 1.959963985 ** 2), 7);
  const asked: number[][] = [];
  const interval = (...call: [number, number, number]) => {
    asked.push(call);
    return { lower: 0.25, upper: 0.75 };
  };
  const own = robustAccuracyCurve(distances, { epsilons: [0], confidence: 0.9, interval });
  expect(own.intervals).toEqual([{ lower: 0.25, upper: 0.75 }]);
  expect(asked).toEqual([[8, 10, 0.9]]);
});

test("normalQuantile() is that of tables", () => {
  expect(normalQuantile(0.5)).toBeCloseTo(0, 12);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 11);
  expect(normalQuantile(0.999999)).toBeCloseTo(4.753424308822899, 9);
  expect(normalQuantile(0.2)).toBeCloseTo(-0.8416212335729143, 11);
  expect([normalQuantile(0), normalQuantile(1)]).toEqual([-never, never]);
});

test("robustAccuracyCurve() rejects what is no curve", () => {
  const cases: [Record<string, number[]>, Partial<RobustAccuracyCurveOptions>, string][] = [
    [{}, {}, "Cannot make a robust accuracy curve: there must be distances of an attack but found none"],
    [{ a: [] }, {}, "distances must be of at least one example but found none"],
    [{ a: [1, 2], b: [1] }, {}, "distances of b must be 2 but found 1"],
    [{ a: [1], b: [-1] }, {}, "distances of b must be at least 0 but found -1"],
    [{ a: [Number.NaN] }, {}, "distances of a must be at least 0 but found NaN"],
    [{ a: [1] }, { epsilons: [] }, "epsilons must hold a radius but found none"],
    [{ a: [1] }, { epsilons: [never] }, "epsilon must be finite and at least 0 but found Infinity"],
    [{ a: [1] }, { confidence: 0 }, "confidence must be above 0 and below 1 but found 0"],
  ];
  for (const [distances, options, message] of cases) {
    expect(() => robustAccuracyCurve(distances, { epsilons: [0], ...options })).toThrow(message);
  }
});
