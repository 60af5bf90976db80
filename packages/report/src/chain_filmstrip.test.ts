import { Buffer } from "node:buffer";
import { decode } from "fast-png";
import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { type ChainFilmstripOptions, chainFilmstrip } from "./mod.ts";

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const textsOf = (svg: string): string[] => [...parse(svg).querySelectorAll("text")].map((text) => text.textContent);

/** Where each image is, and its first pixel. */
const imagesOf = (svg: string): { x: number; y: number; pixel: number }[] =>
  [...parse(svg).querySelectorAll("image")].map((image) => ({
    x: Number(image.getAttribute("x")),
    y: Number(image.getAttribute("y")),
    pixel: decode(Buffer.from(image.getAttribute("href")!.split(",")[1]!, "base64")).data[0]!,
  }));

test("chainFilmstrip() draws a row for each chain and a column for each step", () => {
  // Step s of chain c has the value 10 s + c.
  const values = [0, 1, 10, 11, 20, 21];
  const images = imagesOf(chainFilmstrip(values, [3, 2, 1, 1, 1], { range: [0, 255], scale: 20 }));
  expect(images.map(({ pixel }) => pixel)).toEqual([0, 10, 20, 1, 11, 21]);
  const [columns, rows] = [new Set(images.map(({ x }) => x)), new Set(images.map(({ y }) => y))];
  expect([columns.size, rows.size]).toEqual([3, 2]);
  expect(images.slice(0, 3).map(({ x }) => x)).toEqual([...columns].sort((a, b) => a - b));
});

test("chainFilmstrip() writes steps, names and energies where they belong", () => {
  const options = { steps: [5, 10], names: ["a", "b"], energies: [1, 2, 3, -4.125] };
  const texts = textsOf(chainFilmstrip(new Float32Array(4), [2, 2, 1, 1, 1], options));
  expect(texts.filter((text) => text.startsWith("step "))).toEqual(["step 5", "step 10"]);
  expect(texts.filter((text) => text.startsWith("E "))).toEqual(["E 1", "E 3", "E 2", "E −4.13"]);
  expect(texts).toContain("b");
  expect(textsOf(chainFilmstrip(new Float32Array(4), [2, 2, 1, 1, 1]))).toContain("chain 2");
});

test("chainFilmstrip() draws the first step, the last and some between", () => {
  const values = Array.from({ length: 11 }, (_, i) => i);
  const pixels = (columns: number): number[] =>
    imagesOf(chainFilmstrip(values, [11, 1, 1, 1, 1], { columns, range: [0, 255] })).map(({ pixel }) => pixel);
  expect(pixels(3)).toEqual([0, 5, 10]);
  expect(pixels(1)).toEqual([10]);
  expect(pixels(50)).toEqual(values);
});

test("chainFilmstrip() refuses shapes and lists that do not fit", () => {
  const draw = (options: ChainFilmstripOptions, shape = [2, 1, 1, 1, 1], values: ArrayLike<number> = [0, 1]) => {
    return () => chainFilmstrip(values, shape, options);
  };
  expect(draw({}, [2, 1, 1, 1])).toThrow(
    new TypeError(
      "Cannot draw chain filmstrip: shape must be [steps, chains, height, width, channels] but found [2, 1, 1, 1]",
    ),
  );
  expect(draw({}, [0.5, 4, 1, 1, 1])).toThrow("channels] but found [0.5, 4, 1, 1, 1]");
  expect(draw({}, [2, 1, 1, 1, 1], [0, Number.NaN])).toThrow("values[1] must be finite but found NaN");
  expect(draw({ steps: [1] })).toThrow("steps must be as many as steps of the shape, 2, but found 1");
  expect(draw({ names: [] })).toThrow("names must be as many as chains of the shape, 1, but found 0");
  expect(draw({ energies: [1] })).toThrow("energies must have 2 elements for shape [2, 1] but found 1");
  expect(draw({ scale: 0 })).toThrow("scale must be an integer from 1 to 64 but found 0");
  expect(draw({ range: [1, 0] })).toThrow("range must be [black, white], ascending, but found [1, 0]");
});
