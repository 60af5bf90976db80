import { key } from "@jem-js/random";
import { type GoldenTensor, golden, leakFree } from "@jem-js-internal/testing";
import { dispose, type Tensor4D, tensor, tensor4d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { blurImages, compressImages, constantImages, interpolateImages, noiseImages, rotateImages } from "./mod.ts";

const fixture = golden("image_corruptions");
const tensorOf = ({ shape, data }: GoldenTensor): Tensor4D =>
  tensor(data, shape as [number, number, number, number], "float32");

async function values(x: Tensor4D): Promise<number[]> {
  const data = [...(await x.data())];
  x.dispose();
  return data;
}

/** The largest difference between `y` and what was expected. */
async function distance(y: Tensor4D, expected: GoldenTensor): Promise<number> {
  expect(y.shape).toEqual(expected.shape);
  return (await values(y)).reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected.data[i]!)), 0);
}

describe("rotateImages()", () => {
  test.each([30, -75, 90, 180, 200.5])("agrees with scipy.ndimage.rotate at %d degrees", async (degrees) => {
    const x = tensorOf(fixture.x);
    const { y } = fixture.rotate.find((row: { degrees: number }) => row.degrees === degrees);
    expect(await distance(rotateImages(x, { degrees }), y)).toBeLessThan(1e-6);
    x.dispose();
  });

  test("turns each image by its own angle, about 0 degrees not at all", async () => {
    const x = tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2, 1]);
    expect(await values(rotateImages(x, { degrees: [0, -90] }))).toEqual([1, 2, 3, 4, 7, 5, 8, 6]);
    x.dispose();
  });

  test("fills what comes into view", async () => {
    const x = tensor4d([1, 1, 1], [1, 1, 3, 1]);
    expect(await values(rotateImages(x, { degrees: 90, fill: 7 }))).toEqual([7, 1, 7]);
    x.dispose();
  });
});

describe("blurImages()", () => {
  test.each([0, 1, 2, 3])("agrees with scipy.ndimage.gaussian_filter, case %i", async (row) => {
    const { sigma, truncate, y } = fixture.blur[row];
    const x = tensorOf(fixture.x);
    expect(await distance(blurImages(x, { sigma, truncate }), y)).toBeLessThan(1e-6);
    x.dispose();
  });

  test("leaves constants alone, and averages when it is very wide", async () => {
    const x = tensor4d([0, 4, 5, 3], [1, 2, 2, 1]);
    for (const value of await values(blurImages(x, { sigma: 100 }))) expect(value).toBeCloseTo(3, 4);
    x.dispose();
  });
});

describe("compressImages()", () => {
  const rows: number[] = fixture.jpeg.map((_: unknown, i: number) => i);
  const compressed = async (row: number): Promise<number[]> => {
    const x = tensorOf({
      shape: fixture.jpeg[row].x.shape,
      data: fixture.jpeg[row].x.data.map((v: number) => v / 127.5 - 1),
    });
    const y = await values(compressImages(x, { quality: fixture.jpeg[row].quality }));
    x.dispose();
    return y.map((v) => (v + 1) * 127.5);
  };

  test.each(rows)("is the format's arithmetic in float64 (scipy.fft, tables of Pillow), case %i", async (row) => {
    const y = await compressed(row);
    for (let i = 0; i < y.length; i++) expect(y[i]).toBeCloseTo(fixture.jpeg[row].exact.data[i], 3);
  });

  test.each(rows)("differs from libjpeg by what its integer arithmetic does, case %i", async (row) => {
    const y = await compressed(row);
    const levels = y.map((v, i) => Math.abs(v - fixture.jpeg[row].y.data[i]));
    // A coefficient that falls on the other side of a half moves a pixel by up to a quarter of its step.
    expect(Math.max(...levels)).toBeLessThan(5);
    expect(levels.reduce((sum, level) => sum + level) / levels.length).toBeLessThan(0.5);
  });

  test("clips what is out of range", async () => {
    const x = tensor4d([-3, -2, 2, 3], [1, 2, 2, 1]);
    expect(await values(compressImages(x, { quality: 100 }))).toEqual([-1, -1, 1, 1]);
    x.dispose();
  });
});

describe("interpolateImages()", () => {
  test("mixes every image with another, each used twice", async () => {
    const n = 7;
    // Image i holds 2^i: the sum of two tells which they are.
    const x = tensor4d(
      Float32Array.from({ length: n }, (_, i) => 2 ** i),
      [n, 1, 1, 1],
    );
    const sums = (await values(interpolateImages(key(3), x))).map((value) => 2 * value);
    x.dispose();
    const partners = sums.map((sum, i) => Math.log2(sum - 2 ** i));
    expect([...partners].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    partners.forEach((partner, i) => {
      expect(partner).not.toBe(i);
    });
  });

  test("weighs, is reproducible, and depends on the key", async () => {
    const x = tensor4d(
      Float32Array.from({ length: 16 }, (_, i) => i),
      [16, 1, 1, 1],
    );
    expect(await values(interpolateImages(key(0), x, { weight: 0 }))).toEqual([...(await x.data())]);
    const first = await values(interpolateImages(key(0), x));
    expect(await values(interpolateImages(key(0), x))).toEqual(first);
    expect(await values(interpolateImages(key(1), x))).not.toEqual(first);
    x.dispose();
  });
});

describe("noiseImages()", () => {
  const shape = [4, 50, 50, 1] as const;
  const moments = (data: number[]): [number, number] => {
    const mean = data.reduce((sum, v) => sum + v) / data.length;
    return [mean, data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length];
  };

  test("is uniform on the range", async () => {
    const data = await values(noiseImages(key(0), shape, { range: [0, 4] }));
    const [mean, variance] = moments(data);
    // Five standard errors: of the mean, sqrt(4/3 / 10^4); of the variance, sqrt((16/5 - 16/9) / 10^4).
    expect(Math.abs(mean - 2)).toBeLessThan(5 * Math.sqrt(4 / 3 / 1e4));
    expect(Math.abs(variance - 4 / 3)).toBeLessThan(5 * Math.sqrt((16 / 5 - 16 / 9) / 1e4));
    expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...data)).toBeLessThan(4);
  });

  test("is Gaussian about the middle, and clipped", async () => {
    const data = await values(noiseImages(key(0), shape, { distribution: "gaussian", scale: 1 }));
    const clipped = data.filter((v) => v === 1).length / data.length;
    const p = 0.158655; // P(z > 1)
    expect(Math.abs(clipped - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 1e4));
    const within = await values(noiseImages(key(1), shape, { distribution: "gaussian", scale: 0.1, range: [0, 3] }));
    const [mean, variance] = moments(within);
    expect(Math.abs(mean - 1.5)).toBeLessThan(5 * (0.1 / 100));
    expect(Math.abs(variance - 0.01)).toBeLessThan(5 * 0.01 * Math.sqrt(2 / 1e4));
  });
});

test("constantImages() gives each image one colour of its own", async () => {
  const x = constantImages(key(0), [50, 3, 2, 2], { range: [0, 1] });
  expect(x.shape).toEqual([50, 3, 2, 2]);
  const data = await values(x);
  for (let i = 0; i < data.length; i++) expect(data[i]).toBe(data[Math.floor(i / 12) * 12 + (i % 2)]);
  expect(new Set(data).size).toBe(100);
  expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...data)).toBeLessThan(1);
});

test("image sets leave one tensor each, of the shape asked for", () =>
  leakFree(() => {
    const x = zeros([3, 5, 4, 3]) as Tensor4D;
    const sets = [
      rotateImages(x, { degrees: 10 }),
      blurImages(x, { sigma: 1 }),
      compressImages(x, { quality: 50 }),
      interpolateImages(key(0), x),
      noiseImages(key(0), [3, 5, 4, 3]),
      noiseImages(key(0), [3, 5, 4, 3], { distribution: "gaussian" }),
      constantImages(key(0), [3, 5, 4, 3]),
    ];
    for (const set of sets) expect([set.shape, set.dtype]).toEqual([x.shape, "float32"]);
    dispose([x, sets]);
  }));

test("image sets refuse what they cannot do", () => {
  const x = zeros([3, 5, 4, 2]) as Tensor4D;
  const flat = zeros([3, 5]) as unknown as Tensor4D;
  const empty = zeros([0, 5, 4, 1]) as Tensor4D;
  const integers = zeros([3, 5, 4, 1], "int32") as Tensor4D;
  const one = zeros([1, 5, 4, 1]) as Tensor4D;
  const shape = [1, 2, 3, 4] as const;
  const wrong: [() => unknown, typeof TypeError | typeof RangeError, string][] = [
    [
      () => rotateImages(flat, { degrees: 1 }),
      TypeError,
      "Cannot rotate images: x must be float32 [batch, height, width, channels] but found float32 [3, 5]",
    ],
    [() => blurImages(integers, { sigma: 1 }), TypeError, "but found int32 [3, 5, 4, 1]"],
    [() => compressImages(empty, { quality: 1 }), TypeError, "but found float32 [0, 5, 4, 1]"],
    [() => rotateImages(x, { degrees: [1, 2] }), TypeError, "degrees must be a number or 3 numbers but found 2"],
    [() => rotateImages(x, { degrees: Number.NaN }), RangeError, "degrees and fill must be finite but found NaN"],
    [() => rotateImages(x, { degrees: 1, fill: Number.POSITIVE_INFINITY }), RangeError, "but found Infinity"],
    [() => blurImages(x, { sigma: 0 }), RangeError, "sigma must be a finite number greater than 0 but found 0"],
    [() => blurImages(x, { sigma: 1e9 }), RangeError, "sigma must be from 0 to 1000 but found 1000000000"],
    [
      () => blurImages(x, { sigma: 1, truncate: Number.NaN }),
      RangeError,
      "truncate must be a finite number greater than 0 but found NaN",
    ],
    [() => compressImages(x, { quality: 50 }), TypeError, "x must have 1 or 3 channels but found 2"],
    [() => compressImages(one, { quality: 0 }), RangeError, "quality must be an integer from 1 to 100 but found 0"],
    [() => interpolateImages(key(0), one), RangeError, "x must have at least 2 images but found 1"],
    [() => interpolateImages(key(0), x, { weight: 1.5 }), RangeError, "weight must be from 0 to 1 but found 1.5"],
    [() => interpolateImages(3 as never, x), TypeError, "key must come from"],
    [
      () => noiseImages(key(0), [3, 2] as never),
      TypeError,
      "shape must be [batch, height, width, channels] but found [3,2]",
    ],
    [
      () => noiseImages(key(0), shape, { distribution: "laplace" as never }),
      TypeError,
      'must be "uniform" or "gaussian" but found laplace',
    ],
    [
      () => noiseImages(key(0), shape, { scale: -1 }),
      RangeError,
      "scale must be a finite number greater than 0 but found -1",
    ],
    [() => constantImages(key(0), shape, { range: [1, 1] }), RangeError, "range must be two finite numbers"],
    [() => constantImages(key(0), [0, 1, 1, 1]), TypeError, "but found [0,1,1,1]"],
  ];
  for (const [call, type, message] of wrong) {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  }
  dispose([x, flat, empty, integers, one]);
});
