import { describe, expect, test } from "vitest";
import { type IdxArray, type ImageDatasetOptions, imageDataset } from "./mod.ts";

const bytes = (...values: number[]): IdxArray => ({
  dtype: "uint8",
  shape: [values.length],
  data: Uint8Array.from(values),
});
const images: IdxArray = { dtype: "uint8", shape: [2, 1, 3], data: Uint8Array.of(0, 1, 2, 3, 4, 255) };
const floats = (...values: number[]): IdxArray => ({
  dtype: "float32",
  shape: [2, 1, 2],
  data: Float32Array.from(values),
});
const good: ImageDatasetOptions = { images, labels: bytes(1, 0), classes: 2 };

test("imageDataset() takes bytes as they are, of one channel or several", () => {
  const dataset = imageDataset(good);
  expect(dataset).toEqual({ images: images.data, shape: [1, 3, 1], labels: Int32Array.of(1, 0), size: 2 });
  expect(dataset.images).toBe(images.data);
  const colour = imageDataset({ ...good, images: { ...images, shape: [2, 1, 1, 3] } });
  expect(colour.shape).toEqual([1, 1, 3]);
});

test("imageDataset() takes floats in [-1, 1] as they are, and labels of any integer type", () => {
  const labels: IdxArray = { dtype: "int32", shape: [2], data: Int32Array.of(0, 99) };
  const dataset = imageDataset({ images: floats(-1, 0, 0.25, 1), labels, classes: 100 });
  expect(dataset.images).toEqual(Float32Array.of(-1, 0, 0.25, 1));
  expect([...dataset.labels]).toEqual([0, 99]);
  const double: IdxArray = { dtype: "float64", shape: [2, 1, 2], data: Float64Array.of(-1, 0, 0.1, 1) };
  expect(imageDataset({ ...good, images: double }).images).toEqual(Float32Array.of(-1, 0, 0.1, 1));
});

test("imageDataset() scales from pixelRange to [-1, 1]", () => {
  const scaled = (input: IdxArray, pixelRange: [number, number]): number[] => [
    ...imageDataset({ ...good, images: input, pixelRange }).images,
  ];
  expect(scaled(floats(0, 0.5, 0.75, 1), [0, 1])).toEqual([-1, 0, 0.5, 1]);
  expect(scaled({ dtype: "int16", shape: [2, 1, 1], data: Int16Array.of(-1000, 500) }, [-1000, 1000])).toEqual([
    -1, 0.5,
  ]);
  expect(scaled({ dtype: "uint8", shape: [2, 1, 1], data: Uint8Array.of(0, 16) }, [0, 16])).toEqual([-1, 1]);
});

describe("imageDataset() refuses", () => {
  test.each([
    ["one class", { classes: 1 }, RangeError, "classes must be an integer from 2 to 9007199254740991 but found 1"],
    [
      "images without rows",
      { images: bytes(1, 2) },
      TypeError,
      "images must be [size, height, width] or [size, height, width, channels] but found [2]",
    ],
    ["labels of two dimensions", { labels: images }, TypeError, "labels must be [size] but found [2, 1, 3]"],
    ["more images than labels", { labels: bytes(1) }, TypeError, "one label an image but found 2 images and 1 labels"],
    [
      "a label above the classes",
      { labels: bytes(0, 2) },
      RangeError,
      "labels must be integers from 0 to 1 but found 2 at 1",
    ],
    [
      "a negative label",
      { labels: { dtype: "int8", shape: [2], data: Int8Array.of(-1, 0) } },
      RangeError,
      "found -1 at 0",
    ],
    [
      "labels that are floats",
      { labels: { dtype: "float32", shape: [2], data: Float32Array.of(0, 1) } },
      TypeError,
      "labels must be integers but found float32",
    ],
    [
      "data of another length than the shape",
      { images: { ...images, shape: [2, 2, 3] } },
      TypeError,
      "images of shape [2, 2, 3] must have 12 values but found 6",
    ],
    [
      "a shape with a zero",
      { images: { ...images, shape: [0, 2, 3] } },
      TypeError,
      "a shape of positive integers but found [0, 2, 3]",
    ],
    [
      "a plain array as data",
      { images: { ...images, data: [0, 1, 2, 3, 4, 5] } },
      TypeError,
      "images must have data in Uint8Array but found uint8 in Array",
    ],
    [
      "an unknown element type",
      { labels: { ...images, shape: [6], dtype: "int64" } },
      TypeError,
      "an element type of uint8, int8, int16, int32, float32, float64 but found int64",
    ],
    [
      "NaN pixels",
      { images: floats(0, 0, 0, Number.NaN) },
      RangeError,
      "pixels must be finite but found NaN at element 1 of image 1",
    ],
    [
      "NaN pixels with a range",
      { images: floats(0, Number.NaN, 0, 0), pixelRange: [0, 1] },
      RangeError,
      "found NaN at element 1 of image 0",
    ],
    [
      "infinite pixels",
      { images: floats(0, 0, Number.NEGATIVE_INFINITY, 0) },
      RangeError,
      "pixels must be finite but found -Infinity at element 0 of image 1",
    ],
    [
      "floats that are not scaled",
      { images: floats(0, 128, 255, 0) },
      RangeError,
      "pixels must be in [-1, 1] (see pixelRange) but found 128 at element 1 of image 0",
    ],
    [
      "pixels outside pixelRange",
      { images: floats(0, 1, 2, 3), pixelRange: [0, 2] },
      RangeError,
      "pixels must be in [0, 2] (see pixelRange) but found 3",
    ],
    [
      "integers of unknown range",
      { images: { dtype: "int16", shape: [2, 1, 1], data: Int16Array.of(1, 2) } },
      TypeError,
      "pixelRange must be given for pixels of type int16",
    ],
    [
      "an empty pixelRange",
      { pixelRange: [1, 1] },
      RangeError,
      "pixelRange must be two finite numbers, the first below the second, but found [1, 1]",
    ],
    [
      "a pixelRange that is no pair",
      { pixelRange: 255 },
      TypeError,
      "pixelRange must be [minimum, maximum] but found 255",
    ],
  ] as const)("%s", (_, options, type, message) => {
    const make = (): unknown => imageDataset({ ...good, ...options } as unknown as ImageDatasetOptions);
    expect(make).toThrow(type);
    expect(make).toThrow(`Cannot create image dataset: `);
    expect(make).toThrow(message);
  });
});
