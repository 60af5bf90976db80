import { key, normalValues, uniformValues } from "@jem-js/random";
import { expect, test } from "vitest";
import { distanceOf } from "./_distance.ts";
import { toHyperplane } from "./_hyperplane.ts";

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((total, value, i) => total + value * b[i]!, 0);
const zero = new Float32Array(3);

test.each(["linf", "l2", "l1"] as const)(
  "toHyperplane() is on the plane, in the box, and nothing nearer is, in %s",
  (norm) => {
    for (let trial = 0; trial < 30; trial++) {
      const x = uniformValues(key(trial), 3);
      const w = normalValues(key(100 + trial), 3);
      // The plane meets the box, for it goes through a point of it.
      const b = dot(w, uniformValues(key(200 + trial), 3));
      const d = toHyperplane(norm, x, w, b, [0, 1]);
      const end = x.map((value, i) => value + d[i]!);
      expect(dot(w, end)).toBeCloseTo(b, 5);
      for (const value of end) expect(Math.abs(value - 0.5)).toBeLessThanOrEqual(0.5 + 1e-6);
      const distance = distanceOf(norm, d, zero);
      // A grid of the points of the plane within the box.
      const widest = [0, 1, 2].reduce((best, i) => (Math.abs(w[i]!) > Math.abs(w[best]!) ? i : best));
      const [p, q] = [0, 1, 2].filter((i) => i !== widest) as [number, number];
      let nearest = Number.POSITIVE_INFINITY;
      for (let u = 0; u <= 60; u++) {
        for (let v = 0; v <= 60; v++) {
          const point = [0, 0, 0];
          point[p] = u / 60;
          point[q] = v / 60;
          point[widest] = (b - w[p]! * point[p]! - w[q]! * point[q]!) / w[widest]!;
          if (point[widest]! >= 0 && point[widest]! <= 1) nearest = Math.min(nearest, distanceOf(norm, point, x));
        }
      }
      expect(distance).toBeLessThanOrEqual(nearest + 1e-6);
      // The grid is not far from the nearest point: steps of 1/60 on two axes, at most as much again on the third.
      if (Number.isFinite(nearest)) expect(nearest - distance).toBeLessThan(4 / 60);
    }
  },
);

test("toHyperplane() goes to the corner when the plane does not meet the box, and nowhere without weights", () => {
  for (const norm of ["linf", "l2", "l1"] as const) {
    expect([...toHyperplane(norm, [0.5, 0.5], [1, -2], 5, [0, 1])]).toEqual([0.5, -0.5]);
    expect([...toHyperplane(norm, [0.5, 0.5], [0, 0], 5, [0, 1])]).toEqual([0, 0]);
  }
});
