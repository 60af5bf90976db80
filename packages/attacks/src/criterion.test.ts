import { leakFree, numericGradient } from "@jem-js-internal/testing";
import { grad, type Scalar, sum, type Tensor, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { allOf, anyOf, type Criterion, confident, misclassification, targeted, topK } from "./mod.ts";

const z = [
  [1, -2, 0.5, 0],
  [3, 1, -1, 0.25],
  [0, 2, 4, -3],
];
const { NaN: nan } = Number;

const cases: [string, Criterion, boolean[], number[]][] = [
  ["misclassification()", misclassification([2, 0, 1]), [true, false, true], [0.5, -2, 2]],
  ["targeted()", targeted([2, 0, 1]), [false, true, false], [-0.5, 2, -2]],
  ["topK(2)", topK([2, 3, 0], 2), [false, true, true], [-0.5, 0.75, 2]],
  ["topK(3)", topK([2, 3, 3], 3), [false, false, true], [-2.5, -1.25, 3]],
  [
    "confident() of misclassification()",
    confident(misclassification([2, 0, 1]), 0.5),
    [false, false, true],
    // z[r] - logsumexp of the others: the smaller of it and the margin.
    [1 - lse([-2, 0.5, 0]), 1 - lse([3, -1, 0.25]), 4 - lse([0, 2, -3])],
  ],
  [
    "confident() of targeted()",
    confident(targeted([0, 0, 0]), 0.9),
    [false, false, false],
    [
      1 - lse([-2, 0.5, 0]) - Math.log(9),
      3 - lse([1, -1, 0.25]) - Math.log(9),
      Math.min(-4, 0 - lse([2, 4, -3]) - Math.log(9)),
    ],
  ],
  ["allOf()", allOf(misclassification([2, 0, 1]), targeted([0, 0, 0])), [true, false, false], [0.5, -2, -4]],
  ["anyOf()", anyOf(misclassification([2, 0, 1]), targeted([0, 0, 0])), [true, true, true], [0.5, 2, 2]],
];

function lse(values: number[]): number {
  return Math.log(values.reduce((total, value) => total + Math.exp(value), 0));
}

describe.each(cases)("%s", (_, criterion, adversarial, margins) => {
  test("decides and measures by how much", async () => {
    expect(z.map((row, i) => criterion.isAdversarial(row, i))).toEqual(adversarial);
    const found = tidy(() => criterion.margins(tensor2d(z)));
    expect(await found.data()).toBeAllclose(margins, { rtol: 1e-6, atol: 1e-6 });
  });

  test("has the gradient of its margins", async () => {
    const f = (logits: Tensor): Scalar => sum(criterion.margins(logits as Tensor2D));
    const expected = await numericGradient(f, tensor2d(z));
    expect(await grad(f)(tensor2d(z)).data()).toBeAllclose(expected, { rtol: 1e-3, atol: 1e-3 });
  });

  test("select() takes examples in the order given", async () => {
    const selected = criterion.select([2, 0, 2]);
    expect(selected.size).toBe(3);
    const rows = [z[2]!, z[0]!, z[2]!];
    expect(rows.map((row, i) => selected.isAdversarial(row, i))).toEqual([2, 0, 2].map((i) => adversarial[i]));
    const found = tidy(() => selected.margins(tensor2d(rows)));
    expect(await found.data()).toBeAllclose(
      [2, 0, 2].map((i) => margins[i]!),
      { rtol: 1e-6, atol: 1e-6 },
    );
    if (criterion.goal) {
      expect([...selected.goal!.classes]).toEqual([2, 0, 2].map((i) => criterion.goal!.classes[i]));
    }
  });

  test("leaves no tensor", async () => {
    const logits = tensor2d(z);
    await leakFree(() => tidy(() => criterion.margins(logits)).dispose());
  });
});

test("of equal logits the first counts as the larger", () => {
  expect(misclassification([0]).isAdversarial([1, 1], 0)).toBe(false);
  expect(misclassification([1]).isAdversarial([1, 1], 0)).toBe(true);
  expect(targeted([0]).isAdversarial([1, 1], 0)).toBe(true);
  expect(targeted([1]).isAdversarial([1, 1], 0)).toBe(false);
  expect(topK([1], 2).isAdversarial([1, 1, 1], 0)).toBe(false);
  expect(topK([2], 2).isAdversarial([1, 1, 1], 0)).toBe(true);
});

test("a row with NaN is misclassified, and no class is reached", () => {
  for (const row of [
    [nan, 1, 0],
    [0, 1, nan],
  ]) {
    expect(misclassification([1]).isAdversarial(row, 0)).toBe(true);
    expect(topK([1], 2).isAdversarial(row, 0)).toBe(true);
    expect(targeted([1]).isAdversarial(row, 0)).toBe(false);
    expect(confident(misclassification([1]), 0.1).isAdversarial(row, 0)).toBe(false);
  }
});

test("confident() asks for the probability", () => {
  const criterion = confident(misclassification([0]), 0.75);
  expect(criterion.isAdversarial([0, Math.log(3.01)], 0)).toBe(true);
  expect(criterion.isAdversarial([0, Math.log(2.99)], 0)).toBe(false);
  // Large logits do not overflow.
  expect(criterion.isAdversarial([0, 1000], 0)).toBe(true);
});

test("criteria throw on what they cannot be made of", () => {
  const goalless = allOf(misclassification([0]));
  const wrong: [() => unknown, typeof TypeError | typeof RangeError, string][] = [
    [() => misclassification([]), RangeError, "labels must hold a class index but found none"],
    [() => misclassification([0, -1]), RangeError, "labels must be integers of at least 0 but found -1 at 1"],
    // @ts-expect-error: no array
    [() => misclassification(3), TypeError, "labels must be an array of class indices but found number"],
    [() => targeted([0.5]), RangeError, "classes must be integers of at least 0 but found 0.5 at 0"],
    [() => topK([0], 0), RangeError, "k must be a positive integer but found 0"],
    [() => confident(goalless, 0.5), TypeError, "must be given one with a goal"],
    [() => confident(targeted([0]), 1), RangeError, "probability must be above 0 and below 1 but found 1"],
    [() => allOf(), RangeError, "criteria must hold a criterion but found none"],
    [() => anyOf(targeted([0]), targeted([0, 1])), TypeError, "criteria must be for 1 examples but found 2"],
  ];
  for (const [make, kind, message] of wrong) {
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  }
});

test("a criterion says how many classes it needs", () => {
  expect(misclassification([0, 0]).minClasses).toBe(2);
  expect(targeted([4, 0]).minClasses).toBe(5);
  expect(topK([0], 3).minClasses).toBe(4);
  expect(allOf(targeted([1]), topK([0], 3)).minClasses).toBe(4);
});
