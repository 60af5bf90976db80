import "@jem-js-internal/testing";
import { expect, test } from "vitest";
import { scalePixels, unscalePixels } from "./mod.ts";

const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);

test("scalePixels() maps every byte to 2 v / 255 - 1, the ends exactly", () => {
  const scaled = scalePixels(bytes);
  expect(scaled).toEqual(Float32Array.from(bytes, (v) => -1 + 2 * (v / 255)));
  expect([scaled[0], scaled[255]]).toEqual([-1, 1]);
});

test("unscalePixels() gives every byte back", () => {
  const back = unscalePixels(scalePixels(bytes));
  expect(back).toBeAllclose(bytes, { atol: 1e-4 });
  expect([...Uint8ClampedArray.from(back)]).toEqual([...bytes]);
});

test("scalePixels() and unscalePixels() take other ranges and do not clip", () => {
  const options = { from: [-2, 6], to: [0, 1] } as const;
  expect([...scalePixels([-2, 0, 6, 14], options)]).toEqual([0, 0.25, 1, 2]);
  expect([...unscalePixels([0, 0.25, 1, 2], options)]).toEqual([-2, 0, 6, 14]);
  expect(scalePixels([])).toHaveLength(0);
});

test("scalePixels() and unscalePixels() refuse ranges that are none", () => {
  expect(() => scalePixels([1], { from: [0, 0] })).toThrow(
    "Cannot scale pixels: from must be two finite numbers, the first below the second, but found [0, 0]",
  );
  expect(() => unscalePixels([1], { to: [1, -1] })).toThrow("Cannot unscale pixels: to must be two finite numbers");
  expect(() => scalePixels([1], { to: [0, Number.NaN] })).toThrow(RangeError);
  expect(() => scalePixels([1], { from: [0] as never })).toThrow("from must be [minimum, maximum] but found 0");
});
