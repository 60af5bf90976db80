import { golden } from "@jem-js-internal/testing";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { type ResizeMode, resizeImages } from "./mod.ts";

const images = { data: Float32Array.from({ length: 2 * 4 * 4 }, (_, i) => (i % 7) / 7), shape: [2, 4, 4, 1] } as const;

interface Case {
  readonly size: [number, number];
  readonly mode: ResizeMode;
  readonly data: number[];
}

test.each((golden("resize").cases as Case[]).map((item) => [item.mode, item.size, item] as const))(
  "resizeImages() agrees with torch: %s to %j",
  (mode, size, { data }) => {
    expect(resizeImages(golden("resize").images, size, mode).data).toBeAllclose(data, { rtol: 0, atol: 1e-9 });
  },
);

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
