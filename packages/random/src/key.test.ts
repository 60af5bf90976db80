import { expect, test } from "vitest";
import { threefry } from "./_threefry.ts";
import { foldIn, key, split } from "./mod.ts";

test("threefry() gives the known answers of Random123", () => {
  const answer = (k: [number, number], low: number, high: number): string[] => {
    const out = new Uint32Array(2);
    threefry(k, low, high, out, 0);
    return [...out].map((word) => word.toString(16).padStart(8, "0"));
  };
  expect(answer([0, 0], 0, 0)).toEqual(["6b200159", "99ba4efe"]);
  expect(answer([0xffffffff, 0xffffffff], 0xffffffff, 0xffffffff)).toEqual(["1cb996fc", "bb002be7"]);
  expect(answer([0x13198a2e, 0x03707344], 0x243f6a88, 0x85a308d3)).toEqual(["c4923a9c", "483df7a0"]);
});

test("key() accepts 0 and large seeds and refuses others by value", () => {
  expect(key(0)).toEqual([0, 0]);
  expect(key(2 ** 40 + 3)).toEqual([256, 3]);
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
    expect(() => key(seed)).toThrow(`seed must be an integer from 0 to 9007199254740991 but found ${seed}`);
  }
});

test("split() gives the same children whatever the count, all different", () => {
  const children = split(key(1), 1000);
  expect(split(key(1), 3)).toEqual(children.slice(0, 3));
  expect(new Set(children.map(String)).size).toBe(1000);
  expect(() => split(key(1), 0)).toThrow("count must be an integer from 1 to 4294967296 but found 0");
});

test("foldIn() differs from split() and between indices", () => {
  const keys = [foldIn(key(1), 0), foldIn(key(1), 1), foldIn(key(1), 2 ** 32 - 1), ...split(key(1)), key(1)];
  expect(new Set(keys.map(String)).size).toBe(6);
  expect(() => foldIn(key(1), -1)).toThrow("index must be an integer from 0 to 4294967295 but found -1");
});

test("a key survives JSON", () => {
  const child = split(key(4))[1]!;
  expect(JSON.parse(JSON.stringify(child))).toEqual(child);
});
