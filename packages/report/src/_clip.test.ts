import { expect, test } from "vitest";
import { clipLine, isWithin } from "./_clip.ts";

const frame = { x: [0, 4], y: [2, 0] } as const;
const at = (x: number, y: number): { x: number; y: number } => ({ x, y });

test("clipLine() leaves what is inside, and joins its segments", () => {
  const points = [at(0, 0), at(1, 2), at(4, 1)];
  expect(clipLine(points, frame)).toEqual([points]);
});

test("clipLine() cuts at the edges, in and out again", () => {
  expect(clipLine([at(-1, 1), at(1, 1), at(1, 3), at(3, 3), at(3, 1)], frame)).toEqual([
    [at(0, 1), at(1, 1), at(1, 2)],
    [at(3, 2), at(3, 1)],
  ]);
  expect(clipLine([at(-2, 1), at(6, 1)], frame)).toEqual([[at(0, 1), at(4, 1)]]);
});

test("clipLine() of what passes by, of a point and of nothing is nothing", () => {
  expect(clipLine([at(-1, 1), at(1, 4)], frame)).toEqual([]);
  expect(clipLine([at(5, 0), at(5, 2)], frame)).toEqual([]);
  expect(clipLine([at(1, 1)], frame)).toEqual([]);
  expect(clipLine([], frame)).toEqual([]);
});

test("isWithin() counts the edges", () => {
  expect(isWithin(at(4, 2), frame)).toBe(true);
  expect(isWithin(at(4.1, 2), frame)).toBe(false);
});
