import { Buffer } from "node:buffer";
import { decode } from "fast-png";
import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { type ClassGridOptions, classGrid } from "./mod.ts";

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const textsOf = (svg: string): string[] => [...parse(svg).querySelectorAll("text")].map((text) => text.textContent);

/** The first pixels of the images, row by row. */
function pixelsOf(svg: string): number[][] {
  const rows = new Map<string, number[]>();
  for (const image of parse(svg).querySelectorAll("image")) {
    const pixel = decode(Buffer.from(image.getAttribute("href")!.split(",")[1]!, "base64")).data[0]!;
    const y = image.getAttribute("y")!;
    rows.set(y, [...(rows.get(y) ?? []), pixel]);
  }
  return [...rows.values()];
}

const labels = [2, 0, 2, 2, 0];

test("classGrid() draws a row for each class that occurs, in order, with its first images", () => {
  const svg = classGrid([1, 2, 3, 4, 5], [5, 1, 1, 1], { labels, columns: 2, range: [0, 255] });
  expect(pixelsOf(svg)).toEqual([
    [2, 5],
    [1, 3],
  ]);
  expect(textsOf(svg)).toContain("4 of 5 images");
  expect(textsOf(svg).filter((text) => text.startsWith("class"))).toEqual(["class 0", "class 2"]);
});

test("classGrid() writes names and captions", () => {
  const captions = ["a", "b", "c", "d", "e"];
  const options = { labels, classNames: ["cat", "dog", "eel"], captions };
  const texts = textsOf(classGrid(new Float32Array(5), [5, 1, 1, 1], options));
  expect(texts.filter((text) => /^[a-e]$/.test(text))).toEqual(["b", "e", "a", "c", "d"]);
  expect(texts).toContain("eel");
  expect(texts).not.toContain("dog");
});

test("classGrid() keeps the pixels and colours of images", () => {
  const values = Float32Array.from({ length: 12 }, (_, i) => i);
  const svg = classGrid(values, [1, 2, 2, 3], { labels: [0], range: [0, 255], scale: 10 });
  const image = parse(svg).querySelector("image")!;
  expect([...decode(Buffer.from(image.getAttribute("href")!.split(",")[1]!, "base64")).data]).toEqual([...values]);
  expect([image.getAttribute("width"), image.getAttribute("image-rendering")]).toEqual(["20", "pixelated"]);
});

test("classGrid() refuses labels and captions that do not fit", () => {
  const draw = (options: ClassGridOptions) => () => classGrid([0, 1], [2, 1, 1, 1], options);
  expect(draw({ labels: [0] })).toThrow(
    new TypeError("Cannot draw class grid: labels must be as many as images, 2, but found 1"),
  );
  expect(draw({ labels: [0, 0.5] })).toThrow("labels[1] must be an integer from 0 to 9007199254740991 but found 0.5");
  expect(draw({ labels: [0, 1], classNames: ["cat"] })).toThrow("labels[1] must be an integer from 0 to 0 but found 1");
  expect(draw({ labels: [0, 0], captions: [] })).toThrow("captions must be as many as images, 2, but found 0");
});
