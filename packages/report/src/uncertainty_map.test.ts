import { Buffer } from "node:buffer";
import { decode } from "fast-png";
import { DOMParser } from "linkedom";
import { expect, test } from "vitest";
import { type UncertaintyMapOptions, type UncertaintyMaps, uncertaintyMap } from "./mod.ts";

const parse = (svg: string) => new DOMParser().parseFromString(svg, "image/svg+xml");
const textsOf = (svg: string): string[] => [...parse(svg).querySelectorAll("text")].map((text) => text.textContent);
const pixelsOf = (svg: string): number[][] =>
  [...parse(svg).querySelectorAll("image")].map((image) => [
    ...decode(Buffer.from(image.getAttribute("href")!.split(",")[1]!, "base64")).data,
  ]);

const maps: UncertaintyMaps = {
  images: [0, 1, 0.2, 0.4],
  shape: [2, 1, 2, 1],
  predictions: [0, 1, 1, 1],
  uncertainties: [0, 0.5, 1, 0.25],
};
const options: UncertaintyMapOptions = { classNames: ["road", "car"], range: [0, 1] };

test("uncertaintyMap() draws image, predicted classes and uncertainties in rows, and the scale", () => {
  const images = pixelsOf(uncertaintyMap(maps, options));
  expect(images).toHaveLength(2 * 3 + 1);
  expect([images[0], images[3]]).toEqual([
    [0, 255],
    [51, 102],
  ]);
  const [blue, vermillion] = [
    [0x00, 0x72, 0xb2],
    [0xd5, 0x5e, 0x00],
  ] as const;
  expect(images[1]).toEqual([...blue, ...vermillion]);
  expect(images[4]).toEqual([...vermillion, ...vermillion]);
  // The ends of viridis, and brighter for larger.
  expect(images[2]!.slice(0, 3)).toEqual([0x44, 0x01, 0x54]);
  expect(images[5]!.slice(0, 3)).toEqual([0xfd, 0xe7, 0x25]);
  expect(images[6]!.slice(0, 3)).toEqual([0x44, 0x01, 0x54]);
});

test("uncertaintyMap() draws the true classes, those without one in grey", () => {
  const svg = uncertaintyMap({ ...maps, labels: [-1, 1, 0, 0] }, options);
  expect(pixelsOf(svg)[1]).toEqual([0xd0, 0xd7, 0xde, 0xd5, 0x5e, 0x00]);
  expect(textsOf(svg)).toEqual(expect.arrayContaining(["truth", "no class", "road", "car"]));
  expect(textsOf(uncertaintyMap(maps, options))).not.toContain("truth");
});

test("uncertaintyMap() has twenty different colours for classes", () => {
  const classNames = Array.from({ length: 20 }, (_, i) => `class ${i}`);
  const predictions = classNames.map((_, i) => i);
  const values = new Float32Array(20);
  const svg = uncertaintyMap(
    { images: values, shape: [1, 4, 5, 1], predictions, uncertainties: values },
    { classNames },
  );
  const pixels = pixelsOf(svg)[1]!;
  expect(new Set(predictions.map((i) => pixels.slice(3 * i, 3 * i + 3).join())).size).toBe(20);
});

test("uncertaintyMap() refuses maps that do not fit, and says where", () => {
  const draw =
    (change: Partial<UncertaintyMaps>, changed: Partial<UncertaintyMapOptions> = {}) =>
    () =>
      uncertaintyMap({ ...maps, ...change }, { ...options, ...changed });
  expect(draw({ predictions: [0] })).toThrow(
    new TypeError("Cannot draw uncertainty map: predictions must have 4 elements for shape [2, 1, 2] but found 1"),
  );
  expect(draw({ predictions: [0, 1, 2, 0] })).toThrow("predictions[2] must be an integer from 0 to 1 but found 2");
  expect(draw({ labels: [0, 0, 0, -2] })).toThrow("labels[3] must be an integer from -1 to 1 but found -2");
  expect(draw({ uncertainties: [0, 0, 0, Number.NaN] })).toThrow("uncertainties[3] must be finite but found NaN");
  expect(draw({}, { classNames: [] })).toThrow("the number of classNames must be an integer from 1 to 20 but found 0");
  expect(draw({}, { domain: [1, 1] })).toThrow("domain must be [lowest, highest], ascending, but found [1, 1]");
});
