import { leakFree } from "@jem-js-internal/testing";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { inceptionExtractor, modelExtractor, pixelExtractor, resizeImages } from "./mod.ts";

const images = { data: Float32Array.from({ length: 2 * 4 * 4 }, (_, i) => (i % 7) / 7), shape: [2, 4, 4, 1] } as const;

test("resizeImages() bilinear agrees with TensorFlow.js in both alignments", async () => {
  for (const [mode, halfPixel] of [
    ["bilinear-tf1", false],
    ["bilinear-half-pixel", true],
  ] as const) {
    const x = tf.tensor4d(images.data, [2, 4, 4, 1]);
    const expected = await tf.image.resizeBilinear(x, [7, 3], false, halfPixel).data();
    expect(resizeImages(images, [7, 3], mode).data).toBeAllclose(expected, { atol: 1e-6 });
  }
});

test("resizeImages() bicubic keeps constants and averages what it shrinks", () => {
  const constant = { data: new Float64Array(64).fill(0.3), shape: [1, 8, 8, 1] } as const;
  expect(resizeImages(constant, [3, 5], "bicubic-antialias").data).toBeAllclose(new Float64Array(15).fill(0.3));
  // Stripes of one pixel vanish; without antialiasing they would alias.
  const stripes = { data: Float64Array.from({ length: 64 }, (_, i) => i % 2), shape: [1, 1, 64, 1] } as const;
  for (const value of resizeImages(stripes, [1, 8], "bicubic-antialias").data.subarray(1, 7)) {
    expect(value).toBeCloseTo(0.5, 1);
  }
});

test("resizeImages() refuses another size in mode none, and what is no batch of images", () => {
  expect(() => resizeImages(images, [2, 2], "none")).toThrow("size must be [2, 2] for mode none but found [4, 4]");
  expect(() => resizeImages({ data: [1], shape: [1, 2, 1, 1] }, [2, 2], "none")).toThrow(
    "Cannot resize images: images must be [count, height, width, channels] but found [1, 2, 1, 1] and 1 values",
  );
});

test("modelExtractor() runs a LayersModel, does not depend on the batch, and leaks nothing", async () => {
  const model = tf.sequential({
    layers: [tf.layers.flatten({ inputShape: [4, 4, 1] }), tf.layers.dense({ units: 3, kernelInitializer: "ones" })],
  });
  const run = (x: tf.Tensor) => ({ features: model.predict(x) as tf.Tensor });
  const extractor = modelExtractor(run, { name: "dense", tensor4d: tf.tensor4d });
  await leakFree(async () => {
    const { features } = await extractor.extract(images);
    expect(features.shape).toEqual([2, 3]);
    const second = await extractor.extract({ data: images.data.slice(16), shape: [1, 4, 4, 1] });
    expect(second.features.data).toBeAllclose(Array.from(features.data).slice(3));
  });
});

test("inceptionExtractor() feeds 299 x 299 x 3 in [-1, 1) and names all of it", async () => {
  const seen: number[][] = [];
  const execute = (x: tf.Tensor, nodes: string[]) => {
    expect(nodes).toEqual(["pool_3", "softmax"]);
    seen.push(x.shape, [...x.dataSync().subarray(0, 3)]);
    return tf.tidy(() => [tf.mean(x, [1, 2]), tf.softmax(tf.mean(x, [1, 2]))]);
  };
  const extractor = inceptionExtractor({ execute }, { name: "net", tensor4d: tf.tensor4d });
  expect(extractor.id).toBe("net 299x299 bilinear-tf1 3 channels [0, 255] to [-1, 0.9921875]");
  await leakFree(() => extractor.extract({ data: [255, 0, 0, 0], shape: [1, 2, 2, 1] }));
  expect(seen).toEqual([
    [1, 299, 299, 3],
    [127 / 128, 127 / 128, 127 / 128],
  ]);
});

test("pixelExtractor() has another identity for every preparation", () => {
  const ids = [
    pixelExtractor().id,
    pixelExtractor({ size: [8, 8], resize: "bilinear-tf1" }).id,
    pixelExtractor({ size: [8, 8], resize: "bicubic-antialias" }).id,
    pixelExtractor({ inputRange: [0, 255] }).id,
    pixelExtractor({ channels: 3 }).id,
  ];
  expect(new Set(ids).size).toBe(5);
});
