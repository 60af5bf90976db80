import { Buffer } from "node:buffer";
import { decode } from "fast-png";
import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { altText, type PerturbationGridOptions, perturbationGrid } from "./mod.ts";

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const textsOf = (svg: string): string[] => [...parse(svg).querySelectorAll("text")].map((text) => text.textContent);
const pixelsOf = (svg: string): number[][] =>
  [...parse(svg).querySelectorAll("image")].map((image) => [
    ...decode(Buffer.from(image.getAttribute("href")!.split(",")[1]!, "base64")).data,
  ]);

const options: PerturbationGridOptions = { shape: [1, 1, 3, 1], range: [0, 1] };

test("perturbationGrid() draws original, perturbed, and the difference about mid grey", () => {
  const svg = perturbationGrid([0, 0.4, 1], [0, 0.5, 0.9], { ...options, magnification: 5 });
  expect(pixelsOf(svg)).toEqual([
    [0, 102, 255],
    [0, 128, 230],
    [128, 191, 64], // 255 (1 / 2 + 5 · 0.1 / 2) is 191
  ]);
});

test("perturbationGrid() magnifies as far as nothing is clipped", () => {
  const svg = perturbationGrid([0.5, 0.5, 0.5], [0.5, 0.6, 0.4], options);
  expect(textsOf(svg)).toContain("difference × 10");
  expect(textsOf(svg)).toContain("largest difference 0.1");
  expect(pixelsOf(svg)[2]).toEqual([128, 255, 0]);
  expect(textsOf(perturbationGrid([0, 0, 0], [0, 0, 0], options))).toContain("difference × 1");
});

test("perturbationGrid() has a column for each example, with what the model says", () => {
  const svg = perturbationGrid([0, 1], [1, 0], {
    shape: [2, 1, 1, 1],
    predictions: {
      original: [{ label: "cat", confidence: 0.996 }, { label: 3 }],
      perturbed: [{ label: "dog" }, { label: 3 }],
    },
  });
  const texts = textsOf(svg);
  expect(texts.filter((text) => /cat|dog|3/.test(text))).toEqual(["cat (100%)", "3", "dog", "3"]);
  expect(altText(svg)).toContain("The prediction changes for 1.");
  const columns = new Set([...parse(svg).querySelectorAll("image")].map((image) => image.getAttribute("x")));
  expect(columns.size).toBe(2);
});

test("perturbationGrid() refuses images and predictions that do not fit", () => {
  const draw =
    (change: Partial<PerturbationGridOptions>, perturbed: number[] = [0, 0, 0]) =>
    () =>
      perturbationGrid([0, 0, 0], perturbed, { ...options, ...change });
  expect(draw({}, [0, 0])).toThrow(
    new TypeError("Cannot draw perturbation grid: perturbed must have 3 elements for shape [1, 1, 3, 1] but found 2"),
  );
  expect(draw({ magnification: 0 })).toThrow("magnification must be greater than 0 but found 0");
  const said = [{ label: 1, confidence: 2 }];
  expect(draw({ predictions: { original: said, perturbed: said } })).toThrow(
    "predictions.original[0].confidence must be from 0 to 1 but found 2",
  );
  expect(draw({ predictions: { original: [{ label: 1 }], perturbed: [] } })).toThrow(
    "predictions.perturbed must be as many as images, 1, but found 0",
  );
});
