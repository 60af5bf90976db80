import { key, uniformValues } from "@jem-js/random";
import { expect, test } from "vitest";
import { distanceOf } from "./_distance.ts";
import { projectToL1Box } from "./_l1_box.ts";

const draw = (seed: number, size: number, min: number, max: number): Float32Array =>
  uniformValues(key(seed), size, { min, max });

test("projectToL1Box() finds the point that bisection of the shrinkage finds", () => {
  for (let seed = 0; seed < 50; seed++) {
    const origin = draw(seed, 30, 0, 1);
    // Some elements have no room at all.
    if (seed % 2 === 0) origin.fill(1, 0, 5).fill(0, 5, 10);
    const from = draw(seed + 1000, 30, -1, 2);
    const epsilon = 0.1 + seed / 10;
    const shrunk = (t: number): Float64Array =>
      Float64Array.from(from, (value, i) => {
        const offset = value - origin[i]!;
        const room = offset > 0 ? 1 - origin[i]! : origin[i]!;
        return Math.sign(offset) * Math.min(Math.max(Math.abs(offset) - t, 0), room);
      });
    const length = (t: number): number => shrunk(t).reduce((sum, value) => sum + Math.abs(value), 0);
    let [low, high] = [0, 3];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (length(middle) > epsilon) low = middle;
      else high = middle;
    }
    const found = from.slice();
    projectToL1Box(found, origin, epsilon, [0, 1]);
    expect(Float64Array.from(found, (value, i) => value - origin[i]!)).toBeAllclose(shrunk(high), { atol: 1e-6 });
    expect(distanceOf("l1", found, origin)).toBeLessThanOrEqual(epsilon + 1e-5);
  }
});

test("projectToL1Box() finds nothing nearer among the points of ball and bounds", () => {
  const origin = draw(1, 6, 0, 1);
  const from = draw(2, 6, -2, 3);
  const found = from.slice();
  projectToL1Box(found, origin, 1, [0, 1]);
  const least = distanceOf("l2", found, from);
  for (let seed = 0; seed < 2000; seed++) {
    // Points near the one that was found, brought into both by shrinking their offset.
    const near = draw(seed, 6, -0.1, 0.1).map((value, i) => Math.min(1, Math.max(0, found[i]! + value)));
    const scale = Math.min(1, 1 / distanceOf("l1", near, origin));
    const inside = near.map((value, i) => origin[i]! + scale * (value - origin[i]!));
    expect(distanceOf("l2", inside, from)).toBeGreaterThanOrEqual(least - 1e-6);
  }
});

test("projectToL1Box() leaves what is inside as it is, and brings everything back for a radius of 0", () => {
  const origin = draw(3, 20, 0.4, 0.6);
  const inside = origin.map((value, i) => value + (i % 2 === 0 ? 0.01 : -0.01));
  const kept = inside.slice();
  projectToL1Box(kept, origin, 0.21, [0, 1]);
  expect(kept).toEqual(inside);
  projectToL1Box(kept, origin, 0, [0, 1]);
  expect(kept).toBeAllclose(origin, { atol: 1e-7 });
});
