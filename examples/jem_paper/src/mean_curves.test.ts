import { expect, test } from "vitest";
import { curveFigure, meanCurve } from "./mean_curves.ts";

test("meanCurve() draws the means over the seeds at each radius", () => {
  const seed = (accuracy: number) => ({
    [curveFigure("JEM", "l2", 0)]: 1,
    [curveFigure("JEM", "l2", 0.5)]: accuracy,
    [curveFigure("JEM", "linf", 0.1)]: 0,
  });
  const options = { names: ["JEM"], seeds: [0, 1], n: 100 };
  expect(meanCurve([seed(0.25), seed(0.75)], "l2", options)).toContain("100.0% at ε 0, 50.0% at ε 0.5");
});
