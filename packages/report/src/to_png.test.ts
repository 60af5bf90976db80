import { decode } from "fast-png";
import { expect, test } from "vitest";
import { toPng } from "./mod.ts";

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="2" height="1"><rect width="1" height="1" fill="#f00"/><rect x="1" width="1" height="1" fill="#00f"/></svg>`;

test("toPng() renders pixel by pixel", () => {
  const { width, height, channels, data } = decode(toPng(SVG, { scale: 1 }));
  expect([width, height, channels]).toEqual([2, 1, 4]);
  expect([...data]).toEqual([255, 0, 0, 255, 0, 0, 255, 255]);
});

test("toPng() is twice as large as the SVG unless told", () => {
  const size = (options?: Parameters<typeof toPng>[1]): number[] => {
    const { width, height } = decode(toPng(SVG, options));
    return [width, height];
  };
  expect(size()).toEqual([4, 2]);
  expect(size({ scale: 3 })).toEqual([6, 3]);
  expect(size({ width: 10 })).toEqual([10, 5]);
});

test("toPng() refuses what is no SVG", () => {
  for (const svg of ["no SVG", "<svg", "<svg><rect></svg>", "<p/>"]) {
    expect(() => toPng(svg)).toThrow(TypeError);
    expect(() => toPng(svg)).toThrow("Cannot render PNG: svg must be a well-formed SVG but found");
  }
  expect(() => toPng("")).toThrow("svg must not be empty");
  // @ts-expect-error: not a string
  expect(() => toPng(1)).toThrow("svg must be a string but found 1");
});

test("toPng() refuses sizes that are out of range", () => {
  expect(() => toPng(SVG, { width: 1, scale: 2 })).toThrow(
    new TypeError("Cannot render PNG: width or scale must be given but found both, 1 and 2"),
  );
  expect(() => toPng(SVG, { width: 0 })).toThrow("width must be an integer from 1 to 16384 but found 0");
  expect(() => toPng(SVG, { scale: 0 })).toThrow("scale must be greater than 0 but found 0");
  expect(() => toPng(SVG, { scale: Number.NaN })).toThrow("scale must be finite but found NaN");
  expect(() => toPng(SVG, { scale: 17 })).toThrow("scale must be from 0 to 16 but found 17");
});
